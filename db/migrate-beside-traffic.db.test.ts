import { Client } from 'pg';
import { createTestDb, type TestDb } from '../testing/test-db';
import { until } from '../testing/until';
import { applyMigrations, type MigrateOptions } from './migrate';
import type { MigrationNews } from './migration-news';
import { buildIndex } from './migrations/build-index';
import type { Migration, NamedMigration } from './migrations/migration';
import { readSchemaState } from './schema-state';

let testDb: TestDb;
let clients: Client[];

beforeEach(async () => {
  testDb = await createTestDb();
  clients = [];
  await testDb.db.raw(`DROP SCHEMA public CASCADE; CREATE SCHEMA public;
    CREATE TABLE things (id integer PRIMARY KEY, size integer);
    INSERT INTO things SELECT n, n % 7 FROM generate_series(1, 100) AS n`);
});
afterEach(async () => {
  await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
  await testDb.drop();
});

async function session(name: string): Promise<Client> {
  const client = new Client({ connectionString: testDb.url, application_name: name });
  client.on('error', () => undefined);
  await client.connect();
  clients.push(client);
  return client;
}

const add: Migration = { up: async (db) => void (await db.raw('ALTER TABLE things ADD COLUMN colour text')) };
const index: Migration = {
  config: { transaction: false, background: true },
  up: (db, tell) =>
    buildIndex(
      db,
      { name: 'things_size_idx', table: 'things', on: '(size)', serves: 'Things by size' },
      tell,
    ),
};

const apply = (migrations: readonly NamedMigration[], options: MigrateOptions = {}) =>
  applyMigrations(testDb.url, migrations, options);

/** What the migrator's session does now. */
async function migratorState(): Promise<{ pid: number; waits: boolean; query: string } | undefined> {
  const { rows } = await testDb.db.raw(
    `SELECT pid, wait_event_type IS NOT DISTINCT FROM 'Lock' AS waits, query FROM pg_stat_activity
     WHERE application_name = 'clickchain-migrate' AND datname = current_database()`,
  );
  return rows[0];
}
const untilItWaits = () =>
  until('the migrator to wait for a lock', async () => (await migratorState())?.waits === true);

async function kill(): Promise<void> {
  await testDb.db.raw('SELECT pg_terminate_backend(?)', [(await migratorState())?.pid ?? 0]);
}

async function indexes(): Promise<object[]> {
  const { rows } = await testDb.db.raw(
    `SELECT indexrelid::regclass::text AS name, indisvalid AS valid FROM pg_index
     WHERE indrelid IN (SELECT oid FROM pg_class WHERE starts_with(relname, 'things')) AND NOT indisprimary ORDER BY 1`,
  );
  return rows;
}

describe('a migration of a table that somebody holds', () => {
  it('gives way to who reads after it, tries again, and is applied once the holder is gone', async () => {
    const holder = await session('holder');
    await holder.query('BEGIN; SELECT FROM things');
    const news: MigrationNews[] = [];
    const migrating = apply([['100_add', add]], {
      lockTimeoutMs: 100,
      tell: (said) => news.push(said),
    });
    await untilItWaits();
    // Queues behind the waiting migration, while the holder holds on: it is let in when that one gives up.
    const reader = await session('reader');
    await reader.query(`SET statement_timeout = '20s'`);
    expect((await reader.query('SELECT count(*)::int AS n FROM things')).rows).toEqual([{ n: 100 }]);
    await until('a second attempt', async () =>
      news.some((said) => said.what === 'lock_not_had' && said.attempt === 2),
    );
    await holder.query('COMMIT');
    expect(await migrating).toEqual({ applied: ['100_add'] });
    expect(news[0]).toEqual({ what: 'begun', migration: '100_add' });
    expect(news).toContainEqual(
      expect.objectContaining({ what: 'lock_not_had', migration: '100_add', attempt: 1 }),
    );
    expect(news.at(-1)).toMatchObject({ what: 'done', migration: '100_add' });
  });

  it('takes everything back before it tries again, and is recorded with what it did', async () => {
    const holder = await session('holder');
    await holder.query('BEGIN; SELECT FROM things');
    const migrating = apply(
      [
        [
          '100_two_steps',
          {
            up: async (db) => {
              await db.raw('CREATE TABLE others (id integer)');
              await add.up(db, () => undefined);
            },
          },
        ],
      ],
      {
        lockTimeoutMs: 50,
        tell: (said) => {
          if (said.what === 'lock_not_had') void holder.query('COMMIT');
        },
      },
    );
    expect(await migrating).toEqual({ applied: ['100_two_steps'] });
    expect(await testDb.db('knex_migrations').pluck('name')).toEqual(['100_two_steps']);
  });

  it('has no limit of time, whatever the role says, and one for locks', async () => {
    const settings: unknown[] = [];
    await testDb.db.raw(
      `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET statement_timeout = %L', current_database(), '1ms'); END $$`,
    );
    await apply([
      [
        '100_ask',
        {
          up: async (db) =>
            void settings.push(
              ...(
                await db.raw(
                  `SELECT current_setting('statement_timeout') AS statement, current_setting('lock_timeout') AS lock`,
                )
              ).rows,
            ),
        },
      ],
    ]);
    expect(settings).toEqual([{ statement: '0', lock: '2s' }]);
  });
});

