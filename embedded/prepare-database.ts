import { createDb } from '../db/knex';
import { migrate } from '../db/migrate';
import { seedInstance } from '../db/seed-instance';

export interface PreparedDatabase {
  readonly applied: readonly string[];
  readonly workspaceId: string;
  /** Null when the workspace had a key already and none was asked for. */
  readonly adminKey: string | null;
}

/** Migrates the database and makes sure that there is a first workspace with an admin key. */
export async function prepareDatabase(
  databaseUrl: string,
  adminKey: string | null,
): Promise<PreparedDatabase> {
  const db = createDb(databaseUrl, { poolMax: 4, applicationName: 'clickchain-start' });
  try {
    const { applied } = await migrate(db, Date.now());
    const seeded = await seedInstance(db, { adminKey, nowMs: Date.now() });
    return { applied, workspaceId: seeded.workspaceId, adminKey: seeded.adminKey };
  } finally {
    await db.destroy();
  }
}
