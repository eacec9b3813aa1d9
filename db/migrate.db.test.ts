import { Client } from 'pg';
import { createTestDb, type TestDb } from '../testing/test-db';
import { until } from '../testing/until';
import { applyMigrations, type MigrateOptions, migrate } from './migrate';
import type { MigrationNews } from './migration-news';
import { MIGRATIONS } from './migrations';
import { readSchemaState } from './schema-state';

const namesOf = (isBackground: boolean): string[] =>
  MIGRATIONS.filter(([, { config }]) => (config?.background === true) === isBackground).map(([name]) => name);
/** What the processes need before they start. */
const needed = namesOf(false);
/** As they are applied: what the code lives without comes last. */
const names = [...needed, ...namesOf(true)];
const nowMs = Date.now();
let testDb: TestDb;

beforeEach(async () => {
  testDb = await createTestDb();
  await testDb.db.raw('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
});
afterEach(() => testDb.drop());

function tables(): Promise<string[]> {
  return testDb.db('pg_tables').where({ schemaname: 'public' }).orderBy('tablename').pluck('tablename');
}

const applyOnly = (count: number, options: MigrateOptions = {}) =>
  applyMigrations(testDb.url, MIGRATIONS.slice(0, count), options);

describe('migrate', () => {
  it('of three that boot at once, one applies everything and the others find it done', async () => {
    const results = await Promise.all([1, 2, 3].map(() => migrate(testDb.url, nowMs)));
    const applied = results.map((result) => result.applied).sort((a, b) => b.length - a.length);
    expect(applied).toEqual([names, [], []]);
    expect(await readSchemaState(testDb.db)).toEqual({ needed: [], background: [], refusal: null });
    expect(await tables()).toEqual(expect.arrayContaining(['clicks', 'clicks_default', 'ledger_entries']));
  });

  it('has nothing to do the second time', async () => {
    await migrate(testDb.url, nowMs);
    const before = await tables();
    expect(await migrate(testDb.url, nowMs)).toEqual({ applied: [] });
    expect(await tables()).toEqual(before);
  });

  it('goes on after what an earlier version has applied, although its killed migrator left a lock row', async () => {
    await testDb.db.migrate.latest({
      migrationSource: {
        getMigrations: async () => MIGRATIONS.slice(0, 3),
        getMigrationName: ([name]: (typeof MIGRATIONS)[number]) => name,
        getMigration: async ([, { up }]: (typeof MIGRATIONS)[number]) => ({
          up: (db) => up(db, () => undefined),
          down: async () => undefined,
        }),
      },
    });
    await testDb.db('knex_migrations_lock').update({ is_locked: 1 });
    expect((await readSchemaState(testDb.db)).needed).toEqual(needed.slice(3));
    expect(await migrate(testDb.url, nowMs)).toEqual({ applied: names.slice(3) });
  });

  it('waits for another migrator, says so, and takes over at once when that one is killed', async () => {
    const other = new Client({ connectionString: testDb.url, application_name: 'other-migrator' });
    other.on('error', () => undefined);
    await other.connect();
    await other.query(`SELECT pg_advisory_lock(hashtext('clickchain:migrate'))`);
    const news: MigrationNews[] = [];
    const waiting = applyOnly(3, { tell: (said) => news.push(said) });
    await until('the second one to say that it waits', async () => news.length > 0);
    expect(news).toEqual([{ what: 'waits_for_turn' }]);
    expect(await applyOnly(3, { ifBusy: 'leave' })).toEqual({ applied: [] });
    await testDb.db.raw(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'other-migrator'`,
    );
    expect(await waiting).toEqual({ applied: names.slice(0, 3) });
    await other.end().catch(() => undefined);
  });
});
