import type { Db } from '../../db/knex';
import { insertWorkspace } from '../../testing/builders/insert-workspace';
import { newEvent } from '../../testing/builders/new-event';
import { createTestDb, type TestDb } from '../../testing/test-db';
import { createEventIntake } from './event-intake';

let testDb: TestDb;
let db: Db;

beforeAll(async () => {
  testDb = await createTestDb();
  db = testDb.db;
});
afterAll(() => testDb.drop());

/** Events that came in the same moment, and so in one batch; the word of each answer, or its code. */
async function takeTogether(names: readonly string[]): Promise<string[]> {
  const sender = await insertWorkspace(db);
  const intake = createEventIntake(db, { nowMs: () => Date.now() });
  const answers = await Promise.allSettled(
    names.map((senderEventId) => intake(newEvent(sender, { senderEventId }))),
  );
  return answers.map((answer) =>
    answer.status === 'fulfilled' ? answer.value.status : String((answer.reason as { code?: unknown }).code),
  );
}

/** From now on Postgres refuses receipts on these terms. */
async function refuseReceipts(when: string, sqlState: string): Promise<void> {
  await db.raw(`CREATE FUNCTION refuse_receipt() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = '${sqlState}'; END $$`);
  await db.raw(`CREATE TRIGGER refusing BEFORE INSERT ON inbox FOR EACH ROW
    WHEN (${when}) EXECUTE FUNCTION refuse_receipt()`);
}

afterEach(async () => {
  await db.raw('DROP TRIGGER refusing ON inbox');
  await db.raw('DROP FUNCTION refuse_receipt');
});

const NAMES = Array.from({ length: 64 }, (_, n) => `E${n}`);

it('a batch that Postgres gives up for another’s sake is taken all the same, as a whole', async () => {
  await db.raw('CREATE SEQUENCE refusals');
  await refuseReceipts(`nextval('refusals') = 1`, '40P01');
  let transactions = 0;
  const count = ({ sql }: { sql: string }) => {
    transactions += sql.startsWith('BEGIN') ? 1 : 0;
  };
  db.on('query', count);
  expect(new Set(await takeTogether(NAMES))).toEqual(new Set(['quarantined']));
  db.removeListener('query', count);
  expect(transactions).toBe(2);
});

it('a row that cannot be stored is refused alone', async () => {
  await refuseReceipts(`NEW.event_key LIKE '%:E7:%'`, '22003');
  const answers = await takeTogether(NAMES.slice(0, 10));
  expect(answers.filter((word) => word === 'quarantined')).toHaveLength(9);
  expect(answers[7]).toBe('22003');
});
