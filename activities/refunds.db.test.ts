import { translateGaming } from '../api/inbound/gaming';
import { pairsToParameters } from '../api/inbound/parameters';
import { translateS2s } from '../api/inbound/s2s';
import type { Db } from '../db/knex';
import { uuidFromId } from '../domain/ids';
import { permutations } from '../domain/testing/fact-sets';
import { MINUTE_MS, toIso } from '../domain/time';
import { insertDestination } from '../testing/builders/insert-postback';
import { openSettlementBench, type SettlementBench } from '../testing/settlement-bench';
import { createTestDb, type TestDb } from '../testing/test-db';

let testDb: TestDb;
let db: Db;
let bench: SettlementBench;

beforeAll(async () => {
  testDb = await createTestDb();
  db = testDb.db;
});
afterAll(() => testDb.drop());
beforeEach(async () => {
  bench = await openSettlementBench(db);
});

const at = (minutes: number) => toIso(bench.startMs + minutes * MINUTE_MS);
const query = (parameters: Record<string, string>) => new URLSearchParams(parameters).toString();

/** A refund as a network reports it. */
const s2s = (parameters: Record<string, string>) => {
  const given = { event: 'refund', player_id: 'P1', time: at(5), ...parameters };
  return bench.accept(translateS2s(pairsToParameters(query(given))));
};
/** A refund as a casino platform reports it. */
const webhook = (fields: object) =>
  bench.accept(translateGaming('refund', { playerId: 'P1', occurredAt: at(5), ...fields }));

const register = async () => bench.registration({ key: 'R1', click: await bench.click(), atMin: 1 });
const deposit = () => bench.deposit({ key: 'D1-event', transaction: 'D1', atMin: 2 });
const part = (id: string, amount: string) =>
  s2s({ event_id: id, txid: 'D1', amount, currency: 'EUR', reason: 'goodwill' });
const whole = () => s2s({ txid: 'D1', reason: 'duplicate payment' });

type Step = () => Promise<unknown>;

async function run(steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    await step();
    await bench.settleAll();
  }
}

/** The same end in every order and with everything reported twice. */
async function expectBooks(
  steps: readonly Step[],
  expected: { status: string; reason: string | null; ltv: string },
) {
  for (const order of permutations(steps)) {
    bench = await openSettlementBench(db);
    await register();
    await run([...order, ...order]);
    expect(await bench.conversion('D1')).toMatchObject({ status: expected.status, reason: expected.reason });
    const books = await bench.books();
    expect(books.ltv).toEqual([expected.ltv]);
    const isPaid = expected.status === 'approved';
    expect((await bench.line('D1'))?.amount_minor).toBe(isPaid ? 5_000n : 0n);
    expect(await bench.conversion('D1-event')).toBeUndefined();
  }
}

describe('a refund', () => {
  it('of a part leaves the rest', () =>
    expectBooks([deposit, () => part('P1', '30.00')], {
      status: 'approved',
      reason: null,
      ltv: expect.stringMatching(/^EUR 1 7000 .* 1 3000$/),
    }));

  it('in two parts that add up takes all back', () =>
    expectBooks([deposit, () => part('P1', '30.00'), () => part('P2', '70.00')], {
      status: 'reversed',
      reason: 'charged_back',
      ltv: 'EUR 0 0 1 10000',
    }));

  it('in two equal parts counts both', () =>
    expectBooks([deposit, () => part('P1', '30.00'), () => part('P2', '30.00')], {
      status: 'approved',
      reason: null,
      ltv: expect.stringMatching(/^EUR 1 4000 .* 1 6000$/),
    }));

  it.each([
    ['its transaction', whole],
    ['its transaction, by webhook', () => webhook({ eventId: 'W1', depositEventId: 'D1' })],
    ['its event', () => webhook({ eventId: 'W1', depositEventId: 'D1-event' })],
    ['its status', () => s2s({ event: 'deposit', status: 'refunded', txid: 'D1' })],
  ])('of the whole, named by %s, reverses the deposit, also before it came', (_name, refund) =>
    expectBooks([deposit, refund], {
      status: 'reversed',
      reason: 'deposit_reversed',
      ltv: expect.any(String),
    }),
  );

  it('of the whole after a part ends as reversed, too', () =>
    expectBooks([deposit, () => part('P1', '30.00'), whole], {
      status: 'reversed',
      reason: 'deposit_reversed',
      ltv: expect.any(String),
    }));

  it('of a deposit that never came decides nothing', async () => {
    await register();
    await run([whole, () => part('P1', '30.00')]);
    expect(await bench.conversion('D1')).toBeUndefined();
    expect((await bench.books()).lines).toEqual([]);
    expect(await bench.unhandled()).toEqual([]);
  });

  it('reaches nobody else’s deposit', async () => {
    await register();
    await bench.registration({ key: 'R2', player: 'P2', click: await bench.click(), atMin: 1 });
    await run([deposit, () => s2s({ txid: 'D1-event', player_id: 'P2' })]);
    expect(await bench.conversion('D1')).toMatchObject({ status: 'approved' });
  });

  it('keeps its reason, and is the same with another one', async () => {
    await register();
    await deposit();
    const { id } = await part('P1', '30.00');
    expect((await db('events').where('event_id', uuidFromId(id)).first()).attributes).toMatchObject({
      reason: 'goodwill',
    });
    const again = { event_id: 'P1', txid: 'D1', amount: '30.00', currency: 'EUR', reason: 'said otherwise' };
    expect(await s2s(again)).toEqual({ status: 'duplicate', id });
    await expect(s2s({ ...again, amount: '31.00' })).rejects.toMatchObject({ code: 'event_conflict' });
  });

  it('tells the destination once what has become of the deposit', async () => {
    await insertDestination(db, { ...bench.tenant, events: ['first_deposit', 'chargeback', 'correction'] });
    await register();
    await run([deposit, () => part('P1', '30.00'), () => part('P1', '30.00')]);
    const kinds = await db('postbacks')
      .where('workspace_id', uuidFromId(bench.tenant.workspaceId))
      .orderBy('postback_id')
      .pluck('event_kind');
    expect(kinds.filter((kind) => kind === 'chargeback')).toHaveLength(1);
    expect(kinds.filter((kind) => kind === 'first_deposit')).toHaveLength(1);
  });
});

describe('a refund is refused', () => {
  it.each([
    ['with an amount and no id of its own', { txid: 'D1', amount: '5', currency: 'EUR' }, 'eventId'],
    ['without a deposit', { event_id: 'P1', amount: '5', currency: 'EUR' }, 'depositEventId'],
    ['of nothing', { event_id: 'P1', txid: 'D1', amount: '0', currency: 'EUR' }, 'amount'],
    ['without a currency', { event_id: 'P1', txid: 'D1', amount: '5' }, 'currency'],
    ['that is only asked for', { event_id: 'P1', txid: 'D1', status: 'pending' }, 'status'],
  ])('%s', (_name, parameters, path) => {
    const given = { event: 'refund', player_id: 'P1', ...parameters };
    expect(() => translateS2s(pairsToParameters(query(given)))).toThrow(
      expect.objectContaining({ code: 'invalid_request', errors: [expect.objectContaining({ path })] }),
    );
  });

  it('by webhook in the sender’s spelling', () => {
    const body = { event_id: 'W1', player_id: 'P1', occurred_at: at(5), deposit_event_id: 'D1', amount: '5' };
    expect(() => translateGaming('refund', body)).toThrow(
      expect.objectContaining({ errors: [{ path: 'currency', message: 'is needed' }] }),
    );
  });
});
