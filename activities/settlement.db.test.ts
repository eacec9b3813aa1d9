import type { Db } from '../db/knex';
import { mintId } from '../db/mint-id';
import { idFromUuid, uuidFromId } from '../domain/ids';
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

const cpa = (transaction: string) => ({
  [`expense:commission:${bench.campaignId} EUR ${transaction} cpa`]: '5000',
  [`payable:${bench.partnerId} EUR ${transaction} cpa`]: '-5000',
});

describe('settlement of a full chain', () => {
  it('credits, values and books it, and says which click converted', async () => {
    const clickId = await bench.click();
    const install = await bench.install({ key: 'I1', click: clickId, atMin: 1 });
    const registration = await bench.registration({ key: 'R1', click: clickId, atMin: 2 });
    const deposit = await bench.deposit({ key: 'D1', atMin: 3 });
    expect(await bench.settle(install.id)).toEqual({
      kind: 'install',
      postbackIds: [],
      convertedClickId: null,
    });
    expect((await bench.settle(registration.id)).convertedClickId).toBeNull();
    expect((await bench.settle(deposit.id)).convertedClickId).toBe(clickId);
    const later = await bench.deposit({ key: 'D2', atMin: 4, amountMinor: 2_500n });
    await bench.settleAll();

    expect(later.status).toBe('accepted');
    expect(await bench.books()).toMatchObject({
      balances: cpa('D1'),
      lines: ['D1 cpa 5000 EUR'],
      firstDeposit: 'D1',
    });
    expect((await bench.books()).ltv[0]).toMatch(/^EUR 2 12500 .* 0 0$/);
    expect(await bench.conversion('I1', 'install')).toMatchObject({
      status: 'approved',
      click_id: uuidFromId(clickId),
    });
    expect(await bench.conversion('R1', 'registration')).toMatchObject({ status: 'approved', reason: null });
    expect(await bench.conversion('D2')).toMatchObject({ status: 'approved', is_first_deposit: false });
    const click = await db('clicks').where('click_id', uuidFromId(clickId)).first('closed_at');
    expect(click.closed_at).toBeInstanceOf(Date);
    expect(await readTrialBalance(db, bench.tenant.workspaceId)).toEqual({
      accounts: {
        [`expense:commission:${bench.campaignId} EUR`]: '5000',
        [`payable:${bench.partnerId} EUR`]: '-5000',
      },
      totals: { EUR: '0' },
    });
  });

  it('records who, when and why for every decision', async () => {
    const clickId = await bench.click();
    await bench.registration({ key: 'R1', click: clickId, atMin: 2 });
    const deposit = await bench.deposit({ key: 'D1', atMin: 3 });
    await bench.settleAll();
    const id = String((await bench.conversion('D1'))?.conversion_id);
    const entries = await db('audit').where('subject', idFromUuid('cnv', id));
    expect(entries).toMatchObject([
      {
        actor: 'settlement',
        action: 'conversion.settled',
        cause: deposit.id,
        detail: { revision: 1, status: 'approved', firstDeposit: true },
      },
    ]);
    const journal = await db('ledger_journals')
      .where('line_id', String((await bench.line('D1'))?.line_id))
      .first();
    expect(journal).toMatchObject({ caused_by_event_id: uuidFromId(deposit.id), reason: 'first_deposit' });
  });
});

describe('settling again', () => {
  it('changes no row: neither what it wrote, nor revisions, nor times', async () => {
    const clickId = await bench.click();
    const events = [
      await bench.registration({ key: 'R1', click: clickId, atMin: 1 }),
      await bench.deposit({ key: 'D1', atMin: 2 }),
      await bench.deposit({ key: 'D2', atMin: 3 }),
      await bench.chargeback({ key: 'C1', refersTo: 'D1', atMin: 4 }),
    ];
    for (const { id } of events) await bench.settle(id);
    const before = await everyRow();
    for (const { id } of [...events, ...events.toReversed()]) await bench.settle(id);
    expect(await everyRow()).toEqual(before);
  });

  it('gives the same answer as the first time', async () => {
    const clickId = await bench.click();
    await bench.settle((await bench.registration({ key: 'R1', click: clickId, atMin: 1 })).id);
    const { id } = await bench.deposit({ key: 'D1', atMin: 2 });
    expect(await bench.settle(id)).toEqual(await bench.settle(id));
  });

  it('leaves the other conversions alone when one changes: their revision stays', async () => {
    const clickId = await bench.click();
    await bench.registration({ key: 'R1', click: clickId, atMin: 1 });
    await bench.deposit({ key: 'D1', atMin: 2 });
    await bench.deposit({ key: 'D2', atMin: 3 });
    await bench.settleAll();
    await bench.chargeback({ key: 'C1', refersTo: 'D2', atMin: 4, amountMinor: 100n });
    await bench.settleAll();
    const revisions = async (key: string, kind?: string) => (await bench.conversion(key, kind))?.revision;
    expect([await revisions('R1', 'registration'), await revisions('D1'), await revisions('D2')]).toEqual([
      1, 1, 2,
    ]);
    expect((await bench.line('D1'))?.revision).toBe(1);
  });
});

