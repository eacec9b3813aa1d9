import { generateSecret } from '../clients/standard-webhooks';
import type { Db } from '../db/knex';
import { type ClickId, type DestinationId, idFromUuid, type PostbackId, uuidFromId } from '../domain/ids';
import { insertCampaign } from '../testing/builders/insert-campaign';
import { insertDeal, insertPartner } from '../testing/builders/insert-partner';
import { insertDestination } from '../testing/builders/insert-postback';
import { insertWorkspace } from '../testing/builders/insert-workspace';
import { findPlayer } from '../testing/player-books';
import { openSettlementBench, type SettlementBench } from '../testing/settlement-bench';
import { createTestDb, type TestDb } from '../testing/test-db';
import { createSettlementActivities } from './settlement';

const EVERYTHING = ['install', 'registration', 'first_deposit', 'deposit', 'chargeback', 'correction'];
const URL_WITH_MACROS =
  'https://t.example/p?c={click_id}&e={event}&t={transaction_id}&a={amount}&cur={currency}&p={payout}&l={ltv}&s={sub1}';

let testDb: TestDb;
let db: Db;
let bench: SettlementBench;
let clickId: ClickId;

beforeAll(async () => {
  testDb = await createTestDb();
  db = testDb.db;
});
afterAll(() => testDb.drop());
beforeEach(async () => {
  bench = await openSettlementBench(db);
  clickId = await bench.click();
});

type Row = {
  key: string;
  event_kind: string;
  destination_id: string;
  conversion_id: string;
  url: string;
  method: string;
  body: string | null;
};

async function postbacks(destinationId?: DestinationId): Promise<Row[]> {
  const rows: Row[] = await db('postbacks')
    .where('workspace_id', uuidFromId(bench.tenant.workspaceId))
    .orderByRaw('created_at, postback_id');
  return rows.filter(
    (row) => destinationId === undefined || row.destination_id === uuidFromId(destinationId),
  );
}
const events = async (destinationId?: DestinationId) =>
  (await postbacks(destinationId)).map((row) => row.event_kind).sort();
const parameters = (row: Row | undefined) => Object.fromEntries(new URL(row?.url ?? '').searchParams);
const destination = (given: Parameters<typeof insertDestination>[1] | object = {}) =>
  insertDestination(db, { url: URL_WITH_MACROS, events: EVERYTHING, ...bench.tenant, ...given });
async function register(player = 'P1'): Promise<void> {
  await bench.registration({ player, key: `R-${player}`, click: clickId, atMin: 1 });
  await bench.settleAll();
}
async function deposit(key: string, atMin: number, amountMinor = 10_000n): Promise<void> {
  await bench.deposit({ key, atMin, amountMinor });
  await bench.settleAll();
}

