import type { Db } from '../db/knex';
import { acceptRuling } from '../db/stores/ruling-store';
import { uuidFromId } from '../domain/ids';
import { HOUR_MS, MINUTE_MS } from '../domain/time';
import { insertDestination } from '../testing/builders/insert-postback';
import { insertVerdict } from '../testing/builders/insert-verdict';
import { readTrialBalance } from '../testing/player-books';
import { openReviewDesk, type ReviewDesk, rulingsOn } from '../testing/review-desk';
import type { SettlementBench } from '../testing/settlement-bench';
import { createTestDb, type TestDb } from '../testing/test-db';
import { until } from '../testing/until';

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
  await insertDestination(db, {
    workspaceId: bench.tenant.workspaceId,
    partnerId: bench.partnerId,
    events: ['lead', 'registration', 'first_deposit', 'correction'],
  });
});

const own = () => ({ workspace_id: uuidFromId(bench.tenant.workspaceId) });
const told = async (): Promise<string[]> => {
  const rows: { event_kind: string; is_withdrawal: boolean }[] = await db('postbacks').where(own());
  return rows.map((row) => `${row.event_kind}${row.is_withdrawal ? ' withdrawn' : ''}`).sort();
};
const journals = async () => (await db('ledger_journals').where(own())).length;
const cpa = (transaction: string) => ({
  [`expense:commission:${bench.campaignId} EUR ${transaction} cpa`]: '5000',
  [`payable:${bench.partnerId} EUR ${transaction} cpa`]: '-5000',
});
const statusOf = async (transaction: string, kind?: string) => {
  const row = await bench.conversion(transaction, kind);
  return [row?.status, row?.reason ?? '-'].join(' ');
};

/** A player who has registered without doubt, and whose first deposit needs a person. */
async function doubtfulDeposit(): Promise<void> {
  const click = await bench.click();
  await bench.settle((await bench.registration({ key: 'R1', click, atMin: 1 })).id);
  await desk.settleInDoubt((await bench.deposit({ key: 'D1', atMin: 2 })).id);
}

describe('a verdict that asks for a person', () => {
  it('holds a deposit as pending: nothing is paid, nothing reported, and it stays the first', async () => {
    await doubtfulDeposit();
    expect(await bench.conversion('D1')).toMatchObject({
      ...{ status: 'pending', reason: 'in_review', is_first_deposit: true },
      ...{ review_since: new Date(desk.nowMs()), review_reminded_at: null },
    });
    expect((await bench.books()).balances).toEqual({});
    expect(await told()).toEqual(['registration']);
    expect(await desk.dueAtMs()).toBe(desk.nowMs() + 24 * HOUR_MS);
  });

  it('holds a registration and a lead likewise, and an approval reports each once', async () => {
    const click = await bench.click();
    const registration = await bench.registration({ key: 'R1', click, atMin: 1 });
    await desk.settleInDoubt(registration.id);
    const lead = await bench.accept({
      ...{ kind: 'lead', senderEventId: 'L1', playerExternalId: null, clickRef: click, money: null },
      occurredAtMs: bench.startMs + 2 * MINUTE_MS,
    });
    await desk.settleInDoubt(lead.id);
    expect(await statusOf('R1', 'registration')).toBe('pending in_review');
    expect(await statusOf('L1', 'lead')).toBe('pending in_review');
    expect(await told()).toEqual([]);

    await desk.rule('R1', 'approve', { kind: 'registration' });
    await desk.rule('L1', 'approve', { kind: 'lead' });
    await bench.settleAll();
    expect(await statusOf('R1', 'registration')).toBe('approved -');
    expect(await statusOf('L1', 'lead')).toBe('approved -');
    expect(await told()).toEqual(['lead', 'registration']);
  });

  it('still binds the player, so that a deposit without doubt is paid meanwhile', async () => {
    await desk.settleInDoubt(
      (await bench.registration({ key: 'R1', click: await bench.click(), atMin: 1 })).id,
    );
    await bench.settle((await bench.deposit({ key: 'D1', atMin: 2 })).id);
    expect((await bench.books()).balances).toEqual(cpa('D1'));
  });
});