/** Every row of every table that a settlement may write. */
async function everyRow(): Promise<Record<string, unknown[]>> {
  const workspaceId = uuidFromId(bench.tenant.workspaceId);
  const tables = ['conversions', 'commission_lines', 'ledger_journals', 'ledger_entries', 'player_bindings'];
  const all = [...tables, 'customer_ltv', 'postbacks', 'events', 'clicks', 'verdicts', 'audit', 'players'];
  const rows: Record<string, unknown[]> = {};
  for (const table of all) {
    rows[table] = await db(table).where('workspace_id', workspaceId).orderByRaw('1, 2');
  }
  return rows;
}

describe('the first deposit and its commission', () => {
  it('pending → confirmed → reversed: nothing, then the commission, then its exact reversal', async () => {
    const clickId = await bench.click();
    await bench.registration({ key: 'R1', click: clickId, atMin: 1 });
    const step = async (status: 'pending' | 'confirmed' | 'reversed', atMin: number) => {
      await bench.deposit({ key: `E-${status}`, transaction: 'T1', status, atMin });
      await bench.settleAll();
    };
    await step('pending', 2);
    expect(await bench.conversion('T1')).toMatchObject({ status: 'pending', reason: 'deposit_pending' });
    expect(await bench.books()).toMatchObject({ balances: {}, ltv: [], firstDeposit: null });
    await step('confirmed', 3);
    expect(await bench.conversion('T1')).toMatchObject({
      status: 'approved',
      revision: 2,
      is_first_deposit: true,
    });
    expect(await bench.books()).toMatchObject({ balances: cpa('T1'), firstDeposit: 'T1' });
    await step('reversed', 4);
    expect(await bench.conversion('T1')).toMatchObject({
      status: 'reversed',
      reason: 'deposit_reversed',
      revision: 3,
    });
    const after = await bench.books();
    expect(after).toMatchObject({ balances: {}, lines: [], firstDeposit: 'T1' });
    expect(after.ltv[0]).toMatch(/^EUR 0 0 1 10000$/);
    expect(await entriesOf('T1')).toEqual([
      ['expense', '5000'],
      ['payable', '-5000'],
      ['expense', '-5000'],
      ['payable', '5000'],
    ]);
  });

  it('a failed deposit earns nothing, and a retry that is confirmed does', async () => {
    const clickId = await bench.click();
    await bench.registration({ key: 'R1', click: clickId, atMin: 1 });
    await bench.deposit({ key: 'E1', transaction: 'T1', status: 'failed', atMin: 2 });
    await bench.settleAll();
    expect(await bench.conversion('T1')).toMatchObject({ status: 'rejected', reason: 'deposit_failed' });
    await bench.deposit({ key: 'E2', transaction: 'T1', status: 'confirmed', atMin: 3 });
    await bench.settleAll();
    expect(await bench.books()).toMatchObject({ balances: cpa('T1') });
  });

  it('a chargeback reverses exactly, the deposit stays the first, and no later one inherits', async () => {
    const clickId = await bench.click();
    await bench.registration({ key: 'R1', click: clickId, atMin: 1 });
    await bench.deposit({ key: 'D1', atMin: 2 });
    await bench.settleAll();
    await bench.chargeback({ key: 'C1', refersTo: 'D1', atMin: 3 });
    await bench.deposit({ key: 'D2', atMin: 4 });
    await bench.settleAll();
    expect(await bench.conversion('D1')).toMatchObject({ status: 'reversed', reason: 'charged_back' });
    expect(await bench.books()).toMatchObject({ balances: {}, lines: [], firstDeposit: 'D1' });
    expect(await bench.line('D1')).toMatchObject({
      amount_minor: 0n,
      revision: 2,
      reason: 'deposit_taken_back',
    });
    expect(await bench.line('D2')).toBeUndefined();
  });

  it('a partial chargeback keeps the commission while the deposit stays above the minimum', async () => {
    bench = await openSettlementBench(db, { minDepositMinor: 6_000n });
    const clickId = await bench.click();
    await bench.registration({ key: 'R1', click: clickId, atMin: 1 });
    await bench.deposit({ key: 'D1', atMin: 2 });
    await bench.chargeback({ key: 'C1', refersTo: 'D1', atMin: 3, amountMinor: 4_000n });
    await bench.settleAll();
    expect(await bench.books()).toMatchObject({ balances: cpa('D1') });
    await bench.chargeback({ key: 'C2', refersTo: 'D1', atMin: 4, amountMinor: 1n });
    await bench.settleAll();
    expect(await bench.books()).toMatchObject({ balances: {} });
    expect(await bench.line('D1')).toMatchObject({ reason: 'below_minimum_deposit' });
  });

  it('below the minimum it earns none, says so, and no later deposit earns instead', async () => {
    bench = await openSettlementBench(db, { minDepositMinor: 10_001n });
    const clickId = await bench.click();
    await bench.registration({ key: 'R1', click: clickId, atMin: 1 });
    await bench.deposit({ key: 'D1', atMin: 2 });
    await bench.deposit({ key: 'D2', atMin: 3, amountMinor: 99_999n });
    await bench.settleAll();
    expect(await bench.books()).toMatchObject({ balances: {}, lines: [], firstDeposit: 'D1' });
    expect(await bench.line('D1')).toMatchObject({ amount_minor: 0n, reason: 'below_minimum_deposit' });
    expect(await bench.conversion('D1')).toMatchObject({ status: 'approved' });
  });

  it('a line that pays nothing says why as of now', async () => {
    bench = await openSettlementBench(db, { minDepositMinor: 10_001n });
    const clickId = await bench.click();
    await bench.registration({ key: 'R1', click: clickId, atMin: 1 });
    await bench.deposit({ key: 'D1', atMin: 2 });
    await bench.settleAll();
    await bench.chargeback({ key: 'C1', refersTo: 'D1', atMin: 3 });
    await bench.settleAll();
    expect(await bench.line('D1')).toMatchObject({ amount_minor: 0n, reason: 'deposit_taken_back' });
  });

  it('in another currency than the deal it waits, and is never taken one to one', async () => {
    const clickId = await bench.click();
    await bench.registration({ key: 'R1', click: clickId, atMin: 1 });
    await bench.deposit({ key: 'D1', atMin: 2, currency: 'JPY' });
    await bench.settleAll();
    expect(await bench.conversion('D1')).toMatchObject({ status: 'pending', reason: 'currency_mismatch' });
    const after = await bench.books();
    expect(after).toMatchObject({ balances: {}, lines: [] });
    expect(after.ltv[0]).toMatch(/^JPY 1 10000 /);
  });

  it('an earlier deposit that arrives later is the first: the commission moves and nets out', async () => {
    const clickId = await bench.click();
    await bench.registration({ key: 'R1', click: clickId, atMin: 1 });
    await bench.deposit({ key: 'D-late', atMin: 20 });
    await bench.settleAll();
    expect(await bench.books()).toMatchObject({ balances: cpa('D-late') });
    await bench.deposit({ key: 'D-early', atMin: 10 });
    await bench.settleAll();
    expect(await bench.books()).toMatchObject({ balances: cpa('D-early'), firstDeposit: 'D-early' });
    expect(await readTrialBalance(db, bench.tenant.workspaceId)).toMatchObject({
      accounts: { [`payable:${bench.partnerId} EUR`]: '-5000' },
      totals: { EUR: '0' },
    });
    expect(await entriesOf('D-late')).toHaveLength(4);
  });
});