describe('what is reported, and to whom', () => {
  it('the first deposit as such and as a deposit, a later one as a deposit, under business keys', async () => {
    const to = await destination();
    await register();
    await deposit('D1', 2);
    await deposit('D2', 3);
    const player = await findPlayer(db, bench.tenant.workspaceId, 'P1');
    const prefix = `${bench.tenant.workspaceId}:${to}`;
    expect((await postbacks()).map((row) => row.key).sort()).toEqual(
      [
        `${prefix}:registration:${player}`,
        `${prefix}:first_deposit:${player}`,
        `${prefix}:deposit:${bench.tenant.brandId}/D1`,
        `${prefix}:deposit:${bench.tenant.brandId}/D2`,
      ].sort(),
    );
  });

  it('only what the destination subscribed to', async () => {
    const [one, two] = [
      await destination({ events: ['deposit'] }),
      await destination({ events: ['registration'] }),
    ];
    const three = await destination({ events: ['first_deposit', 'deposit'] });
    await register();
    await deposit('D1', 2);
    expect([await events(one), await events(two), await events(three)]).toEqual([
      ['deposit'],
      ['registration'],
      ['deposit', 'first_deposit'],
    ]);
  });

  it('only conversions of the destination’s partner and campaign, when it names them', async () => {
    const otherPartner = await insertPartner(db, bench.tenant);
    const otherCampaign = await insertCampaign(db, bench.tenant);
    const stranger = await insertWorkspace(db);
    const heard = [
      await destination(),
      await destination({ partnerId: bench.partnerId }),
      await destination({ campaignId: bench.campaignId }),
      await destination({ partnerId: bench.partnerId, campaignId: bench.campaignId }),
    ];
    await destination({ partnerId: otherPartner });
    await destination({ campaignId: otherCampaign });
    await destination({ partnerId: bench.partnerId, campaignId: otherCampaign });
    heard.push(await destination({ status: 'paused' }));
    await insertDestination(db, { ...stranger, events: EVERYTHING });
    await register();
    const told = (await postbacks()).map((row) => idFromUuid('dst', row.destination_id));
    expect(told.sort()).toEqual(heard.sort());
    expect(await db('postbacks').where('workspace_id', uuidFromId(stranger.workspaceId))).toEqual([]);
  });

  it('the payout to its partner’s destination only, the value to all', async () => {
    const [own, anybody] = [await destination({ partnerId: bench.partnerId }), await destination()];
    await register();
    await deposit('D1', 2, 12_345n);
    const first = async (to: DestinationId) =>
      parameters((await postbacks(to)).find((row) => row.event_kind === 'first_deposit'));
    const told = { c: clickId, e: 'first_deposit', t: 'D1', a: '123.45', cur: 'EUR', l: '123.45' };
    expect(await first(own)).toMatchObject({ ...told, p: '50.00' });
    expect(await first(anybody)).toMatchObject({ ...told, p: '' });
  });

  it('nothing of a conversion that is credited to nobody, of a test, of a pending deposit', async () => {
    await destination();
    const late = await bench.click({ atMin: 30, windowMin: 1 });
    await bench.registration({ player: 'out', key: 'R1', click: late, atMin: 40 });
    await bench.deposit({ player: 'test', key: 'D1', click: clickId, atMin: 2, isTest: true });
    await bench.deposit({ player: 'pending', key: 'D2', click: clickId, atMin: 2, status: 'pending' });
    await bench.settleAll();
    expect(await postbacks()).toEqual([]);
  });

  it('hands the workflow what is pending, and after delivery no more', async () => {
    await destination({ events: ['first_deposit', 'deposit'] });
    await register();
    const { id } = await bench.deposit({ key: 'D1', atMin: 2 });
    const first = await bench.settle(id);
    expect(first.postbackIds).toHaveLength(2);
    expect((await bench.settle(id)).postbackIds).toEqual(first.postbackIds);
    const [done] = first.postbackIds;
    if (done === undefined) throw new Error('no postback');
    await db('postbacks')
      .where('postback_id', uuidFromId(done))
      .update({ status: 'delivered', delivered_at: new Date() });
    expect((await bench.settle(id)).postbackIds).toEqual(first.postbackIds.slice(1));
  });

  it('hands nothing of it to whoever settles the same event beside that workflow, or without one', async () => {
    await destination({ events: ['first_deposit', 'deposit'] });
    await register();
    const { id } = await bench.deposit({ key: 'D1', atMin: 2 });
    const { postbackIds } = await bench.settle(id);
    const settleAs = (caller?: () => string) =>
      createSettlementActivities({ ...bench, ...(caller && { caller }) }).settleEvent({ eventId: id });
    expect((await settleAs(() => 'another run')).postbackIds).toEqual([]);
    expect((await settleAs()).postbackIds).toEqual([]);
    // Its answer was lost, and the activity is tried again.
    expect((await settleAs(() => 'bench')).postbackIds).toEqual(postbackIds);
    await db('postbacks')
      .where('postback_id', uuidFromId(postbackIds[0] as PostbackId))
      .update({ run: 1 });
    expect((await settleAs(() => 'bench')).postbackIds).toEqual(postbackIds.slice(1));
  });
});

