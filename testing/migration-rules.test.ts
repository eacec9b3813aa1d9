import { EXCUSED, isExcused, MIGRATION_RULES, refusedStatements, SMALL_TABLES } from './migration-rules';
import { readRepositoryFile, readSourceFiles } from './source-files';

const migrations = readSourceFiles().filter(({ path }) => /^db\/migrations\/\d/.test(path));

const STEPWISE = 'export const config = { transaction: false } as const;';
const BACKGROUND = 'export const config = { transaction: false, background: true } as const;';
const BREAKING = 'export const config = { breaking: true } as const;';

function rulesAgainst(sql: string, config: string): string[] {
  const text = `${config}\nexport async function up(db) { await db.raw(\`${sql}\`); }`;
  return refusedStatements({ path: 'db/migrations/024_new.ts', text }).map(({ rule }) => rule);
}

test('no migration keeps people waiting, or breaks what still runs', () => {
  expect(migrations.length).toBeGreaterThan(20);
  expect(migrations.flatMap(refusedStatements).filter((refused) => !isExcused(refused))).toEqual([]);
});

test('every excuse still excuses something', () => {
  const found = migrations.flatMap(refusedStatements);
  const idle = EXCUSED.filter(
    ({ path, rule }) => !found.some((refused) => refused.path === path && refused.rule === rule),
  );
  expect(idle).toEqual([]);
});

test('small tables exist', () => {
  const schema = readRepositoryFile('db/schema.sql');
  expect([...SMALL_TABLES].filter((table) => !schema.includes(`CREATE TABLE ${table} (`))).toEqual([]);
});

const REFUSED: readonly (readonly [rule: string, sql: string, config?: string])[] = [
  ['index', 'CREATE INDEX clicks_x_idx ON clicks (workspace_id)'],
  ['index', 'create unique index if not exists x on only\n  events (event_id)'],
  // What is put in when it runs may be any table.
  ['index', 'CREATE INDEX ?? ON ?? (x)'],
  ['index', `CREATE INDEX x ON $\{table} (x)`],
  ['index by hand', 'CREATE INDEX CONCURRENTLY IF NOT EXISTS x ON events (x)', STEPWISE],
  ['constraint', 'ALTER TABLE events ADD CONSTRAINT events_x_check CHECK (x > 0)'],
  ['constraint', 'ALTER TABLE ONLY clicks ADD FOREIGN KEY (x) REFERENCES offers'],
  ['constraint', 'ALTER TABLE inbox ADD CONSTRAINT inbox_x_key UNIQUE (x)'],
  ['validation', 'ALTER TABLE events VALIDATE CONSTRAINT events_x_check'],
  ['column with a constraint', 'ALTER TABLE clicks ADD COLUMN x text CONSTRAINT c CHECK (x <> $$$$)'],
  ['column that is computed', 'ALTER TABLE events ADD COLUMN x uuid DEFAULT gen_random_uuid()'],
  ['column that is computed', 'ALTER TABLE events ADD COLUMN x bigint GENERATED ALWAYS AS IDENTITY'],
  ['column that must be filled', 'ALTER TABLE offers ADD COLUMN x text NOT NULL'],
  ['change of type', 'ALTER TABLE ledger_entries ALTER COLUMN amount_minor TYPE numeric'],
  ['not null', 'ALTER TABLE clicks ALTER COLUMN x SET NOT NULL'],
  ['rewriting', 'VACUUM FULL offers'],
  ['rewriting', 'ALTER TABLE offers SET UNLOGGED'],
  ['backfill', 'UPDATE events SET x = 1 WHERE x IS NULL'],
  ['backfill', 'CREATE TABLE new (x integer); INSERT INTO new SELECT x FROM clicks'],
  ['backfill', 'DO $$ BEGIN UPDATE inbox SET x = 1; END $$'],
  ['step that cannot be repeated', 'ALTER TABLE offers ADD COLUMN x text', STEPWISE],
  ['step that cannot be repeated', 'CREATE TABLE x (y integer)', STEPWISE],
  ['step that cannot be repeated', 'DROP INDEX CONCURRENTLY x', STEPWISE],
  ['background that code would miss', 'ALTER TABLE offers ADD COLUMN IF NOT EXISTS x text', BACKGROUND],
  ['taking away', 'ALTER TABLE offers DROP COLUMN x'],
  ['taking away', 'DROP TABLE offers'],
  ['taking away', 'ALTER TABLE offers RENAME name TO title'],
];

test.each(REFUSED.map(([rule, sql, config = '']) => ({ rule, sql, config })))('$rule: $sql', (refused) => {
  expect(rulesAgainst(refused.sql, refused.config)).toContain(refused.rule);
});

test('every rule has an example', () => {
  const shown = new Set(REFUSED.map(([rule]) => rule));
  expect(MIGRATION_RULES.filter(({ name }) => !shown.has(name))).toEqual([]);
});

const ALLOWED: readonly (readonly [sql: string, config?: string])[] = [
  ['CREATE INDEX offers_x_idx ON offers (x)'],
  ['CREATE TABLE new (x integer CHECK (x > 0)); CREATE INDEX new_x_idx ON new (x)'],
  ['ALTER TABLE clicks ADD COLUMN x text'],
  ['ALTER TABLE clicks ADD COLUMN x integer NOT NULL DEFAULT 0'],
  ['ALTER TABLE events ADD CONSTRAINT events_x_check CHECK (x > 0) NOT VALID'],
  ['ALTER TABLE events VALIDATE CONSTRAINT events_x_check', STEPWISE],
  ['ALTER TABLE offers ALTER COLUMN x TYPE bigint, ADD CONSTRAINT offers_x_check CHECK (x > 0)'],
  ['UPDATE offers SET x = 1'],
  [
    'UPDATE events SET x = 1 WHERE event_id IN (SELECT event_id FROM events WHERE x IS NULL LIMIT 1000)',
    STEPWISE,
  ],
  ['DROP INDEX IF EXISTS clicks_x_idx', STEPWISE],
  ['DROP INDEX CONCURRENTLY IF EXISTS clicks_x_idx', STEPWISE],
  [
    'CREATE OR REPLACE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE events SET x = 1; END $$',
  ],
  ['-- CREATE INDEX would be wrong here\nCREATE TABLE new (x integer)'],
  ['ALTER TABLE offers DROP COLUMN x', BREAKING],
];

test.each(ALLOWED.map(([sql, config = '']) => ({ sql, config })))('may be: $sql', ({ sql, config }) => {
  expect(rulesAgainst(sql, config)).toEqual([]);
});

test('what was released before is left alone', () => {
  const text = 'export const up = (db) => db.raw("DROP TABLE clicks");';
  expect(refusedStatements({ path: 'db/migrations/023_old.ts', text })).toEqual([]);
});