async function entriesOf(transaction: string): Promise<[string, string][]> {
  const rows: { account: string; amount_minor: bigint }[] = await db('ledger_entries AS e')
    .join('ledger_journals AS j', 'j.journal_id', 'e.journal_id')
    .where('j.line_id', String((await bench.line(transaction))?.line_id))
    .orderBy(['j.line_revision', 'e.account'])
    .select('e.account', 'e.amount_minor');
  return rows.map((row) => [row.account.split(':')[0] ?? '', row.amount_minor.toString()]);
}

describe('what books nothing', () => {
  it('a test event is handled, shown nowhere and paid nowhere', async () => {
    const clickId = await bench.click();
    await bench.registration({ key: 'R1', click: clickId, atMin: 1, isTest: true });
    const { id } = await bench.deposit({ key: 'D1', click: clickId, atMin: 2, isTest: true });
    await bench.settleAll();
    const empty = { balances: {}, lines: [], conversions: [], ltv: [], firstDeposit: null, binding: null };
    expect(await bench.books()).toEqual(empty);
    const event = await db('events').where('event_id', uuidFromId(id)).first('handled_at');
    expect(event.handled_at).toBeInstanceOf(Date);
    await bench.deposit({ key: 'D2', click: clickId, atMin: 3 });
    await bench.settleAll();
    expect(await bench.books()).toMatchObject({ firstDeposit: 'D2', balances: cpa('D2') });
  });

  it('a quarantined event counts in nobody’s books until it is released', async () => {
    const clickId = mintId('clk', bench.startMs);
    const early = await bench.deposit({ key: 'D1', click: clickId, atMin: 1 });
    expect(early.status).toBe('quarantined');
    expect(await bench.settleAll()).toBe(0);
    await bench.lateClick(clickId);
    expect(await bench.settleAll()).toBe(1);
    expect(await bench.books()).toMatchObject({ balances: cpa('D1') });
  });

  it('a chargeback without its deposit waits for it', async () => {
    const clickId = await bench.click();
    await bench.registration({ key: 'R1', click: clickId, atMin: 1 });
    await bench.chargeback({ key: 'C1', refersTo: 'D1', atMin: 3 });
    await bench.settleAll();
    expect((await bench.books()).conversions).toHaveLength(1);
    await bench.deposit({ key: 'D1', atMin: 2 });
    await bench.settleAll();
    expect(await bench.books()).toMatchObject({ balances: {}, firstDeposit: 'D1' });
    expect(await bench.conversion('D1')).toMatchObject({ status: 'reversed', reason: 'charged_back' });
  });
});
