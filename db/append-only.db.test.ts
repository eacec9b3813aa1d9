import { randomUUID } from 'node:crypto';
import { uuidFromId } from '../domain/ids';
import { type ChainFixture, insertChain } from '../testing/builders/insert-chain';
import { insertPayout } from '../testing/builders/insert-payout';
import { insertValueRows } from '../testing/builders/insert-value-rows';
import { insertWorkspace, type WorkspaceFixture } from '../testing/builders/insert-workspace';
import { createTestDb, type TestDb } from '../testing/test-db';
import type { Db } from './knex';

let testDb: TestDb;
let db: Db;
let tenant: WorkspaceFixture;
let chain: ChainFixture;
/** The chain's own journal has revision 1. */
let revision = 1;

beforeAll(async () => {
  testDb = await createTestDb();
  db = testDb.db;
  tenant = await insertWorkspace(db);
  chain = await insertChain(db, tenant, { clickedAtMs: Date.now() });
  await insertValueRows(db, uuidFromId(tenant.workspaceId));
  await insertPayout(db, { ...tenant, ...chain });
});
afterAll(() => testDb.drop());

const APPEND_ONLY = [
  ['ledger_entries', 'amount_minor = amount_minor + 1'],
  ['ledger_journals', `reason = 'better'`],
  ['payouts', 'amount_minor = amount_minor + 1'],
  ['payout_lines', 'amount_minor = amount_minor + 1'],
  ['verdicts', `outcome = 'allow'`],
  ['deals', 'cpa_minor = cpa_minor * 2'],
  ['campaign_versions', `status = 'paused'`],
  ['audit', `actor = 'nobody'`],
  ['costs', 'amount_minor = 0'],
  ['fx_rates', 'rate = 2'],
  ['segment_rule_sets', `rules = '[]'`],
] as const;

describe.each(APPEND_ONLY)('%s', (table, change) => {
  const refused = { code: '23001', message: expect.stringContaining(`${table} is append-only`) };
  const rowsOf = () => db(table).select();

  it('cannot be changed, deleted from or emptied', async () => {
    const before = await rowsOf();
    expect(before.length).toBeGreaterThan(0);
    await expect(db.raw(`UPDATE ${table} SET ${change}`)).rejects.toMatchObject(refused);
    await expect(db.raw(`DELETE FROM ${table}`)).rejects.toMatchObject(refused);
    await expect(db.raw(`TRUNCATE ${table} CASCADE`)).rejects.toMatchObject({ code: '23001' });
    expect(await rowsOf()).toEqual(before);
  });
});

it('nothing append-only can be emptied through a table that it refers to', async () => {
  await expect(db.raw('TRUNCATE workspaces CASCADE')).rejects.toMatchObject({ code: '23001' });
});

type Entry = { account: string; amount: number; currency: string };

/** Writes a journal with the entries, in one transaction; its rules are held against it at commit. */
async function post(entries: readonly Entry[], journalId = randomUUID()): Promise<void> {
  await db.transaction(async (trx) => {
    revision += 1;
    await trx('ledger_journals').insert({
      journal_id: journalId,
      workspace_id: uuidFromId(tenant.workspaceId),
      line_id: uuidFromId(chain.lineId),
      line_revision: revision,
      reason: 'test',
      caused_by_event_id: uuidFromId(chain.depositEventId),
      posted_at: new Date(),
    });
    await addEntries(trx, journalId, entries);
  });
}

async function addEntries(trx: Db, journalId: string, entries: readonly Entry[]): Promise<void> {
  for (const { account, amount, currency } of entries) {
    await trx('ledger_entries').insert({
      ...{ journal_id: journalId, workspace_id: uuidFromId(tenant.workspaceId), account, currency },
      amount_minor: amount,
    });
  }
}

const entry = (account: string, amount: number, currency = 'EUR'): Entry => ({ account, amount, currency });
const unbalanced = { code: '23514', constraint: 'ledger_zero_sum_check' };

describe('a journal', () => {
  it('is taken when it sums to zero per currency', async () => {
    const before = await db('ledger_journals').select();
    await post([entry('a', 5), entry('b', -5)]);
    await post([entry('a', 5), entry('b', -2), entry('c', -3), entry('a', 7, 'JPY'), entry('b', -7, 'JPY')]);
    expect(await db('ledger_journals').select()).toHaveLength(before.length + 2);
  });

  it.each([
    ['does not sum to zero', [entry('a', 5), entry('b', -4)]],
    ['has one side only', [entry('a', 5)]],
    ['sums to zero across currencies only', [entry('a', 5, 'EUR'), entry('b', -5, 'USD')]],
    ['has no entries', []],
  ])('is refused at commit when it %s', async (_what, entries) => {
    const before = await db('ledger_journals').select();
    await expect(post(entries)).rejects.toMatchObject(unbalanced);
    expect(await db('ledger_journals').select()).toEqual(before);
  });

  it('may be out of balance in between, while its entries are written one by one', async () => {
    await expect(post([entry('a', 1), entry('b', 1), entry('c', -2)])).resolves.toBeUndefined();
  });

  it('cannot be brought out of balance later', async () => {
    const journalId = randomUUID();
    await post([entry('a', 5), entry('b', -5)], journalId);
    await expect(db.transaction((trx) => addEntries(trx, journalId, [entry('c', 5)]))).rejects.toMatchObject(
      unbalanced,
    );
  });
});

describe('a payout', () => {
  const missed = { code: '23514', constraint: 'payouts_sum_check' };

  it('is refused when its lines do not add up to it, or are missing', async () => {
    const before = await db('payouts').select();
    const pay = (changes: object) =>
      insertPayout(db, { ...tenant, ...chain, reference: 'other', ...changes });
    await expect(pay({ lineMinor: 4_999n })).rejects.toMatchObject(missed);
    await expect(pay({ lineMinor: null })).rejects.toMatchObject(missed);
    expect(await db('payouts').select()).toEqual(before);
  });

  it('cannot get another line later', async () => {
    const other = await insertChain(db, tenant, { clickedAtMs: Date.now(), externalId: 'another' });
    const [paid] = await db('payout_lines').select();
    const line = { ...paid, line_id: uuidFromId(other.lineId) };
    await expect(db('payout_lines').insert(line)).rejects.toMatchObject(missed);
  });
});
