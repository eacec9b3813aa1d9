import type { Db } from '../db/knex';
import { mintId } from '../db/mint-id';
import { releaseForClicks } from '../db/stores/quarantine-store';
import { idFromUuid, uuidFromId } from '../domain/ids';
import { insertDeal, insertPartner } from '../testing/builders/insert-partner';
import { findPlayer, readPlayerBooks, readTrialBalance } from '../testing/player-books';
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

const books = async (player = 'P1') =>
  readPlayerBooks(db, await findPlayer(db, bench.tenant.workspaceId, player));
const cpa = (transaction: string, amount = '5000', currency = 'EUR', partnerId = bench.partnerId) => ({
  [`expense:commission:${bench.campaignId} ${currency} ${transaction} cpa`]: amount,
  [`payable:${partnerId} ${currency} ${transaction} cpa`]: `-${amount}`,
});
const line = (transaction: string) =>
  db('commission_lines AS l')
    .join('conversions AS c', 'c.conversion_id', 'l.conversion_id')
    .where({ 'l.workspace_id': uuidFromId(bench.tenant.workspaceId), 'c.transaction_key': transaction })
    .first('l.*');
const conversion = (transaction: string, kind = 'deposit') =>
  db('conversions')
    .where({ workspace_id: uuidFromId(bench.tenant.workspaceId), transaction_key: transaction, kind })
    .first();

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
    expect(await books()).toMatchObject({
      balances: cpa('D1'),
      lines: ['D1 cpa 5000 EUR'],
      firstDeposit: 'D1',
    });
    expect((await books()).ltv[0]).toMatch(/^EUR 2 12500 .* 0 0$/);
    expect(await conversion('I1', 'install')).toMatchObject({
      status: 'approved',
      click_id: uuidFromId(clickId),
    });
    expect(await conversion('R1', 'registration')).toMatchObject({ status: 'approved', reason: null });
    expect(await conversion('D2')).toMatchObject({ status: 'approved', is_first_deposit: false });
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
    const { conversion_id: id } = await conversion('D1');
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
      .where('line_id', (await line('D1')).line_id)
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
    const revisions = async (key: string, kind?: string) => (await conversion(key, kind)).revision;
    expect([await revisions('R1', 'registration'), await revisions('D1'), await revisions('D2')]).toEqual([
      1, 1, 2,
    ]);
    expect((await line('D1')).revision).toBe(1);
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
    expect(await conversion('T1')).toMatchObject({ status: 'pending', reason: 'deposit_pending' });
    expect(await books()).toMatchObject({ balances: {}, ltv: [], firstDeposit: null });
    await step('confirmed', 3);
    expect(await conversion('T1')).toMatchObject({ status: 'approved', revision: 2, is_first_deposit: true });
    expect(await books()).toMatchObject({ balances: cpa('T1'), firstDeposit: 'T1' });
    await step('reversed', 4);
    expect(await conversion('T1')).toMatchObject({
      status: 'reversed',
      reason: 'deposit_reversed',
      revision: 3,
    });
    const after = await books();
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
    expect(await conversion('T1')).toMatchObject({ status: 'rejected', reason: 'deposit_failed' });
    await bench.deposit({ key: 'E2', transaction: 'T1', status: 'confirmed', atMin: 3 });
    await bench.settleAll();
    expect(await books()).toMatchObject({ balances: cpa('T1') });
  });

  it('a chargeback reverses exactly, the deposit stays the first, and no later one inherits', async () => {
    const clickId = await bench.click();
    await bench.registration({ key: 'R1', click: clickId, atMin: 1 });
    await bench.deposit({ key: 'D1', atMin: 2 });
    await bench.settleAll();
    await bench.chargeback({ key: 'C1', refersTo: 'D1', atMin: 3 });
    await bench.deposit({ key: 'D2', atMin: 4 });
    await bench.settleAll();
    expect(await conversion('D1')).toMatchObject({ status: 'reversed', reason: 'charged_back' });
    expect(await books()).toMatchObject({ balances: {}, lines: [], firstDeposit: 'D1' });
    expect(await line('D1')).toMatchObject({ amount_minor: 0n, revision: 2, reason: 'deposit_taken_back' });
    expect(await line('D2')).toBeUndefined();
  });

  it('a partial chargeback keeps the commission while the deposit stays above the minimum', async () => {
    bench = await openSettlementBench(db, { minDepositMinor: 6_000n });
    const clickId = await bench.click();
    await bench.registration({ key: 'R1', click: clickId, atMin: 1 });
    await bench.deposit({ key: 'D1', atMin: 2 });
    await bench.chargeback({ key: 'C1', refersTo: 'D1', atMin: 3, amountMinor: 4_000n });
    await bench.settleAll();
    expect(await books()).toMatchObject({ balances: cpa('D1') });
    await bench.chargeback({ key: 'C2', refersTo: 'D1', atMin: 4, amountMinor: 1n });
    await bench.settleAll();
    expect(await books()).toMatchObject({ balances: {} });
    expect(await line('D1')).toMatchObject({ reason: 'below_minimum_deposit' });
  });

  it('below the minimum it earns none, says so, and no later deposit earns instead', async () => {
    bench = await openSettlementBench(db, { minDepositMinor: 10_001n });
    const clickId = await bench.click();
    await bench.registration({ key: 'R1', click: clickId, atMin: 1 });
    await bench.deposit({ key: 'D1', atMin: 2 });
    await bench.deposit({ key: 'D2', atMin: 3, amountMinor: 99_999n });
    await bench.settleAll();
    expect(await books()).toMatchObject({ balances: {}, lines: [], firstDeposit: 'D1' });
    expect(await line('D1')).toMatchObject({ amount_minor: 0n, reason: 'below_minimum_deposit' });
    expect(await conversion('D1')).toMatchObject({ status: 'approved' });
  });

  it('a line that pays nothing says why as of now', async () => {
    bench = await openSettlementBench(db, { minDepositMinor: 10_001n });
    const clickId = await bench.click();
    await bench.registration({ key: 'R1', click: clickId, atMin: 1 });
    await bench.deposit({ key: 'D1', atMin: 2 });
    await bench.settleAll();
    await bench.chargeback({ key: 'C1', refersTo: 'D1', atMin: 3 });
    await bench.settleAll();
    expect(await line('D1')).toMatchObject({ amount_minor: 0n, reason: 'deposit_taken_back' });
  });

  it('in another currency than the deal it waits, and is never taken one to one', async () => {
    const clickId = await bench.click();
    await bench.registration({ key: 'R1', click: clickId, atMin: 1 });
    await bench.deposit({ key: 'D1', atMin: 2, currency: 'JPY' });
    await bench.settleAll();
    expect(await conversion('D1')).toMatchObject({ status: 'pending', reason: 'currency_mismatch' });
    const after = await books();
    expect(after).toMatchObject({ balances: {}, lines: [] });
    expect(after.ltv[0]).toMatch(/^JPY 1 10000 /);
  });

  it('an earlier deposit that arrives later is the first: the commission moves and nets out', async () => {
    const clickId = await bench.click();
    await bench.registration({ key: 'R1', click: clickId, atMin: 1 });
    await bench.deposit({ key: 'D-late', atMin: 20 });
    await bench.settleAll();
    expect(await books()).toMatchObject({ balances: cpa('D-late') });
    await bench.deposit({ key: 'D-early', atMin: 10 });
    await bench.settleAll();
    expect(await books()).toMatchObject({ balances: cpa('D-early'), firstDeposit: 'D-early' });
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
    .where('j.line_id', (await line(transaction)).line_id)
    .orderBy(['j.line_revision', 'e.account'])
    .select('e.account', 'e.amount_minor');
  return rows.map((row) => [row.account.split(':')[0] ?? '', row.amount_minor.toString()]);
}

describe('binding', () => {
  it('keeps the deal version of the binding event, whatever the partner agrees later', async () => {
    const clickId = await bench.click();
    await bench.registration({ key: 'R1', click: clickId, atMin: 1 });
    await bench.settleAll();
    const given = { ...bench.tenant, partnerId: bench.partnerId, version: 2, cpaMinor: 9_900n };
    await insertDeal(db, { ...given, validFromMs: bench.startMs + 90_000 });
    await bench.deposit({ key: 'D1', atMin: 2 });
    await bench.settleAll();
    expect(await books()).toMatchObject({ balances: cpa('D1', '5000') });
    expect(await line('D1')).toMatchObject({ deal_id: uuidFromId(bench.dealId) });
    await bench.registration({ key: 'R2', player: 'P2', click: clickId, atMin: 2 });
    await bench.deposit({ key: 'D2', player: 'P2', atMin: 3 });
    await bench.settleAll();
    expect(await books('P2')).toMatchObject({ balances: cpa('D2', '9900') });
  });

  it('is provisional on a deposit, and a registration through another partner takes the player over', async () => {
    const otherPartner = await insertPartner(db, bench.tenant);
    await insertDeal(db, { ...bench.tenant, partnerId: otherPartner, cpaMinor: 7_000n });
    const first = await bench.click();
    const second = await bench.click({ atMin: 1, partnerId: otherPartner });
    await bench.deposit({ key: 'D1', click: first, atMin: 10 });
    await bench.settleAll();
    expect(await books()).toMatchObject({ balances: cpa('D1') });
    expect((await books()).binding).toMatch(/^deposit D1 t last_touch /);
    await bench.registration({ key: 'R1', click: second, atMin: 5 });
    await bench.settleAll();
    expect(await books()).toMatchObject({ balances: cpa('D1', '7000', 'EUR', otherPartner) });
    expect((await books()).binding).toMatch(/^registration R1 f last_touch /);
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
    expect(await books()).toMatchObject({ balances: cpa('D1') });
    await bench.registration({ key: 'R1', click: clickId, atMin: 5 });
    await bench.settleAll();
    expect(await books()).toMatchObject({ balances: {} });
    const reason = 'below_minimum_deposit';
    expect(await line('D1')).toMatchObject({ amount_minor: 0n, reason, deal_id: uuidFromId(bench.dealId) });
  });

  it('says why there is no click as of now, also after the named click has appeared', async () => {
    const known = await bench.click();
    const late = mintId('clk', bench.startMs - 1);
    await bench.install({ key: 'I1', player: 'P1', click: known, atMin: 9 });
    await bench.registration({ key: 'R1', click: late, atMin: 8 });
    await bench.deposit({ key: 'D1', atMin: 10 });
    await bench.settleAll();
    expect(await conversion('D1')).toMatchObject({ reason: 'unknown_click' });
    await bench.click({ clickId: late, windowMin: 7 });
    await releaseForClicks(db, [late], bench.clock.nowMs());
    await bench.settleAll();
    expect(await conversion('R1', 'registration')).toMatchObject({ reason: 'outside_click_window' });
    expect(await conversion('D1')).toMatchObject({ reason: 'outside_click_window' });
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
    expect(await books('in')).toMatchObject({ balances: cpa('D1') });
    expect(await books('out')).toMatchObject({ balances: {}, firstDeposit: 'D2' });
    expect(await conversion('D2')).toMatchObject({
      status: 'approved',
      reason: 'outside_click_window',
      click_id: null,
    });
  });
});

describe('what books nothing', () => {
  it('a test event is handled, shown nowhere and paid nowhere', async () => {
    const clickId = await bench.click();
    await bench.registration({ key: 'R1', click: clickId, atMin: 1, isTest: true });
    const { id } = await bench.deposit({ key: 'D1', click: clickId, atMin: 2, isTest: true });
    await bench.settleAll();
    const empty = { balances: {}, lines: [], conversions: [], ltv: [], firstDeposit: null, binding: null };
    expect(await books()).toEqual(empty);
    const event = await db('events').where('event_id', uuidFromId(id)).first('handled_at');
    expect(event.handled_at).toBeInstanceOf(Date);
    await bench.deposit({ key: 'D2', click: clickId, atMin: 3 });
    await bench.settleAll();
    expect(await books()).toMatchObject({ firstDeposit: 'D2', balances: cpa('D2') });
  });

  it('a quarantined event counts in nobody’s books until it is released', async () => {
    const clickId = mintId('clk', bench.startMs);
    const early = await bench.deposit({ key: 'D1', click: clickId, atMin: 1 });
    expect(early.status).toBe('quarantined');
    expect(await bench.settleAll()).toBe(0);
    await bench.lateClick(clickId);
    expect(await bench.settleAll()).toBe(1);
    expect(await books()).toMatchObject({ balances: cpa('D1') });
  });

  it('a chargeback without its deposit waits for it', async () => {
    const clickId = await bench.click();
    await bench.registration({ key: 'R1', click: clickId, atMin: 1 });
    await bench.chargeback({ key: 'C1', refersTo: 'D1', atMin: 3 });
    await bench.settleAll();
    expect((await books()).conversions).toHaveLength(1);
    await bench.deposit({ key: 'D1', atMin: 2 });
    await bench.settleAll();
    expect(await books()).toMatchObject({ balances: {}, firstDeposit: 'D1' });
    expect(await conversion('D1')).toMatchObject({ status: 'reversed', reason: 'charged_back' });
  });
});
