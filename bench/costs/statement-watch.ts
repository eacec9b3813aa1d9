import type { Db } from '../../db/knex';
import { restartUnit } from '../machine/restart-unit';
import type { MeasuredInstance } from '../section';

/**
 * Makes the instance's own Postgres count statements, and write no images of whole pages: how many of those there are
 * depends on when the last checkpoint was, and not on what is measured.
 */
export async function watchStatements(instance: MeasuredInstance, signal: AbortSignal): Promise<void> {
  const { db } = instance;
  await db.raw(`ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'`);
  await db.raw('ALTER SYSTEM SET full_page_writes = off');
  await restartUnit(instance, 'postgres', 'SIGINT', signal);
  await db.raw('CREATE EXTENSION IF NOT EXISTS pg_stat_statements');
}

export type StatementCounts = {
  /** Without the words around a transaction. */
  readonly statements: number;
  readonly reads: number;
  /** Pages of 8 KiB looked at, in memory or on disk. */
  readonly buffers: number;
};

/** What clients have sent to this database so far, without the questions of the measurement itself. */
export async function readStatements(db: Db): Promise<StatementCounts> {
  const { rows } = await db.raw<{ rows: { statements: number; reads: number; buffers: number }[] }>(
    `SELECT /* of the measurement */
       coalesce(sum(calls), 0)::float AS statements,
       coalesce(sum(calls) FILTER (WHERE query ~* '^\\s*select' AND query !~* 'for (update|share)'), 0)::float AS reads,
       coalesce(sum(shared_blks_hit + shared_blks_read), 0)::float AS buffers
     FROM pg_stat_statements
     WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
       AND query !~* '^\\s*(begin|start|commit|rollback|savepoint|release|set|listen|deallocate|discard)'
       AND query NOT LIKE '%of the measurement%'`,
  );
  return rows[0] ?? { statements: 0, reads: 0, buffers: 0 };
}
