import type { Db } from '../db/knex';
import { findOverdueSubjects } from '../db/stores/sweep-store';
import { HOUR_MS } from '../domain/time';
import { openReviewDesk, type ReviewDesk, rulingsOn } from '../testing/review-desk';
import type { SettlementBench } from '../testing/settlement-bench';
import { createTestDb, type TestDb } from '../testing/test-db';

let testDb: TestDb;
let db: Db;
let desk: ReviewDesk;
let bench: SettlementBench;

beforeAll(async () => {
  testDb = await createTestDb();
  db = testDb.db;
});
afterAll(() => testDb.drop());
beforeEach(async () => {
  desk = await openReviewDesk(db);
  bench = desk.bench;
});

const statusOf = async (transaction: string) => {
  const row = await bench.conversion(transaction);
  return [row?.status, row?.reason ?? '-'].join(' ');
};
const cpa = (transaction: string) => ({
  [`expense:commission:${bench.campaignId} EUR ${transaction} cpa`]: '5000',
  [`payable:${bench.partnerId} EUR ${transaction} cpa`]: '-5000',
});

/** A player who has registered without doubt, and whose first deposit needs a person. */
async function doubtfulDeposit(): Promise<void> {
  const click = await bench.click();
  await bench.settle((await bench.registration({ key: 'R1', click, atMin: 1 })).id);
  await desk.settleInDoubt((await bench.deposit({ key: 'D1', atMin: 2 })).id);
}

describe('time and a review', () => {
  const policy = (hours: number, decision: 'approve' | 'reject') => ({
    reminderHours: 24,
    timeout: { hours, decision },
  });

  it('reminds once', async () => {
    await doubtfulDeposit();
    desk.pass(24);
    const remindedAtMs = desk.nowMs();
    expect(await desk.settleDue()).toEqual({ postbackIds: [], dueAtMs: null });
    desk.pass(24);
    await desk.settleDue();
    expect(await bench.conversion('D1')).toMatchObject({
      ...{ status: 'pending', revision: 1, review_reminded_at: new Date(remindedAtMs) },
    });
    const subject = await desk.conversionId('D1');
    expect(await db('audit').where({ subject, action: 'review.reminded' })).toHaveLength(1);
  });

  it('waits for ever without a time-out', async () => {
    await doubtfulDeposit();
    desk.pass(24 * 50);
    await desk.settleDue();
    await desk.settleDue();
    expect(await rulingsOn(db, await desk.conversionId('D1'))).toEqual([]);
    expect(await statusOf('D1')).toBe('pending in_review');
  });

  it.each([
    ['approve', 'approved -'],
    ['reject', 'rejected rejected_by_ruling'],
  ] as const)('runs out and is decided by the policy: %s', async (decision, status) => {
    await desk.setPolicy(policy(72, decision));
    await doubtfulDeposit();
    expect((await desk.settleDue()).dueAtMs).toBe(desk.nowMs() + 72 * HOUR_MS);
    desk.pass(72);
    await desk.settleDue();
    await bench.settleAll();
    expect(await statusOf('D1')).toBe(status);
    expect((await bench.books()).balances).toEqual(decision === 'approve' ? cpa('D1') : {});
    expect(await rulingsOn(db, await desk.conversionId('D1'))).toMatchObject([
      { attributes: { actor: 'review-policy', reason: 'Nobody decided within 72 hours.' } },
    ]);
  });

  it('is ruled on once by the policy while that ruling is not settled', async () => {
    await desk.setPolicy(policy(1, 'approve'));
    await doubtfulDeposit();
    desk.pass(1);
    for (let round = 0; round < 3; round += 1) await desk.settleDue();
    await Promise.all([desk.settleDue(), desk.settleDue()]);
    expect(await rulingsOn(db, await desk.conversionId('D1'))).toHaveLength(1);
    expect(await desk.dueAtMs()).toBeNull();
  });

  it('lets a person be faster: what was ruled on just before is not run out', async () => {
    await desk.setPolicy(policy(1, 'approve'));
    await doubtfulDeposit();
    desk.pass(1);
    await desk.rule('D1', 'reject');
    await desk.settleDue();
    await bench.settleAll();
    await desk.settleDue();
    expect(await statusOf('D1')).toBe('rejected rejected_by_ruling');
    expect(await rulingsOn(db, await desk.conversionId('D1'))).toHaveLength(1);
  });

  it('refuses a person who is slower: the time-out made a new revision', async () => {
    await desk.setPolicy(policy(1, 'approve'));
    await doubtfulDeposit();
    desk.pass(1);
    await desk.settleDue();
    await expect(desk.rule('D1', 'reject', { revision: 1 })).rejects.toMatchObject({
      code: 'stale_revision',
    });
  });

  it('is not forgotten when a policy changes: what waits already is overdue by the new one at once', async () => {
    await doubtfulDeposit();
    desk.pass(5);
    const subject = await desk.player();
    const overdue = async () =>
      (await findOverdueSubjects(db, 1_000, desk.nowMs())).filter(({ key }) => key === subject);
    expect(await overdue()).toEqual([]);
    await desk.setPolicy(policy(4, 'reject'));
    const dueAtMs = desk.nowMs() - HOUR_MS;
    expect(await overdue()).toEqual([{ key: subject, dueAtMs }]);
    await desk.settleDue();
    expect(await overdue()).toEqual([]);
    await bench.settleAll();
    expect(await statusOf('D1')).toBe('rejected rejected_by_ruling');
  });

  it('gets the longer time of a new policy although a timer was set by the old one', async () => {
    await desk.setPolicy(policy(2, 'reject'));
    await doubtfulDeposit();
    await desk.setPolicy(policy(48, 'approve'));
    desk.pass(2);
    expect((await desk.settleDue()).dueAtMs).toBe(desk.nowMs() + 22 * HOUR_MS);
    expect(await rulingsOn(db, await desk.conversionId('D1'))).toEqual([]);
  });

  it('has one beginning, whatever changes meanwhile', async () => {
    await doubtfulDeposit();
    const since = (await bench.conversion('D1'))?.review_since;
    desk.pass(3);
    await bench.settle(
      (await bench.chargeback({ key: 'C1', refersTo: 'D1', atMin: 3, amountMinor: 100n })).id,
    );
    expect(await bench.conversion('D1')).toMatchObject({
      status: 'pending',
      revision: 2,
      review_since: since,
    });
  });
});
