import { pino } from 'pino';
import { MIGRATIONS } from '../db/migrations';
import type { NamedMigration } from '../db/migrations/migration';
import { readSchemaState } from '../db/schema-state';
import { createTestDb, type TestDb } from '../testing/test-db';
import { until } from '../testing/until';
import { runBackgroundMigrations, watchSchema } from './schema-watch';

const logger = pino({ level: 'silent' });
let testDb: TestDb;
let stop: AbortController;

beforeEach(async () => {
  testDb = await createTestDb();
  stop = new AbortController();
});
afterEach(() => testDb.drop());

const LATER: NamedMigration = [
  '900_later',
  {
    config: { transaction: false, background: true },
    up: async (db) => void (await db.raw('CREATE TABLE IF NOT EXISTS made_later (id integer)')),
  },
];
const NEEDED: NamedMigration = ['901_needed', { up: () => Promise.resolve() }];

const run = (migrations: readonly NamedMigration[]) =>
  runBackgroundMigrations({ db: testDb.db, databaseUrl: testDb.url, logger, migrations }, stop.signal);

describe('a worker', () => {
  it('applies what is to be done while everything runs, one process of several', async () => {
    const migrations = [...MIGRATIONS, LATER];
    const running = [run(migrations), run(migrations)];
    await until('the migration to be applied', async () => {
      const { background } = await readSchemaState(testDb.db, migrations);
      return background.length === 0;
    });
    stop.abort();
    await Promise.all(running);
    expect(await testDb.db('knex_migrations').where({ name: '900_later' })).toHaveLength(1);
    expect(await testDb.db.schema.hasTable('made_later')).toBe(true);
  });

  it('has nothing to do, and ends, when nothing is left', async () => {
    await expect(run(MIGRATIONS)).resolves.toBeUndefined();
  });

  it('leaves what is needed before a start to whoever waits for it', async () => {
    const looked = new Promise<void>((resolve) => {
      testDb.db.once('query-response', () => resolve());
    });
    const running = run([...MIGRATIONS, LATER, NEEDED]);
    await looked;
    stop.abort();
    await running;
    expect(await testDb.db('knex_migrations').where('name', '>', '900')).toEqual([]);
  });

  it('ends when the schema becomes one of a newer version that does not serve it', async () => {
    await testDb.db('knex_migrations').insert({ name: '998_newer', breaking: false });
    const looked = new Promise<void>((resolve) => {
      testDb.db.once('query-response', () => resolve());
    });
    const watching = watchSchema({ db: testDb.db, logger }, stop.signal);
    await looked;
    stop.abort();
    await watching;
    await testDb.db('knex_migrations').insert({ name: '999_breaking', breaking: true });
    await expect(watchSchema({ db: testDb.db, logger }, new AbortController().signal)).rejects.toThrow(
      '999_breaking, which no longer serves',
    );
  });
});
