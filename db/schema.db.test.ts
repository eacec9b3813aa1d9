import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dumpSchema } from '../testing/schema-dump';
import { createTestDb, type TestDb } from '../testing/test-db';
import { monthPartition } from './partitions';

const path = join(__dirname, 'schema.sql');
const header = '-- The schema as the migrations leave it, for reading. Regenerate: npm run db:dump\n\n';

let testDb: TestDb;

beforeAll(async () => {
  testDb = await createTestDb();
});
afterAll(() => testDb.drop());

describe('db/schema.sql', () => {
  it('is what the migrations make', async () => {
    const schema = header + (await dumpSchema(testDb.db));
    if (process.env.UPDATE_DOCS === '1') writeFileSync(path, schema);
    expect(readFileSync(path, 'utf8')).toBe(schema);
  });

  it('says of each index which query it is there for', async () => {
    const { rows } = await testDb.db.raw<{ rows: { name: string }[] }>(
      `SELECT x.relname AS name FROM pg_index AS i
       JOIN pg_class AS x ON x.oid = i.indexrelid JOIN pg_class AS t ON t.oid = i.indrelid
       WHERE t.relnamespace = 'public'::regnamespace AND NOT t.relispartition
         AND NOT starts_with(t.relname, 'knex_migrations') AND obj_description(x.oid, 'pg_class') IS NULL
         AND NOT EXISTS (SELECT 1 FROM pg_constraint AS c WHERE c.conindid = x.oid AND c.contype IN ('p', 'u'))`,
    );
    expect(rows).toEqual([]);
  });

  it('would not go stale unnoticed: a new column, index, trigger or rule shows', async () => {
    for (const change of [
      `ALTER TABLE offers ADD COLUMN colour text NOT NULL DEFAULT 'red'`,
      'CREATE INDEX offers_colour_idx ON offers (colour)',
      `ALTER TABLE offers ADD CONSTRAINT offers_colour_check CHECK (colour <> '')`,
      'CREATE TRIGGER offers_fixed BEFORE DELETE ON offers FOR EACH ROW EXECUTE FUNCTION refuse_change()',
      'CREATE FUNCTION one() RETURNS integer LANGUAGE sql AS $$ SELECT 1 $$',
    ]) {
      const sizeBefore = (await dumpSchema(testDb.db)).length;
      await testDb.db.raw(change);
      expect((await dumpSchema(testDb.db)).length).toBeGreaterThan(sizeBefore);
    }
  });

  it('leaves out the months of clicks, which come and go by themselves', async () => {
    const before = await dumpSchema(testDb.db);
    const { name, fromUuid, toUuid } = monthPartition(Date.now(), 40);
    await testDb.db.raw(
      `CREATE TABLE ${name} PARTITION OF clicks FOR VALUES FROM ('${fromUuid}') TO ('${toUuid}')`,
    );
    expect(await dumpSchema(testDb.db)).toBe(before);
  });
});