describe('a ruling', () => {
  it('changes nothing but the revision until it is settled, and waits in rows alone', async () => {
    await doubtfulDeposit();
    const { rulingId, revision } = await desk.rule('D1', 'approve');
    expect(revision).toBe(2);
    expect(await bench.conversion('D1')).toMatchObject({ status: 'pending', revision: 2 });
    expect(await bench.unhandled()).toEqual([rulingId]);
    const queued = await db('outbox').where({ kind: 'event', ref_id: uuidFromId(rulingId) });
    expect(queued).toHaveLength(1);
    await bench.settleAll();
    expect(await statusOf('D1')).toBe('approved -');
  });

  it('that approves books and reports once, however often it is settled', async () => {
    await doubtfulDeposit();
    const { rulingId } = await desk.rule('D1', 'approve');
    await Promise.all(Array.from({ length: 5 }, () => bench.settle(rulingId)));
    await bench.settle(rulingId);
    expect((await bench.books()).balances).toEqual(cpa('D1'));
    expect(await journals()).toBe(1);
    expect(await told()).toEqual(['first_deposit', 'registration']);
    expect(await bench.conversion('D1')).toMatchObject({ status: 'approved', review_since: null });
    expect(await desk.dueAtMs()).toBeNull();
  });

  it('that rejects leaves nothing: no money, no report, and the next deposit is the first', async () => {
    await doubtfulDeposit();
    await desk.rule('D1', 'reject');
    await bench.settleAll();
    expect(await statusOf('D1')).toBe('rejected rejected_by_ruling');
    expect((await bench.books()).balances).toEqual({});
    expect(await told()).toEqual(['registration']);
    await bench.settle((await bench.deposit({ key: 'D2', atMin: 3 })).id);
    expect(await bench.books()).toMatchObject({ firstDeposit: 'D2', balances: cpa('D2') });
  });

  it('is taken back by another one: rejected, then approved', async () => {
    await doubtfulDeposit();
    await desk.rule('D1', 'reject');
    await bench.settleAll();
    await desk.rule('D1', 'approve');
    await bench.settleAll();
    expect(await bench.books()).toMatchObject({ firstDeposit: 'D1', balances: cpa('D1') });
    expect(await told()).toEqual(['first_deposit', 'registration']);
  });

  it('is taken back by another one: approved, then rejected; the partner is told of the correction', async () => {
    await doubtfulDeposit();
    await desk.rule('D1', 'approve');
    await bench.settleAll();
    await desk.rule('D1', 'reject');
    await bench.settleAll();
    expect(await bench.books()).toMatchObject({ firstDeposit: null, balances: {}, lines: [] });
    expect(await bench.line('D1')).toMatchObject({ amount_minor: 0n, reason: 'rejected_by_ruling' });
    expect(await told()).toEqual(['correction withdrawn', 'first_deposit', 'registration']);
    expect((await readTrialBalance(db, bench.tenant.workspaceId)).totals).toEqual({ EUR: '0' });
  });

  it('counts by the revision it ruled on and not by its arrival: two unsettled ones, settled backwards', async () => {
    await doubtfulDeposit();
    const first = await desk.rule('D1', 'reject');
    const second = await desk.rule('D1', 'approve', { revision: first.revision });
    await bench.settle(second.rulingId);
    await bench.settle(first.rulingId);
    expect(await statusOf('D1')).toBe('approved -');
    expect((await bench.books()).balances).toEqual(cpa('D1'));
  });

  it('lets through what the rules have blocked', async () => {
    const click = await bench.click();
    await bench.settle((await bench.registration({ key: 'R1', click, atMin: 1 })).id);
    const deposit = await bench.deposit({ key: 'D1', atMin: 2 });
    const verdict = {
      outcome: 'block',
      score: 100,
      reasons: [{ code: 'proof', detail: 'Certain.' }],
    } as const;
    await insertVerdict(db, { ...bench.tenant, subjectId: deposit.id, verdict });
    await bench.settleAssessed(deposit.id);
    expect(await statusOf('D1')).toBe('rejected fraud_blocked');
    await desk.rule('D1', 'approve');
    await bench.settleAll();
    expect(await bench.books()).toMatchObject({ firstDeposit: 'D1', balances: cpa('D1') });
  });

  it('may take back what was approved long ago without one', async () => {
    const click = await bench.click();
    await bench.settle((await bench.registration({ key: 'R1', click, atMin: 1 })).id);
    await bench.settle((await bench.deposit({ key: 'D1', atMin: 2 })).id);
    desk.pass(24 * 40);
    await desk.rule('D1', 'reject');
    await bench.settleAll();
    expect(await statusOf('D1')).toBe('rejected rejected_by_ruling');
    expect((await bench.books()).balances).toEqual({});
    await desk.rule('D1', 'approve');
    await bench.settleAll();
    expect((await bench.books()).balances).toEqual(cpa('D1'));
  });

  it('is refused where the transaction itself says what is the matter', async () => {
    const click = await bench.click();
    await bench.settle((await bench.registration({ key: 'R1', click, atMin: 1 })).id);
    await bench.settle(
      (await bench.deposit({ key: 'E1', transaction: 'D1', status: 'pending', atMin: 2 })).id,
    );
    await expect(desk.rule('D1', 'approve')).rejects.toMatchObject({ code: 'not_reviewable' });
    await bench.settle(
      (await bench.deposit({ key: 'E2', transaction: 'D1', status: 'failed', atMin: 3 })).id,
    );
    await expect(desk.rule('D1', 'approve')).rejects.toMatchObject({ code: 'not_reviewable' });
    await bench.settle((await bench.registration({ key: 'R2', click, atMin: 3 })).id);
    await expect(desk.rule('R2', 'approve', { kind: 'registration' })).rejects.toMatchObject({
      code: 'not_reviewable',
    });
  });

  it('on what was charged back meanwhile is refused; one before it leaves nothing to pay', async () => {
    await doubtfulDeposit();
    await desk.rule('D1', 'approve');
    await bench.settle((await bench.chargeback({ key: 'C1', refersTo: 'D1', atMin: 3 })).id);
    await bench.settleAll();
    expect(await statusOf('D1')).toBe('reversed charged_back');
    expect((await bench.books()).balances).toEqual({});
    await expect(desk.rule('D1', 'reject')).rejects.toMatchObject({ code: 'not_reviewable' });
  });

  it('of another workspace does not exist', async () => {
    await doubtfulDeposit();
    const conversionId = await desk.conversionId('D1');
    const stranger = await openReviewDesk(db);
    const ruling = {
      ...({ conversionId, revision: 1, decision: 'approve', reason: 'mine', actor: 'key:x' } as const),
      workspaceId: stranger.bench.tenant.workspaceId,
    } as const;
    await expect(db.transaction((trx) => acceptRuling(trx, ruling, desk.nowMs()))).rejects.toMatchObject({
      code: 'not_found',
    });
    expect(await rulingsOn(db, conversionId)).toEqual([]);
  });

  it('on a conversion without a player goes the same way', async () => {
    const click = await bench.click();
    const lead = await bench.accept({
      ...{ kind: 'lead', senderEventId: 'L1', playerExternalId: null, clickRef: click, money: null },
      occurredAtMs: bench.startMs + MINUTE_MS,
    });
    await desk.settleInDoubt(lead.id);
    expect(await desk.dueAtMs(lead.id)).toBe(desk.nowMs() + 24 * HOUR_MS);
    await desk.rule('L1', 'reject', { kind: 'lead' });
    await bench.settleAll();
    expect(await statusOf('L1', 'lead')).toBe('rejected rejected_by_ruling');
    await desk.rule('L1', 'approve', { kind: 'lead' });
    await bench.settleAll();
    expect(await statusOf('L1', 'lead')).toBe('approved -');
    expect(await told()).toEqual(['lead']);
    expect(await desk.dueAtMs(lead.id)).toBeNull();
  });
});

