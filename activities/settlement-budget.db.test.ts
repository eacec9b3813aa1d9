import type { Db } from '../db/knex';
import type { EventId } from '../domain/ids';
import { insertDestination } from '../testing/builders/insert-postback';
import { openSettlementBench, type SettlementBench } from '../testing/settlement-bench';
import { createTestDb, type TestDb } from '../testing/test-db';

/**
 * Statements per event, BEGIN and COMMIT included. A settlement holds its player's lock while they run, so their
 * number bounds how many events of one player, and how many events in all, can be settled in a second.
 */
const BUDGETS = { assess: 4, firstDeposit: 26, laterDeposit: 21, again: 15 };

let testDb: TestDb;
let db: Db;
let bench: SettlementBench;

beforeAll(async () => {
  testDb = await createTestDb();
  db = testDb.db;
  bench = await openSettlementBench(db);
});
afterAll(() => testDb.drop());

async function statementsOf(work: () => Promise<unknown>): Promise<string[]> {
  const statements: string[] = [];
  const note = ({ sql }: { sql: string }): void => {
    statements.push(sql.replace(/\s+/g, ' ').slice(0, 100));
  };
  db.on('query', note);
  await work();
  db.removeListener('query', note);
  return statements;
}

const assess = (eventId: EventId) => statementsOf(() => bench.assess(eventId));
const settle = (eventId: EventId) => statementsOf(() => bench.settleAssessed(eventId));

// The lists of what is over the budget show in a failure.
describe('statements of a settlement', () => {
  it('stay within the budget', async () => {
    await insertDestination(db, { ...bench.tenant, partnerId: bench.partnerId, events: ['first_deposit'] });
    const clickId = await bench.click();
    await bench.settle((await bench.registration({ key: 'R1', click: clickId, atMin: 1 })).id);
    const first = await bench.deposit({ key: 'D1', click: clickId, atMin: 2 });
    const assessing = await assess(first.id);
    const settling = await settle(first.id);
    const again = await settle(first.id);
    const later = await bench.deposit({ key: 'D2', atMin: 3 });
    await assess(later.id);
    const settlingLater = await settle(later.id);
    expect(await db('postbacks').pluck('event_kind')).toEqual(['first_deposit']);
    expect(assessing.slice(BUDGETS.assess)).toEqual([]);
    expect(settling.slice(BUDGETS.firstDeposit)).toEqual([]);
    expect(settlingLater.slice(BUDGETS.laterDeposit)).toEqual([]);
    expect(again.slice(BUDGETS.again)).toEqual([]);
  });
});
