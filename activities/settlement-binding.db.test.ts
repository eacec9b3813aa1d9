import type { Db } from '../db/knex';
import { mintId } from '../db/mint-id';
import { releaseForClicks } from '../db/stores/quarantine-store';
import { sweepQuarantine } from '../db/stores/quarantine-sweep-store';
import { uuidFromId } from '../domain/ids';
import { insertDeal, insertPartner } from '../testing/builders/insert-partner';
import { readTrialBalance } from '../testing/player-books';
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

const cpa = (transaction: string, amount = '5000', partnerId = bench.partnerId) => ({
  [`expense:commission:${bench.campaignId} EUR ${transaction} cpa`]: amount,
  [`payable:${partnerId} EUR ${transaction} cpa`]: `-${amount}`,
});

describe('binding', () => {
  it('keeps the deal version of the binding event, whatever the partner agrees later', async () => {
    const clickId = await bench.click();
    await bench.registration({ key: 'R1', click: clickId, atMin: 1 });
    await bench.settleAll();
    const given = { ...bench.tenant, partnerId: bench.partnerId, version: 2, cpaMinor: 9_900n };
    await insertDeal(db, { ...given, validFromMs: bench.startMs + 90_000 });
    await bench.deposit({ key: 'D1', atMin: 2 });
    await bench.settleAll();
    expect(await bench.books()).toMatchObject({ balances: cpa('D1', '5000') });
    expect(await bench.line('D1')).toMatchObject({ deal_id: uuidFromId(bench.dealId) });
    await bench.registration({ key: 'R2', player: 'P2', click: clickId, atMin: 2 });
    await bench.deposit({ key: 'D2', player: 'P2', atMin: 3 });
    await bench.settleAll();
    expect(await bench.books('P2')).toMatchObject({ balances: cpa('D2', '9900') });
  });

  it('is provisional on a deposit, and a registration through another partner takes the player over', async () => {
    const otherPartner = await insertPartner(db, bench.tenant);
    await insertDeal(db, { ...bench.tenant, partnerId: otherPartner, cpaMinor: 7_000n });
    const first = await bench.click();
    const second = await bench.click({ atMin: 1, partnerId: otherPartner });
    await bench.deposit({ key: 'D1', click: first, atMin: 10 });
    await bench.settleAll();
    expect(await bench.books()).toMatchObject({ balances: cpa('D1') });
    expect((await bench.books()).binding).toMatch(/^deposit D1 t last_touch /);
    await bench.registration({ key: 'R1', click: second, atMin: 5 });
    await bench.settleAll();
    expect(await bench.books()).toMatchObject({ balances: cpa('D1', '7000', otherPartner) });
    expect((await bench.books()).binding).toMatch(/^registration R1 f last_touch /);
    const { accounts, totals } = await readTrialBalance(db, bench.tenant.workspaceId);
    expect(accounts).toEqual({
      [`expense:commission:${bench.campaignId} EUR`]: '7000',
      [`payable:${otherPartner} EUR`]: '-7000',
    });
    expect(totals).toEqual({ EUR: '0' });
    const binding = await db('player_bindings').where('click_id', uuidFromId(second)).first();
    expect(binding).toMatchObject({ revision: 2, is_provisional: false });
  });

  it('moves the line to the deal version that now decides, also when that one pays nothing', async () => {
    bench = await openSettlementBench(db, { minDepositMinor: 10_001n });
    const given = { ...bench.tenant, partnerId: bench.partnerId, version: 2 };
    await insertDeal(db, { ...given, validFromMs: bench.startMs + 8 * 60_000 });
    const clickId = await bench.click();
    await bench.deposit({ key: 'D1', click: clickId, atMin: 10 });
    await bench.settleAll();
    expect(await bench.books()).toMatchObject({ balances: cpa('D1') });
    await bench.registration({ key: 'R1', click: clickId, atMin: 5 });
    await bench.settleAll();
    expect(await bench.books()).toMatchObject({ balances: {} });
    const reason = 'below_minimum_deposit';
    expect(await bench.line('D1')).toMatchObject({
      amount_minor: 0n,
      reason,
      deal_id: uuidFromId(bench.dealId),
    });
  });

  it('says why there is no click as of now, also after the named click has appeared', async () => {
    const known = await bench.click();
    const late = mintId('clk', bench.startMs - 1);
    await bench.install({ key: 'I1', player: 'P1', click: known, atMin: 9 });
    await bench.registration({ key: 'R1', click: late, atMin: 8 });
    await bench.deposit({ key: 'D1', atMin: 10 });
    await bench.settleAll();
    expect(await bench.conversion('D1')).toMatchObject({ reason: 'unknown_click' });
    await bench.click({ clickId: late, windowMin: 7 });
    await releaseForClicks(db, [late], bench.clock.nowMs());
    await bench.settleAll();
    expect(await bench.conversion('R1', 'registration')).toMatchObject({ reason: 'outside_click_window' });
    expect(await bench.conversion('D1')).toMatchObject({ reason: 'outside_click_window' });
  });

  it('tests the window once, on the binding event, inclusive at the millisecond', async () => {
    const clickId = await bench.click({ windowMin: 10 });
    await bench.registration({ key: 'R1', player: 'in', click: clickId, atMin: 10 });
    await bench.deposit({ key: 'D1', player: 'in', atMin: 40 });
    await bench.accept({
      ...{ kind: 'registration', senderEventId: 'R2', playerExternalId: 'out', clickRef: clickId },
      occurredAtMs: bench.startMs + 10 * 60_000 + 1,
    });
    await bench.deposit({ key: 'D2', player: 'out', atMin: 41 });
    await bench.settleAll();
    expect(await bench.books('in')).toMatchObject({ balances: cpa('D1') });
    expect(await bench.books('out')).toMatchObject({ balances: {}, firstDeposit: 'D2' });
    expect(await bench.conversion('D2')).toMatchObject({
      status: 'approved',
      reason: 'outside_click_window',
      click_id: null,
    });
  });

  it('settles an event again when its click appears, and only once, however often the click is announced', async () => {
    const announce = () => releaseForClicks(db, [late], bench.clock.nowMs());
    const known = await bench.click();
    const late = mintId('clk', bench.startMs);
    await bench.install({ key: 'I1', player: 'P1', click: known, atMin: 1 });
    const { id } = await bench.registration({ key: 'R1', click: late, atMin: 2 });
    await bench.settleAll();
    await bench.click({ clickId: late, atMin: 1 });
    expect(await announce()).toEqual({ released: [], reopened: [id] });
    // Announced once more before it is settled: an outbox row that Temporal was too busy to take.
    expect(await announce()).toEqual({ released: [], reopened: [id] });
    expect(await bench.settleAll()).toBe(1);
    expect(await announce()).toEqual({ released: [], reopened: [] });
    expect(await bench.unhandled()).toEqual([]);
  });

  it.each(['the announcement', 'the sweep'])(
    'settles what %s let go of quarantine once',
    async (releaser) => {
      const clickId = mintId('clk', bench.startMs);
      const early = await bench.registration({ key: 'R1', click: clickId, atMin: 2 });
      await bench.click({ clickId });
      const announce = () => releaseForClicks(db, [clickId], bench.clock.nowMs());
      const released =
        releaser === 'the sweep'
          ? await sweepQuarantine(db, bench.clock.nowMs(), 100)
          : (await announce()).released;
      expect(released).toEqual([early.id]);
      expect(await bench.settleAll()).toBe(1);
      expect(await announce()).toEqual({ released: [], reopened: [] });
      expect(await bench.unhandled()).toEqual([]);
    },
  );
});
