import type { Db } from '../db/knex';
import type { CapPeriod } from '../domain/commission/deal';
import { type EventId, uuidFromId } from '../domain/ids';
import { openReviewDesk, type ReviewDesk } from '../testing/review-desk';
import type { SettlementBench } from '../testing/settlement-bench';
import { createTestDb, type TestDb } from '../testing/test-db';
import { until } from '../testing/until';

const PLAYERS = 20;
const CAP = 7;

let testDb: TestDb;
let db: Db;
let desk: ReviewDesk;
let bench: SettlementBench;

beforeAll(async () => {
  testDb = await createTestDb({ poolMax: 2 * PLAYERS + 10 });
  db = testDb.db;
});
afterAll(() => testDb.drop());

async function open(caps: Partial<Record<CapPeriod, number>>): Promise<void> {
  desk = await openReviewDesk(db, { caps });
  bench = desk.bench;
}

/** A player who has registered and deposits; gives the deposit, which is not settled yet. */
async function depositor(
  name: string,
  given: { atMin?: number; amountMinor?: bigint } = {},
): Promise<EventId> {
  const { atMin = 2, amountMinor = 10_000n } = given;
  const click = await bench.click({ atMin: atMin - 2 });
  const registration = { key: `R-${name}`, player: name, click, atMin: atMin - 1 };
  await bench.settle((await bench.registration(registration)).id);
  return (await bench.deposit({ key: `D-${name}`, player: name, atMin, amountMinor })).id;
}

const depositors = (): Promise<EventId[]> =>
  Promise.all(Array.from({ length: PLAYERS }, (_, index) => depositor(`P${index}`)));

type Line = { amount_minor: bigint; reason: string };
const lines = (): Promise<Line[]> =>
  db('commission_lines').where('workspace_id', uuidFromId(bench.tenant.workspaceId)).orderBy('line_id');
const slots = (): Promise<{ refused_by: CapPeriod | null }[]> =>
  db('cap_slots').where('deal_id', uuidFromId(bench.dealId));
const counters = async (): Promise<Record<string, number>> => {
  const rows: { period_key: string; granted: number }[] = await db('cap_counters')
    .where('deal_id', uuidFromId(bench.dealId))
    .orderBy('period_key');
  return Object.fromEntries(rows.map((row) => [row.period_key, row.granted]));
};

describe('twenty players at once under a cap of seven', () => {
  it.each(['day', 'month', 'total'] as const)('per %s are paid seven times', async (period) => {
    await open({ [period]: CAP });
    const events = await depositors();
    // Each twice: a repeat must not spend another slot.
    await Promise.all([...events, ...events].map((id) => bench.settle(id)));
    const reasons = (await lines()).map(({ amount_minor, reason }) => `${amount_minor} ${reason}`).sort();
    expect(reasons).toEqual([
      ...Array<string>(PLAYERS - CAP).fill(`0 ${period}_cap_reached`),
      ...Array<string>(CAP).fill('5000 first_deposit'),
    ]);
    expect(await slots()).toHaveLength(PLAYERS);
    expect(new Set(Object.values(await counters()))).toEqual(new Set([CAP]));
    const { rows } = await db.raw<{ rows: { sum: bigint }[] }>(
      `SELECT coalesce(sum(amount_minor), 0)::bigint AS sum FROM ledger_entries WHERE account = ?`,
      [`payable:${bench.partnerId}`],
    );
    expect(rows[0]?.sum).toBe(-5_000n * BigInt(CAP));
  });

  it('the first full cap of day, month and total refuses, and a refusal spends nothing anywhere', async () => {
    await open({ day: 3, month: 5, total: 4 });
    const events = await depositors();
    await Promise.all(events.map((id) => bench.settle(id)));
    const refusals = (await slots()).map(({ refused_by }) => refused_by);
    expect(refusals.filter((period) => period === 'day')).toHaveLength(PLAYERS - 3);
    expect(Object.values(await counters())).toEqual([3, 3, 3]);
  });
});

describe('the day and the month of a slot', () => {
  it('are the UTC ones of the deposit’s own time, whenever it is settled', async () => {
    await open({ day: 1 });
    const minutes = 24 * 60;
    desk.pass(24 * 3);
    const first = await depositor('today');
    const next = await depositor('tomorrow', { atMin: 2 + minutes });
    await bench.settle(first);
    await bench.settle(next);
    expect((await lines()).map(({ amount_minor }) => amount_minor)).toEqual([5_000n, 5_000n]);
    const days = Object.keys(await counters()).filter((key) => key.length === 10);
    const day = (atMin: number) => new Date(bench.startMs + atMin * 60_000).toISOString().slice(0, 10);
    expect(days).toEqual([day(2), day(2 + minutes)]);
  });
});