describe('rendered once', () => {
  it('settling again leaves key, URL and body as they are, byte by byte', async () => {
    await destination();
    await destination({ secret: generateSecret(), url: 'https://t.example/hook' });
    await register();
    const { id } = await bench.deposit({ key: 'D1', atMin: 2 });
    await bench.settleAll();
    const before = await postbacks();
    expect(before).toHaveLength(6);
    // What a second rendering would say differently: a later LTV.
    await deposit('D2', 3);
    await bench.settle(id);
    expect((await postbacks()).slice(0, 6)).toEqual(before);
    expect(await postbacks()).toHaveLength(8);
  });

  it('holds no personal data', async () => {
    const person = { playerExternalId: 'anna.schmidt@mail.example', clickRef: clickId };
    const attributes = { country: 'Liechtenstein', unknownFields: 0 };
    const raw = { body: { name: 'Anna' }, ip: '198.51.100.77', userAgent: 'PersonalBrowser/9' };
    await destination({
      url: URL_WITH_MACROS.replace('s={sub1}', 's={sub1}&h={player_hash}&x={external_id}'),
    });
    await destination({ secret: generateSecret(), url: 'https://t.example/hook' });
    const given = { ...person, attributes, raw, occurredAtMs: bench.startMs + 60_000 };
    await bench.accept({ ...given, kind: 'registration', senderEventId: 'R1' });
    await bench.accept({ ...given, kind: 'deposit', senderEventId: 'D1' });
    await bench.settleAll();
    const rows = await postbacks();
    expect(rows).toHaveLength(6);
    const player = await findPlayer(db, bench.tenant.workspaceId, person.playerExternalId);
    for (const row of rows) {
      const sent = decodeURIComponent(`${row.url} ${row.body ?? ''} ${row.key}`).toLowerCase();
      for (const personal of [
        'anna',
        'schmidt',
        'liechtenstein',
        '198.51',
        '203.0.113',
        'browser',
        'mozilla',
      ]) {
        expect(sent).not.toContain(personal);
      }
      expect(`${row.url} ${row.body}`).not.toContain(player);
      expect(sent).toMatch(/[0-9a-f]{64}/);
    }
  });

  it('two transactions never share a key, however their ids are spelled', async () => {
    await destination();
    await register();
    await deposit('T', 2);
    await bench.chargeback({ key: 'C1', refersTo: 'T', atMin: 3 });
    await bench.settleAll();
    await deposit('T:r1', 4);
    await deposit('T:r2', 5);
    expect((await events()).filter((event) => event === 'deposit')).toHaveLength(3);
  });
});

