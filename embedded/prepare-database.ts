import { createDb } from '../db/knex';
import { migrate } from '../db/migrate';
import { newsLine } from '../db/migration-news';
import { seedInstance } from '../db/seed-instance';

export interface PreparedDatabase {
  readonly applied: readonly string[];
  readonly workspaceId: string;
  /** Null when the workspace had a key already and none was asked for. */
  readonly adminKey: string | null;
}

/**
 * Applies what the processes need before they start, and makes sure that there is a first workspace with an admin key.
 * A worker does the rest of the migrations while the instance runs.
 */
export async function prepareDatabase(
  databaseUrl: string,
  adminKey: string | null,
  update: (detail: string) => void = () => undefined,
): Promise<PreparedDatabase> {
  const { applied } = await migrate(databaseUrl, Date.now(), {
    scope: 'before_start',
    tell: (news) => update(newsLine(news)),
  });
  const db = createDb(databaseUrl, { poolMax: 1, applicationName: 'clickchain-start' });
  try {
    const seeded = await seedInstance(db, { adminKey, nowMs: Date.now() });
    return { applied, workspaceId: seeded.workspaceId, adminKey: seeded.adminKey };
  } finally {
    await db.destroy();
  }
}