describe('a slot', () => {
  it('survives that its deposit is charged back, and is not dealt to another player', async () => {
    await open({ total: 1 });
    await bench.settle(await depositor('P1'));
    const chargeback = { key: 'C1', player: 'P1', refersTo: 'D-P1', atMin: 5 };
    await bench.settle((await bench.chargeback(chargeback)).id);
    await bench.settle(await depositor('P2'));
    expect((await bench.books('P1')).balances).toEqual({});
    expect((await bench.books('P2')).balances).toEqual({});
    expect(await bench.line('D-P2')).toMatchObject({ reason: 'total_cap_reached' });
  });

  it('is the player’s: it pays again for what a ruling has given back', async () => {
    await open({ total: 1 });
    await bench.settle(await depositor('P1'));
    await bench.settle(await depositor('P2'));
    await desk.rule('D-P1', 'reject');
    await bench.settleAll();
    await desk.rule('D-P1', 'approve');
    await bench.settleAll();
    expect((await bench.books('P1')).lines).toEqual(['D-P1 cpa 5000 EUR']);
    expect((await bench.books('P2')).lines).toEqual([]);
    expect(await slots()).toHaveLength(2);
  });

  it('that was refused stays refused when the others are gone', async () => {
    await open({ total: 1 });
    await bench.settle(await depositor('P1'));
    await bench.settle(await depositor('P2'));
    await bench.settle((await bench.chargeback({ key: 'C1', player: 'P1', refersTo: 'D-P1', atMin: 5 })).id);
    await bench.settle((await bench.deposit({ key: 'D2', player: 'P2', atMin: 9 })).id);
    expect((await bench.books('P2')).lines).toEqual([]);
  });

  it('is not taken by a player in review, nor by one who is rejected', async () => {
    await open({ total: 1 });
    await desk.settleInDoubt(await depositor('P1'));
    expect(await slots()).toEqual([]);
    await desk.rule('D-P1', 'reject');
    await bench.settleAll();
    await bench.settle(await depositor('P2'));
    expect((await bench.books('P2')).lines).toEqual(['D-P2 cpa 5000 EUR']);
    expect(await slots()).toHaveLength(1);
  });

  it('is asked for when a person approves, and refused when it is too late', async () => {
    await open({ total: 1 });
    await desk.settleInDoubt(await depositor('P1'));
    await bench.settle(await depositor('P2'));
    await desk.rule('D-P1', 'approve');
    await bench.settleAll();
    expect(await bench.conversion('D-P1')).toMatchObject({ status: 'approved' });
    expect(await bench.line('D-P1')).toMatchObject({ amount_minor: 0n, reason: 'total_cap_reached' });
  });

  it('is not taken by a player who has excluded himself, nor by a deposit below the minimum', async () => {
    desk = await openReviewDesk(db, { caps: { total: 1 }, minDepositMinor: 5_000n });
    bench = desk.bench;
    const excluded = await depositor('P1');
    const exclusion = await bench.accept({
      ...{ kind: 'self_exclusion', senderEventId: 'X1', playerExternalId: 'P1' },
      occurredAtMs: bench.startMs,
    });
    await bench.settle(exclusion.id);
    await bench.settle(excluded);
    await bench.settle(await depositor('small', { amountMinor: 4_999n }));
    expect(await slots()).toEqual([]);
    await bench.settle(await depositor('P2'));
    expect((await bench.books('P2')).lines).toEqual(['D-P2 cpa 5000 EUR']);
  });
});

test('a settlement that waits for a payout of its player holds no slot up', async () => {
  await open({ total: CAP });
  const [first, second] = [await depositor('P1'), await depositor('P2')];
  // As a payout does, which may then wait for the conversions of whoever waits for the slot.
  const payout = await db.transaction();
  try {
    await payout.raw('SELECT 1 FROM conversions WHERE transaction_key = ? FOR NO KEY UPDATE', ['R-P1']);
    const waiting = bench.settle(first);
    await until('the settlement to wait', async () => {
      const { rows } = await db.raw<{ rows: unknown[] }>(
        `SELECT 1 FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'select%conversions%'`,
      );
      return rows.length > 0;
    });
    const isSettled = bench.settle(second).then(() => true);
    const isBlocked = until('the other to wait', async () => {
      const { rows } = await db.raw<{ rows: unknown[] }>(
        `SELECT 1 FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%cap_counters%'`,
      );
      return rows.length > 0;
    }).then(() => false);
    const outcome = await Promise.race([isSettled, isBlocked.catch(() => true)]);
    await payout.rollback();
    await Promise.all([waiting, isSettled]);
    expect(outcome).toBe(true);
  } finally {
    await payout.rollback();
  }
  expect((await slots()).map(({ refused_by }) => refused_by)).toEqual([null, null]);
});
