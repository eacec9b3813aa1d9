import { createTestDb, type TestDb } from '../testing/test-db';
import { up } from './migrations/033_find_held_and_overdue_postbacks';

let testDb: TestDb;
beforeAll(async () => {
  testDb = await createTestDb();
});
afterAll(() => testDb.drop());

test('the indexes of postbacks may be broken off anywhere, and are made whole when it is repeated', async () => {
  const { db } = testDb;
  const indexes = async () => {
    const { rows } = await db.raw<{ rows: { name: string; is_valid: boolean }[] }>(
      `SELECT indexrelid::regclass::text AS name, indisvalid AS is_valid FROM pg_index
       WHERE indrelid IN ('postbacks'::regclass, 'postback_attempts'::regclass, 'outbox'::regclass) ORDER BY 1`,
    );
    return rows;
  };
  const whole = await indexes();
  expect(whole.every(({ is_valid }) => is_valid)).toBe(true);
  // As CREATE INDEX CONCURRENTLY leaves it when its connection is lost.
  await db.raw(`UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'postbacks_held_idx'::regclass`);
  await up(db, () => undefined);
  expect(await indexes()).toEqual(whole);
});
