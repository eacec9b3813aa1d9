import type { Knex } from 'knex';
import { withAdvisoryLock } from './advisory-lock';
import type { Db } from './knex';
import { MIGRATIONS } from './migrations';
import { ensurePartitions } from './partitions';

const migrationSource: Knex.MigrationSource<(typeof MIGRATIONS)[number]> = {
  getMigrations: async () => [...MIGRATIONS],
  getMigrationName: ([name]) => name,
  getMigration: async ([, { up, config }]) => ({ up, down: noWayBack, config }),
};

async function noWayBack(): Promise<void> {
  throw new Error('migrations only go forward: write the next one');
}

/**
 * Brings the schema up to date and makes the coming months' partitions. Safe when several processes boot at
 * once: one applies, the others wait and find nothing to do. A process killed midway leaves nothing locked.
 */
export async function migrate(db: Db, nowMs: number): Promise<{ applied: string[] }> {
  return withAdvisoryLock(db, 'migrate', async () => {
    // Under our own lock no other migrator can be alive, so a lock row that remains is a dead one's.
    await db.migrate.forceFreeMigrationsLock({ migrationSource });
    const [, applied] = (await db.migrate.latest({ migrationSource })) as [number, string[]];
    await ensurePartitions(db, nowMs);
    return { applied };
  });
}

/** Names of migrations that the code knows and the database lacks; the instance is not ready while there are any. */
export async function pendingMigrations(db: Db): Promise<string[]> {
  const { rows } = await db.raw<{ rows: { name: string }[] }>('SELECT name FROM knex_migrations');
  const done = new Set(rows.map((row) => row.name));
  return MIGRATIONS.map(([name]) => name).filter((name) => !done.has(name));
}
