import type { Db } from '../db/knex';
import { mintId } from '../db/mint-id';
import { openAttempt } from '../db/stores/delivery-store';
import { excludePlayers } from '../db/stores/exclusion-store';
import type { NewEvent } from '../db/stores/new-event';
import { replayPostback } from '../db/stores/postback-replay-store';
import { type Currency, parseCurrency } from '../domain/currencies';
import { idFromUuid, type PostbackId, uuidFromId } from '../domain/ids';
import { permutations } from '../domain/testing/fact-sets';
import { MINUTE_MS } from '../domain/time';
import { insertDestination } from '../testing/builders/insert-postback';
import { findPlayer, readPlayerBooks } from '../testing/player-books';
import { openSettlementBench, type SettlementBench } from '../testing/settlement-bench';
import { createTestDb, type TestDb } from '../testing/test-db';

let testDb: TestDb;
let db: Db;
let bench: SettlementBench;
let players = 0;
let player: string;

beforeAll(async () => {
  testDb = await createTestDb();
  db = testDb.db;
  bench = await openSettlementBench(db);
});
afterAll(() => testDb.drop());
beforeEach(() => {
  players += 1;
  player = `player${players}`;
});

const euros = parseCurrency('EUR') as Currency;
const at = (minutes: number) => bench.startMs + minutes * MINUTE_MS;
const report = (kind: NewEvent['kind'], atMin: number, given: Partial<NewEvent> = {}) =>
  bench.accept({
    kind,
    senderEventId: `${player} ${kind} ${atMin}`,
    playerExternalId: player,
    occurredAtMs: at(atMin),
    ...given,
  });
const exclude = (atMin: number, untilMin?: number) =>
  report('self_exclusion', atMin, untilMin === undefined ? {} : { untilMs: at(untilMin) });
const playerId = () => findPlayer(db, bench.tenant.workspaceId, player);
const books = async () => readPlayerBooks(db, await playerId());

async function excludedAt(minutes: number): Promise<boolean> {
  const row: { excluded: boolean } = await db('players')
    .where('player_id', uuidFromId(await playerId()))
    .first(db.raw('excluded_during @> ?::timestamptz AS excluded', [new Date(at(minutes))]));
  return row.excluded;
}

describe('withdrawals and NGR', () => {
  it('enter the lifetime value, in every order and however often they come', async () => {
    const clickId = await bench.click();
    const november = { fromMs: Date.UTC(2026, 10, 1), toMs: Date.UTC(2026, 11, 1) };
    const ngr = (amountMinor: bigint) => ({ money: { amountMinor, currency: euros }, period: november });
    const life = [
      () => bench.registration({ key: `${player}-R`, player, click: clickId, atMin: 1 }),
      () => report('withdrawal', 2),
      () => report('ngr', 3, ngr(700n)),
      () => report('ngr', 4, ngr(-250n)),
    ];
    for (const order of permutations(life)) {
      players += 1;
      player = `player${players}`;
      for (const step of order) {
        await step();
        await bench.settleAll();
      }
      for (const step of order) expect((await step()).status).toBe('duplicate');
      expect((await books()).ltv).toEqual(['EUR 0 0 0 0 withdrawn 5000 ngr -250']);
    }
  });

  it('of a player nobody knows wait in quarantine and follow the player out', async () => {
    const early = await report('withdrawal', 2);
    const alone = await exclude(2, 3);
    expect([early.status, alone.status]).toEqual(['quarantined', 'quarantined']);
    expect(await excludedAt(2)).toBe(false);
    await bench.registration({ key: `${player}-R`, player, click: await bench.click(), atMin: 1 });
    await bench.settleAll();
    expect((await books()).ltv).toEqual(['EUR 0 0 0 0 withdrawn 5000']);
    expect([await excludedAt(2), await excludedAt(3)]).toEqual([true, false]);
  });

  it('a reversed withdrawal counts no more, and another player cannot take it over', async () => {
    await bench.registration({ key: `${player}-R`, player, click: await bench.click(), atMin: 1 });
    const transactionKey = `${player}-W`;
    await report('withdrawal', 2, { transactionKey });
    await bench.settleAll();
    await report('withdrawal', 3, { transactionKey, status: 'reversed' });
    await bench.settleAll();
    expect((await books()).ltv).toEqual(['EUR 0 0 0 0']);
    const stolen = report('withdrawal', 4, { transactionKey, status: 'failed', playerExternalId: 'thief' });
    await expect(stolen).rejects.toMatchObject({ code: 'event_conflict' });
  });
});

