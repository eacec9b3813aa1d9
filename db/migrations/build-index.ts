import type { Knex } from 'knex';
import type { TellStep } from './migration';

export type NewIndex = {
  readonly name: string;
  readonly table: string;
  /** What follows the table's name: method, columns, predicate. */
  readonly on: string;
  readonly isUnique?: boolean;
  /** Which query it is there for. */
  readonly serves: string;
};

/**
 * Builds an index on a table that is large already, while everybody reads and writes it; repeatable. For a migration
 * outside of a transaction. Of a partitioned table each partition gets its own first, and the parent takes them over.
 */
export async function buildIndex(db: Knex, index: NewIndex, tell: TellStep): Promise<void> {
  const partitions = await partitionsOf(db, index.table);
  if (partitions === null) {
    tell(`index ${index.name}`);
    await buildConcurrently(db, index, index.table, index.name);
  } else if (!(await isValid(db, index.name))) {
    for (const [at, partition] of partitions.entries()) {
      tell(`index ${index.name} of ${partition}, ${at + 1} of ${partitions.length}`);
      await buildConcurrently(db, index, partition, nameOn(partition, index));
    }
    // Takes over what was built, and builds that of a partition which has appeared meanwhile, and is empty.
    await db.raw(`CREATE ${kind(index)} IF NOT EXISTS ?? ON ?? ${index.on}`, [index.name, index.table]);
  }
  await db.raw(`COMMENT ON INDEX ?? IS '${index.serves.replaceAll("'", "''")}'`, [index.name]);
}

/** Without a bound on its waiting: nobody waits behind it, and giving up would throw away hours of work. */
async function buildConcurrently(db: Knex, index: NewIndex, table: string, name: string): Promise<void> {
  if (await isValid(db, name)) return;
  await withoutLockTimeout(db, async () => {
    // What an interrupted build has left is written by every insert, and read by nobody.
    await db.raw('DROP INDEX CONCURRENTLY IF EXISTS ??', [name]);
    // A partition whose time was over may have gone since it was listed.
    if (!(await exists(db, table))) return;
    await db.raw(`CREATE ${kind(index)} CONCURRENTLY ?? ON ?? ${index.on}`, [name, table]);
  });
}

async function withoutLockTimeout(db: Knex, work: () => Promise<void>): Promise<void> {
  const { rows } = await db.raw<{ rows: { bound: string }[] }>(
    `SELECT current_setting('lock_timeout') AS bound, set_config('lock_timeout', '0', false)`,
  );
  try {
    await work();
  } finally {
    // When this fails too, the session has ended, and its settings with it.
    await db
      .raw(`SELECT set_config('lock_timeout', ?, false)`, [rows[0]?.bound ?? '2s'])
      .catch(() => undefined);
  }
}

function kind({ isUnique }: NewIndex): string {
  return isUnique === true ? 'UNIQUE INDEX' : 'INDEX';
}

/** Of one partition; names have at most 63 bytes, and the partition's says more than the rest. */
function nameOn(partition: string, { name, table }: NewIndex): string {
  return `${partition}${name.startsWith(table) ? name.slice(table.length) : `_${name}`}`.slice(0, 63);
}

/** Null when the table is not partitioned. */
async function partitionsOf(db: Knex, table: string): Promise<string[] | null> {
  const { rows } = await db.raw<{ rows: { kind: string; partitions: string[] }[] }>(
    `SELECT t.relkind AS kind, ARRAY(
       SELECT c.relname::text FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
       WHERE i.inhparent = t.oid ORDER BY 1) AS partitions
     FROM pg_class AS t WHERE t.oid = CAST(? AS regclass)`,
    [table],
  );
  const row = rows[0];
  return row === undefined || row.kind !== 'p' ? null : row.partitions;
}

async function isValid(db: Knex, name: string): Promise<boolean> {
  const { rows } = await db.raw<{ rows: unknown[] }>(
    'SELECT 1 FROM pg_index WHERE indexrelid = to_regclass(?) AND indisvalid',
    [name],
  );
  return rows.length > 0;
}

async function exists(db: Knex, table: string): Promise<boolean> {
  const { rows } = await db.raw<{ rows: unknown[] }>('SELECT 1 WHERE to_regclass(?) IS NOT NULL', [table]);
  return rows.length > 0;
}
