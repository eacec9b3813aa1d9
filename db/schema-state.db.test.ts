import { createTestDb, type TestDb } from '../testing/test-db';
import { createDb } from './knex';
import { applyMigrations } from './migrate';
import type { Migration, MigrationConfig, NamedMigration } from './migrations/migration';
import { assertServed, readSchemaState } from './schema-state';

let testDb: TestDb;
let applied: string[];

beforeEach(async () => {
  testDb = await createTestDb();
  applied = [];
  await testDb.db.raw('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
});
afterEach(() => testDb.drop());

function migration(name: string, config?: MigrationConfig): NamedMigration {
  const up: Migration['up'] = async () => void applied.push(name);
  return [name, config === undefined ? { up } : { up, config }];
}

const OLD = [migration('001_old')];
const NEW = [
  ...OLD,
  migration('002_index', { transaction: false, background: true }),
  migration('003_column'),
  migration('004_backfill', { background: true }),
];
const BREAKING = [...NEW, migration('005_break', { breaking: true })];

describe('what a process needs before it starts', () => {
  it('goes first; the rest is applied while everything runs', async () => {
    expect((await readSchemaState(testDb.db, NEW)).needed).toEqual(['001_old', '003_column']);
    expect(await applyMigrations(testDb.url, NEW, { scope: 'before_start' })).toEqual({
      applied: ['001_old', '003_column'],
    });
    expect(await readSchemaState(testDb.db, NEW)).toEqual({
      needed: [],
      background: ['002_index', '004_backfill'],
      refusal: null,
    });
    expect(await applyMigrations(testDb.url, NEW)).toEqual({ applied: ['002_index', '004_backfill'] });
    expect(applied).toEqual(['001_old', '003_column', '002_index', '004_backfill']);
  });
});

describe('an older version', () => {
  it('works on a newer schema that still serves it', async () => {
    await applyMigrations(testDb.url, NEW);
    expect(await assertServed(testDb.db, OLD)).toBe('served');
    expect(await applyMigrations(testDb.url, OLD)).toEqual({ applied: [] });
  });

  it('refuses one that serves it no more, naming both, and does not migrate it either', async () => {
    await applyMigrations(testDb.url, BREAKING);
    const words =
      'The database is at 005_break, which no longer serves versions that do not know it; this one knows the schema up to 001_old. Start the newer version.';
    expect((await readSchemaState(testDb.db, OLD)).refusal).toBe(words);
    await expect(assertServed(testDb.db, OLD)).rejects.toThrow(words);
    await expect(applyMigrations(testDb.url, OLD)).rejects.toThrow(words);
    expect(await assertServed(testDb.db, BREAKING)).toBe('served');
  });

  it('asks again later when Postgres is away', async () => {
    const away = createDb('postgres://nobody@127.0.0.1:1/none', { applicationName: 'test', poolMax: 1 });
    expect(await assertServed(away, OLD)).toBe('unknown');
    await away.destroy();
  });

  it('reads the list of before, which told nothing of breaking', async () => {
    await testDb.db.raw(`CREATE TABLE knex_migrations (id integer, name text);
      INSERT INTO knex_migrations VALUES (1, '001_old'), (2, '009_unknown')`);
    expect(await readSchemaState(testDb.db, NEW)).toMatchObject({ needed: ['003_column'], refusal: null });
  });
});