describe('corrections', () => {
  it('a deposit that is taken back is corrected to those who subscribed to corrections', async () => {
    const [corrected, plain] = [
      await destination({ partnerId: bench.partnerId }),
      await destination({ events: ['first_deposit', 'deposit'] }),
    ];
    await register();
    await deposit('D1', 2);
    await bench.chargeback({ key: 'C1', refersTo: 'D1', atMin: 3 });
    await bench.settleAll();
    expect(await events(plain)).toEqual(['deposit', 'first_deposit']);
    const rows = await postbacks(corrected);
    const corrections = rows.filter((row) => row.event_kind === 'correction');
    expect(corrections.map(parameters)).toEqual([
      expect.objectContaining({ e: 'correction', t: 'D1', a: '0.00', cur: 'EUR', p: '0.00', c: clickId }),
      expect.objectContaining({ e: 'correction', t: 'D1', a: '0.00', cur: 'EUR', p: '0.00', c: clickId }),
    ]);
    const firstKeys = rows.filter((row) => row.event_kind.endsWith('deposit')).map((row) => row.key);
    expect(corrections.map((row) => row.key).sort()).toEqual(firstKeys.map((key) => `${key}:r1`).sort());
    const chargeback = rows.find((row) => row.event_kind === 'chargeback');
    expect(parameters(chargeback)).toMatchObject({ a: '100.00', t: 'D1' });
  });

  it('are sent once per change', async () => {
    await destination();
    await register();
    await deposit('D1', 2);
    const reversal = await bench.deposit({ key: 'E2', transaction: 'D1', status: 'reversed', atMin: 3 });
    await bench.settleAll();
    const before = await postbacks();
    await bench.settle(reversal.id);
    await deposit('D2', 4);
    await bench.chargeback({ key: 'C1', refersTo: 'D1', atMin: 5 });
    await bench.settleAll();
    const news = (await postbacks()).slice(before.length).map((row) => row.event_kind);
    expect(news.sort()).toEqual(['chargeback', 'deposit']);
  });

  it('follow the title of first deposit each time it moves to an earlier one', async () => {
    const to = await destination({ partnerId: bench.partnerId, events: ['first_deposit', 'correction'] });
    await register();
    for (const [key, atMin] of [
      ['D3', 30],
      ['D2', 20],
      ['D1', 10],
    ] as const) {
      await deposit(key, atMin);
    }
    expect(
      (await postbacks(to)).map((row) => [row.event_kind, parameters(row).t, parameters(row).p]),
    ).toEqual([
      ['first_deposit', 'D3', '50.00'],
      ['correction', 'D2', '50.00'],
      ['correction', 'D1', '50.00'],
    ]);
  });

  it('withdraw the first deposit when the one that holds the title is taken back, and not another', async () => {
    const to = await destination({ events: ['first_deposit', 'correction'] });
    await register();
    await deposit('D2', 20);
    await deposit('D1', 10);
    await bench.chargeback({ key: 'C2', refersTo: 'D2', atMin: 30 });
    await bench.settleAll();
    expect((await postbacks(to)).map((row) => parameters(row).a)).toEqual(['100.00', '100.00']);
    await bench.chargeback({ key: 'C1', refersTo: 'D1', atMin: 31 });
    await bench.settleAll();
    expect((await postbacks(to)).map((row) => [parameters(row).t, parameters(row).a])).toEqual([
      ['D2', '100.00'],
      ['D1', '100.00'],
      ['D1', '0.00'],
    ]);
  });

  it('withdraw the first deposit when an earlier one takes the title that cannot stand itself', async () => {
    const to = await destination({ events: ['first_deposit', 'correction'] });
    await register();
    await deposit('D2', 20);
    await bench.chargeback({ key: 'C1', refersTo: 'D1', atMin: 30 });
    await deposit('D1', 10);
    expect(
      (await postbacks(to)).map((row) => [row.event_kind, parameters(row).t, parameters(row).a]),
    ).toEqual([
      ['first_deposit', 'D2', '100.00'],
      ['correction', 'D2', '0.00'],
    ]);
  });

  it('tell both partners when a registration takes the player over to another', async () => {
    const otherPartner = await insertPartner(db, bench.tenant);
    await insertDeal(db, { ...bench.tenant, partnerId: otherPartner, cpaMinor: 7_000n });
    const other = await bench.click({ atMin: 3, partnerId: otherPartner });
    const given = { events: ['first_deposit', 'correction'] };
    const [loses, gains] = [
      await destination({ ...given, partnerId: bench.partnerId }),
      await destination({ ...given, partnerId: otherPartner }),
    ];
    const any = await destination(given);
    await bench.deposit({ key: 'D1', click: clickId, atMin: 10 });
    await bench.settleAll();
    await bench.registration({ key: 'R1', click: other, atMin: 5 });
    await bench.settleAll();
    const told = async (to: DestinationId) =>
      (await postbacks(to)).map((row) => [
        row.event_kind,
        parameters(row).c,
        parameters(row).a,
        parameters(row).p,
      ]);
    expect(await told(loses)).toEqual([
      ['first_deposit', clickId, '100.00', '50.00'],
      ['correction', clickId, '0.00', '0.00'],
    ]);
    expect(await told(gains)).toEqual([['first_deposit', other, '100.00', '70.00']]);
    expect(await told(any)).toEqual([
      ['first_deposit', clickId, '100.00', ''],
      ['correction', other, '100.00', ''],
    ]);
  });

  it('tell the partner when the payout changes although the deposit stands', async () => {
    bench = await openSettlementBench(db, { minDepositMinor: 6_000n });
    clickId = await bench.click();
    const [own, any] = [
      await destination({ partnerId: bench.partnerId, events: ['first_deposit', 'correction'] }),
      await destination({ events: ['first_deposit', 'correction'] }),
    ];
    await register();
    await deposit('D1', 2);
    await bench.chargeback({ key: 'C1', refersTo: 'D1', atMin: 3, amountMinor: 5_000n });
    await bench.settleAll();
    expect((await postbacks(own)).map((row) => [parameters(row).a, parameters(row).p])).toEqual([
      ['100.00', '50.00'],
      ['100.00', '0.00'],
    ]);
    expect(await events(any)).toEqual(['first_deposit']);
  });

  it('count up per report in the body of a webhook', async () => {
    await destination({ secret: generateSecret(), url: 'https://t.example/hook' });
    await register();
    await deposit('D2', 20);
    await deposit('D1', 10);
    const bodies = (await postbacks()).map((row) => JSON.parse(row.body ?? '{}'));
    const told = bodies.filter((body) => ['first_deposit', 'correction'].includes(body.type));
    expect(told.map((body) => [body.type, body.data.revision, body.data.transactionId])).toEqual([
      ['first_deposit', 0, 'D2'],
      ['correction', 1, 'D1'],
    ]);
  });
});