describe('people who rule at once', () => {
  it('one of twenty wins, the others are told that they saw something old', async () => {
    await doubtfulDeposit();
    const tries = Array.from({ length: 20 }, (_, index) =>
      desk.rule('D1', index % 2 === 0 ? 'approve' : 'reject', { revision: 1, actor: `key:${index}` }),
    );
    const settled = await Promise.allSettled(tries);
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const refusals = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []));
    expect(new Set(refusals)).toEqual(new Set(['stale_revision']));
    expect(await rulingsOn(db, await desk.conversionId('D1'))).toHaveLength(1);
  });

  it('whoever rules while a settlement changes the conversion is refused', async () => {
    await doubtfulDeposit();
    const chargeback = await bench.chargeback({ key: 'C1', refersTo: 'D1', atMin: 3, amountMinor: 100n });
    const conversionId = uuidFromId(await desk.conversionId('D1'));
    // Holds the settlement at its last write, when it has changed the conversion and not yet committed.
    const brake = await db.transaction();
    await brake.raw('SELECT 1 FROM events WHERE event_id = ? FOR NO KEY UPDATE', [uuidFromId(chargeback.id)]);
    const settling = bench.settle(chargeback.id);
    await until('the settlement to wait', () => isWaiting('UPDATE events'));
    const ruling = desk.rule('D1', 'approve').catch((error: { code: string }) => error.code);
    await until('the ruling to wait', () => isWaiting('%subjects%'));
    await brake.rollback();
    await settling;
    expect(await ruling).toBe('stale_revision');
    expect(await db('conversions').where('conversion_id', conversionId).first('revision')).toEqual({
      revision: 2,
    });
  });
});

async function isWaiting(statement: string): Promise<boolean> {
  const { rows } = await db.raw<{ rows: unknown[] }>(
    `SELECT 1 FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE ?`,
    [`${statement}%`],
  );
  return rows.length > 0;
}
