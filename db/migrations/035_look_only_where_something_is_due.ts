import type { Knex } from 'knex';
import { buildIndex, type NewIndex } from './build-index';
import type { TellStep } from './migration';

/** The code lives without it: the sweep walks what waits until it is there. */
export const config = { background: true } as const;

const WAITS = 'released_at IS NULL AND expired_at IS NULL';
const REPORT_WAITS = 'resolved_at IS NULL AND expired_at IS NULL';

const INDEXES: readonly NewIndex[] = [
  {
    name: 'quarantine_look_again_idx',
    table: 'quarantine',
    on: `(look_again_at) WHERE ${WAITS}`,
    serves: 'The sweep: what is to be looked at now',
  },
  {
    name: 'quarantine_desk_waiting_idx',
    table: 'quarantine',
    on: `(workspace_id, event_id) WHERE ${WAITS}`,
    serves: 'GET /v1/quarantine and new rules: what waits, oldest first',
  },
  {
    name: 'quarantine_desk_expired_idx',
    table: 'quarantine',
    on: '(workspace_id, event_id) WHERE released_at IS NULL AND expired_at IS NOT NULL',
    serves: 'GET /v1/quarantine: what has expired, oldest first',
  },
  {
    name: 'unmapped_reports_received_idx',
    table: 'unmapped_reports',
    on: `(received_at) WHERE ${REPORT_WAITS}`,
    serves: 'The sweep: reports whose waiting ends',
  },
  {
    name: 'unmapped_reports_desk_waiting_idx',
    table: 'unmapped_reports',
    on: `(workspace_id, report_id) WHERE ${REPORT_WAITS}`,
    serves: 'GET /v1/quarantine and its words: reports that wait, oldest first',
  },
  {
    name: 'unmapped_reports_desk_expired_idx',
    table: 'unmapped_reports',
    on: '(workspace_id, report_id) WHERE resolved_at IS NULL AND expired_at IS NOT NULL',
    serves: 'GET /v1/quarantine: reports that have expired, oldest first',
  },
];

/** Those whose place the indexes above take. */
const SUPERSEDED = ['quarantine_rules_due_idx', 'quarantine_waiting_idx', 'unmapped_reports_waiting_idx'];

const BATCH_ROWS = 5_000;

export async function up(db: Knex, tell: TellStep): Promise<void> {
  for (const index of INDEXES) await buildIndex(db, index, tell);
  for (const name of SUPERSEDED) await db.raw(`DROP INDEX CONCURRENTLY IF EXISTS ${name}`);
  tell('putting aside the events that wait');
  await leaveWaitingToTheirRelease(db);
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
