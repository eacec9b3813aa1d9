import { Client } from 'pg';
import { createTestDb, type TestDb } from '../testing/test-db';
import { createDb, type Db } from './knex';
import { migrate, pendingMigrations } from './migrate';
import { MIGRATIONS } from './migrations';

const names = MIGRATIONS.map(([name]) => name);
const nowMs = Date.now();
let testDb: TestDb;
let pools: Db[];

beforeEach(async () => {
  testDb = await createTestDb();
  pools = [];
  await testDb.db.raw('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
});
afterEach(async () => {
  await Promise.all(pools.map((pool) => pool.destroy()));
  await testDb.drop();
});

function openPool(): Db {
  const pool = createDb(testDb.url, { applicationName: 'test-migrator', poolMax: 4 });
  pools.push(pool);
  return pool;
}

function tables(): Promise<string[]> {
  return testDb.db('pg_tables').where({ schemaname: 'public' }).orderBy('tablename').pluck('tablename');
}

async function applyOnly(count: number): Promise<void> {
  await testDb.db.migrate.latest({
    migrationSource: {
      getMigrations: async () => MIGRATIONS.slice(0, count),
      getMigrationName: ([name]: (typeof MIGRATIONS)[number]) => name,
      getMigration: async ([, { up }]: (typeof MIGRATIONS)[number]) => ({ up, down: async () => undefined }),
    },
  });
}

describe('migrate', () => {
  it('of three that boot at once, one applies everything and the others find it done', async () => {
    const results = await Promise.all(
      [openPool(), openPool(), openPool()].map((pool) => migrate(pool, nowMs)),
    );
    const applied = results.map((result) => result.applied).sort((a, b) => b.length - a.length);
    expect(applied).toEqual([names, [], []]);
    expect(await pendingMigrations(testDb.db)).toEqual([]);
    const [lock] = await testDb.db('knex_migrations_lock').pluck('is_locked');
    expect(lock).toBe(0);
    expect(await tables()).toEqual(expect.arrayContaining(['clicks', 'clicks_default', 'ledger_entries']));
  });

  it('has nothing to do the second time', async () => {
    await migrate(testDb.db, nowMs);
    const before = await tables();
    expect(await migrate(testDb.db, nowMs)).toEqual({ applied: [] });
    expect(await tables()).toEqual(before);
  });

  it('goes on where a killed migrator stopped, although its lock row is still there', async () => {
    await applyOnly(3);
    await testDb.db('knex_migrations_lock').update({ is_locked: 1 });
    expect(await pendingMigrations(testDb.db)).toEqual(names.slice(3));
    expect(await migrate(openPool(), nowMs)).toEqual({ applied: names.slice(3) });
  });

  it('a migration that is cut off midway leaves nothing of itself', async () => {
    const [, , , fourth] = MIGRATIONS;
    await applyOnly(3);
    const before = await tables();
    const client = new Client({ connectionString: testDb.url });
    client.on('error', () => undefined);
    await client.connect();
    await client.query('BEGIN; CREATE TABLE players (half integer)');
    await testDb.db.raw(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE 'BEGIN; CREATE TABLE players%'`,
    );
    expect((await migrate(testDb.db, nowMs)).applied[0]).toBe(fourth?.[0]);
    expect((await tables()).length).toBeGreaterThan(before.length);
    await client.end().catch(() => undefined);
  });

  it('waits for another migrator, and takes over at once when that one is killed', async () => {
    const other = new Client({ connectionString: testDb.url, application_name: 'other-migrator' });
    other.on('error', () => undefined);
    await other.connect();
    await other.query(`SELECT pg_advisory_lock(hashtext('clickchain:migrate'))`);
    let finished = false;
    const waiting = migrate(openPool(), nowMs).then((result) => {
      finished = true;
      return result;
    });
    await testDb.db.raw('SELECT pg_sleep(0.3)');
    expect(finished).toBe(false);
    await testDb.db.raw(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'other-migrator'`,
    );
    expect(await waiting).toEqual({ applied: names });
    await other.end().catch(() => undefined);
  });
});
