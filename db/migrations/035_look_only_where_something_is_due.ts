import type { Knex } from 'knex';

/** Long work on tables that may be large: every statement commits by itself and may be repeated. */
export const config = { transaction: false } as const;

const WAITS = 'released_at IS NULL AND expired_at IS NULL';
const REPORT_WAITS = 'resolved_at IS NULL AND expired_at IS NULL';

const INDEXES: readonly (readonly [name: string, on: string, query: string])[] = [
  [
    'quarantine_look_again_idx',
    `quarantine (look_again_at) WHERE ${WAITS}`,
    'The sweep: what is to be looked at now',
  ],
  [
    'quarantine_desk_waiting_idx',
    `quarantine (workspace_id, event_id) WHERE ${WAITS}`,
    'GET /v1/quarantine and new rules: what waits, oldest first',
  ],
  [
    'quarantine_desk_expired_idx',
    'quarantine (workspace_id, event_id) WHERE released_at IS NULL AND expired_at IS NOT NULL',
    'GET /v1/quarantine: what has expired, oldest first',
  ],
  [
    'unmapped_reports_received_idx',
    `unmapped_reports (received_at) WHERE ${REPORT_WAITS}`,
    'The sweep: reports whose waiting ends',
  ],
  [
    'unmapped_reports_desk_waiting_idx',
    `unmapped_reports (workspace_id, report_id) WHERE ${REPORT_WAITS}`,
    'GET /v1/quarantine and its words: reports that wait, oldest first',
  ],
  [
    'unmapped_reports_desk_expired_idx',
    'unmapped_reports (workspace_id, report_id) WHERE resolved_at IS NULL AND expired_at IS NOT NULL',
    'GET /v1/quarantine: reports that have expired, oldest first',
  ],
];

/** Those whose place the indexes above take. */
const SUPERSEDED = ['quarantine_rules_due_idx', 'quarantine_waiting_idx', 'unmapped_reports_waiting_idx'];

const BATCH_ROWS = 5_000;

export async function up(db: Knex): Promise<void> {
  for (const [name, on, query] of INDEXES) {
    await dropInvalid(db, name);
    await db.raw(`CREATE INDEX CONCURRENTLY IF NOT EXISTS ${name} ON ${on}`);
    await db.raw(`COMMENT ON INDEX ${name} IS '${query}'`);
  }
  for (const name of SUPERSEDED) await db.raw(`DROP INDEX CONCURRENTLY IF EXISTS ${name}`);
  await leaveWaitingToTheirRelease(db);
}

/** What an attempt that was broken off has left behind is no index. */
async function dropInvalid(db: Knex, name: string): Promise<void> {
  const { rows } = await db.raw<{ rows: unknown[] }>(
    'SELECT FROM pg_index WHERE indexrelid = to_regclass(?) AND NOT indisvalid',
    [name],
  );
  if (rows.length > 0) await db.raw(`DROP INDEX CONCURRENTLY ${name}`);
}

/**
 * An event that waits is not to be swept before it is let go: so it leaves the sweep's index, and its release puts it
 * back. What somebody holds just now is passed over; the sweep itself does the same to what it meets.
 */
async function leaveWaitingToTheirRelease(db: Knex): Promise<void> {
  for (;;) {
    const { rowCount } = await db.raw<{ rowCount: number }>(
      `UPDATE events AS e SET sweep_after = 'infinity'
       FROM (
         SELECT u.event_id FROM events AS u JOIN quarantine AS q ON q.event_id = u.event_id
         WHERE u.handled_at IS NULL AND u.sweep_after < 'infinity' AND q.released_at IS NULL
         LIMIT ? FOR UPDATE OF u SKIP LOCKED FOR SHARE OF q SKIP LOCKED
       ) AS waiting
       WHERE e.event_id = waiting.event_id`,
      [BATCH_ROWS],
    );
    if (rowCount < BATCH_ROWS) return;
  }
}