describe('a migration outside of a transaction', () => {
  it('builds an index while somebody writes, and waits for older transactions however long they take', async () => {
    const writer = await session('writer');
    await writer.query('BEGIN; INSERT INTO things VALUES (1000, 1)');
    const news: MigrationNews[] = [];
    const migrating = apply([['100_index', index]], {
      lockTimeoutMs: 1,
      progressEveryMs: 20,
      tell: (said) => news.push(said),
    });
    const told = await until(
      'it to say for whom it waits',
      async () =>
        news.find((said) => said.what === 'under_way' && said.progress.blockedBy.length > 0) ?? null,
    );
    expect(told).toMatchObject({
      migration: '100_index',
      progress: {
        step: 'index things_size_idx',
        statement: expect.stringContaining('CREATE INDEX CONCURRENTLY "things_size_idx"'),
        phase: expect.stringContaining('waiting for'),
        blockedBy: [expect.stringContaining('(writer, idle in transaction)')],
      },
    });
    const other = await session('other');
    await other.query('INSERT INTO things VALUES (1001, 1)');
    await writer.query('COMMIT');
    expect(await migrating).toEqual({ applied: ['100_index'] });
    expect(await indexes()).toEqual([{ name: 'things_size_idx', valid: true }]);
  });

  it('goes on after it was killed midway, and clears away what it had left', async () => {
    const writer = await session('writer');
    await writer.query('BEGIN; INSERT INTO things VALUES (1000, 1)');
    const killed = apply([['100_index', index]]).catch((error: unknown) => error);
    await untilItWaits();
    await kill();
    expect(await killed).toBeInstanceOf(Error);
    expect(await indexes()).toEqual([{ name: 'things_size_idx', valid: false }]);
    expect((await readSchemaState(testDb.db, [['100_index', index]])).background).toEqual(['100_index']);
    await writer.query('COMMIT');
    expect(await apply([['100_index', index]])).toEqual({ applied: ['100_index'] });
    expect(await indexes()).toEqual([{ name: 'things_size_idx', valid: true }]);
  });

  it('given up, is brought to its end by the server, and nobody begins the same meanwhile', async () => {
    const writer = await session('writer');
    await writer.query('BEGIN; INSERT INTO things VALUES (1000, 1)');
    const stop = new AbortController();
    const given = apply([['100_index', index]], { signal: stop.signal }).catch((error: unknown) => error);
    await untilItWaits();
    stop.abort();
    expect(await given).toBeInstanceOf(Error);
    expect(await apply([['100_index', index]], { ifBusy: 'leave' })).toEqual({ applied: [] });
    await writer.query('COMMIT');
    await until('the index to be whole', async () => JSON.stringify(await indexes()).includes('true'));
    expect(await apply([['100_index', index]])).toEqual({ applied: ['100_index'] });
  });

  it('a lost connection ends it: nothing of it runs on another one, without the lock', async () => {
    const result = apply([
      [
        '100_lost',
        {
          config: { transaction: false },
          up: async (db) => {
            await kill();
            await until('the session to be gone', async () => (await migratorState()) === undefined);
            await db.raw('CREATE TABLE without_lock (id integer)');
          },
        },
      ],
    ]);
    await expect(result).rejects.toThrow(/terminat|ended/i);
    expect(await testDb.db.schema.hasTable('without_lock')).toBe(false);
  });

  it('of a partitioned table builds each partition for itself, and can be repeated', async () => {
    await testDb.db.raw(`DROP TABLE things;
      CREATE TABLE things (id integer, size integer) PARTITION BY RANGE (id);
      CREATE TABLE things_low PARTITION OF things FOR VALUES FROM (0) TO (100);
      CREATE TABLE things_default PARTITION OF things DEFAULT;
      CREATE INDEX things_low_size_idx ON things_low (size);
      UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'things_low_size_idx'::regclass`);
    const steps: string[] = [];
    const whole: Migration = { ...index, up: (db) => index.up(db, (step) => steps.push(step)) };
    await apply([['100_index', whole]]);
    await apply([
      ['100_index', whole],
      ['101_index_again', whole],
    ]);
    expect(await indexes()).toEqual([
      { name: 'things_default_size_idx', valid: true },
      { name: 'things_low_size_idx', valid: true },
      { name: 'things_size_idx', valid: true },
    ]);
    expect(steps).toEqual([
      'index things_size_idx of things_default, 1 of 2',
      'index things_size_idx of things_low, 2 of 2',
    ]);
  });
});
