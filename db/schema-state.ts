import type { Db } from './knex';
import { MIGRATIONS } from './migrations';
import type { NamedMigration } from './migrations/migration';
import { classifyDbError } from './pg-errors';

/** How the database stands to the code that asks. Migrations are told by name, in the order they apply. */
export type SchemaState = {
  /** The code needs them and the database lacks them: nothing works for certain. */
  readonly needed: readonly string[];
  /** The code lives without them, and they are applied while it runs. */
  readonly background: readonly string[];
  /** Said of a database that a newer version has changed so that this one must not work on it; null for any other. */
  readonly refusal: string | null;
};

type AppliedRow = { readonly name: string; readonly breaking: boolean };

/** A database that was never migrated lacks everything. */
export async function readSchemaState(
  db: Db,
  known: readonly NamedMigration[] = MIGRATIONS,
): Promise<SchemaState> {
  const applied = await readApplied(db);
  const names = new Set(applied.map(({ name }) => name));
  const missing = known.filter(([name]) => !names.has(name));
  return {
    needed: missing.filter(([, { config }]) => config?.background !== true).map(([name]) => name),
    background: missing.filter(([, { config }]) => config?.background === true).map(([name]) => name),
    refusal: refusalOf(applied, known),
  };
}

/**
 * Throws when a newer version has made the schema its own: what this one writes, that one does not expect. `unknown`
 * while Postgres is away.
 */
export async function assertServed(
  db: Db,
  known: readonly NamedMigration[] = MIGRATIONS,
): Promise<'served' | 'unknown'> {
  const state = await readSchemaState(db, known).catch((error: unknown) => {
    if (classifyDbError(error) !== 'this_row') return null;
    throw error;
  });
  if (state === null) return 'unknown';
  if (state.refusal !== null) throw new Error(state.refusal);
  return 'served';
}

async function readApplied(db: Db): Promise<AppliedRow[]> {
  const { rows: tables } = await db.raw<{ rows: unknown[] }>(
    `SELECT 1 WHERE to_regclass('knex_migrations') IS NOT NULL`,
  );
  if (tables.length === 0) return [];
  // By way of JSON, because earlier versions made the table without the column.
  const { rows } = await db.raw<{ rows: AppliedRow[] }>(
    `SELECT m.name, coalesce((to_jsonb(m) ->> 'breaking')::boolean, false) AS breaking
     FROM knex_migrations AS m ORDER BY m.name`,
  );
  return rows;
}

function refusalOf(applied: readonly AppliedRow[], known: readonly NamedMigration[]): string | null {
  const knows = new Set(known.map(([name]) => name));
  const newer = applied.findLast(({ name, breaking }) => breaking && !knows.has(name));
  if (newer === undefined) return null;
  const last = known.at(-1)?.[0] ?? 'none';
  return `The database is at ${newer.name}, which no longer serves versions that do not know it; this one knows the schema up to ${last}. Start the newer version.`;
}