describe('a self-exclusion', () => {
  const deposit = (atMin: number) => bench.deposit({ key: `${player}-D${atMin}`, player, atMin });
  const register = async () =>
    bench.registration({ key: `${player}-R`, player, click: await bench.click(), atMin: 1 });

  it.each([
    ['before it', 5, 1],
    ['after it', 2, 0],
  ])(
    'leaves a first deposit that occurred %s with its books, in every order',
    async (_name, atMin, lines) => {
      for (const order of permutations([register, () => deposit(3), () => exclude(atMin)])) {
        players += 1;
        player = `player${players}`;
        for (const step of order) {
          await step();
          await bench.settleAll();
        }
        expect((await books()).lines).toHaveLength(lines);
        expect((await books()).ltv).toEqual([expect.stringMatching(/^EUR 1 10000 /)]);
        expect(await excludedAt(atMin)).toBe(true);
        expect(await excludedAt(atMin - 1)).toBe(false);
      }
    },
  );

  it('holds from its acceptance on, before anything is settled', async () => {
    await register();
    await bench.settleAll();
    await exclude(5);
    expect(await excludedAt(5)).toBe(true);
  });

  it('adds to others as a set of moments, whatever their order and number', async () => {
    await register();
    const spans: [number, number?][] = [[20], [3, 6], [5, 9], [12, 15]];
    for (const [from, until] of spans) await exclude(from, until);
    const seen = async () => Promise.all([2, 3, 8, 9, 13, 15, 21].map(excludedAt));
    const expected = [false, true, true, false, true, false, true];
    expect(await seen()).toEqual(expected);
    const events: { event_id: string }[] = await db('events')
      .where({ player_id: uuidFromId(await playerId()), kind: 'self_exclusion' })
      .select('event_id');
    await excludePlayers(db, events.map((row) => idFromUuid('evt', row.event_id)).reverse());
    expect(await seen()).toEqual(expected);
  });

  it('as a test excludes nobody', async () => {
    await register();
    await report('self_exclusion', 2, { isTest: true });
    await bench.settleAll();
    expect(await excludedAt(3)).toBe(false);
  });

  it('is refused from a public source by the table itself', async () => {
    await register();
    for (const kind of ['deposit', 'withdrawal', 'chargeback', 'self_exclusion'] as const) {
      const given = { trust: 'public', refersTo: kind === 'chargeback' ? 'D' : null } as const;
      await expect(report(kind, 2, given)).rejects.toThrow(/events_public_/);
    }
  });
});

describe('postbacks of a self-excluded player', () => {
  let postbackId: PostbackId;
  const status = async () =>
    db('postbacks').where('postback_id', uuidFromId(postbackId)).first('status', 'dead_reason');

  beforeAll(() =>
    insertDestination(db, {
      workspaceId: bench.tenant.workspaceId,
      url: 'https://partner.example/pb?click={click_id}',
      events: ['deposit'],
      partnerId: bench.partnerId,
    }),
  );
  beforeEach(async () => {
    await bench.registration({ key: `${player}-R`, player, click: await bench.click(), atMin: 1 });
    const deposit = await bench.deposit({ key: `${player}-D`, player, atMin: 3 });
    await bench.settleAll();
    const row = await db('postbacks').where('caused_by_event_id', uuidFromId(deposit.id)).first();
    postbackId = idFromUuid('pbk', row.postback_id);
  });

  it('that wait are parked at the next attempt, and cannot be replayed until the exclusion is over', async () => {
    expect((await openAttempt(db, postbackId, at(4))).kind).toBe('opened');
    await exclude(5, 8);
    expect(await openAttempt(db, postbackId, at(6))).toEqual({ kind: 'closed', status: 'dead' });
    expect(await status()).toEqual({ status: 'dead', dead_reason: 'self_excluded' });
    const replay = (minutes: number) =>
      db.transaction((trx) => replayPostback(trx, bench.tenant.workspaceId, postbackId, at(minutes)));
    expect(await replay(7)).toEqual({ kind: 'self_excluded' });
    expect(await replay(8)).toEqual({ kind: 'replayed', run: 1 });
    expect((await openAttempt(db, postbackId, at(8))).kind).toBe('opened');
  });

  it('are not made for what occurs meanwhile', async () => {
    await exclude(5, 8);
    await bench.settleAll();
    const of = async (atMin: number) => {
      const { id } = await bench.deposit({ key: `${player}-D${atMin}`, player, atMin });
      await bench.settleAll();
      return db('postbacks').where('caused_by_event_id', uuidFromId(id));
    };
    expect(await of(6)).toEqual([]);
    expect(await of(9)).toHaveLength(1);
  });

  it('see an exclusion that is being written, or are on record before it', async () => {
    const raced = await Promise.all([openAttempt(db, postbackId, at(9)), exclude(8)]);
    const attempts = await db('postback_attempts').where('postback_id', uuidFromId(postbackId));
    expect(attempts).toHaveLength(raced[0].kind === 'opened' ? 1 : 0);
    expect((await openAttempt(db, postbackId, at(9))).kind).toBe('closed');
  });

  it('of other players go on', async () => {
    await exclude(5);
    const other = mintId('ply', Date.now());
    expect(await db('players').where('player_id', uuidFromId(other))).toEqual([]);
    player = 'somebody else';
    await bench.registration({ key: 'else-R', player, click: await bench.click(), atMin: 1 });
    const { id } = await bench.deposit({ key: 'else-D', player, atMin: 6 });
    await bench.settleAll();
    const row = await db('postbacks').where('caused_by_event_id', uuidFromId(id)).first();
    expect((await openAttempt(db, idFromUuid('pbk', row.postback_id), at(7))).kind).toBe('opened');
  });
});

describe('a registration that names no player', () => {
  it('is credited to its click, binds nobody and pays nobody', async () => {
    const clickRef = await bench.click();
    const { id } = await report('registration', 1, { clickRef, playerExternalId: null, trust: 'public' });
    await bench.settleAll();
    const conversion = await db('conversions').where('event_id', uuidFromId(id)).first();
    expect(conversion).toMatchObject({ status: 'approved', player_id: null, click_id: uuidFromId(clickRef) });
    expect(await db('commission_lines').where('conversion_id', conversion.conversion_id)).toEqual([]);
  });

  it('cannot name one publicly, whatever the route lets through', async () => {
    const named = report('registration', 1, { clickRef: await bench.click(), trust: 'public' });
    await expect(named).rejects.toThrow('events_public_names_no_player_check');
  });
});
