import { type OutboxRowId, uuidFromId, type WorkspaceId } from '../../domain/ids';
import type { Db } from '../knex';
import type { Page, PageRequest } from '../page';
import { cutPage } from '../read-models/cut-page';
import {
  OUTBOX_CHANNEL,
  type OutboxKind,
  type OutboxSubject,
  outboxNumber,
  outboxRowId,
  subjectOf,
} from './outbox-store';

/** A row that was tried too often and waits for a person. */
export type ParkedRow = {
  readonly outboxId: OutboxRowId;
  readonly kind: OutboxKind;
  /** The event, postback, click, or the player of a timer, that Temporal was to be told of. */
  readonly subject: OutboxSubject;
  readonly attempts: number;
  readonly error: string;
  readonly parkedAtMs: number;
};

type Row = {
  outbox_id: bigint;
  kind: OutboxKind;
  ref_id: string;
  attempts: number;
  last_error: string;
  parked_at: Date;
};

function toParkedRow(row: Row): ParkedRow {
  return {
    outboxId: outboxRowId(row.outbox_id),
    kind: row.kind,
    subject: subjectOf({ kind: row.kind, refUuid: row.ref_id }),
    attempts: row.attempts,
    error: row.last_error,
    parkedAtMs: row.parked_at.getTime(),
  };
}

/** Parked rows of a workspace, in the order in which they were queued. */
export async function listParkedRows(
  db: Db,
  workspaceId: WorkspaceId,
  page: PageRequest,
): Promise<Page<ParkedRow>> {
  const after = page.afterUuid === null ? 0n : outboxNumber(page.afterUuid);
  const { rows } = await db.raw<{ rows: Row[] }>(
    `SELECT outbox_id, kind, ref_id, attempts, last_error, parked_at FROM outbox
     WHERE workspace_id = ? AND parked_at IS NOT NULL AND outbox_id > ? ORDER BY outbox_id LIMIT ?`,
    [uuidFromId(workspaceId), after.toString(), page.limit + 1],
  );
  return cutPage(rows, page, (row) => uuidFromId(outboxRowId(row.outbox_id)), toParkedRow);
}

/**
 * Puts a parked row back into the line, as if it had never been tried. Gives what it was; null when the workspace has no
 * such row, or it is not parked. Of two calls at once the first wins.
 */
export async function retryParkedRow(
  trx: Db,
  workspaceId: WorkspaceId,
  outboxId: OutboxRowId,
  nowMs: number,
): Promise<ParkedRow | null> {
  const { rows } = await trx.raw<{ rows: Row[] }>(
    `UPDATE outbox AS o SET parked_at = NULL, attempts = 0, last_error = NULL, available_at = ?
     FROM (
       SELECT lane, outbox_id, kind, ref_id, attempts, last_error, parked_at FROM outbox
       WHERE workspace_id = ? AND outbox_id = ? AND parked_at IS NOT NULL FOR UPDATE
     ) AS parked
     WHERE o.lane = parked.lane AND o.outbox_id = parked.outbox_id
     RETURNING parked.*`,
    [new Date(nowMs), uuidFromId(workspaceId), outboxNumber(uuidFromId(outboxId)).toString()],
  );
  if (rows[0] === undefined) return null;
  await trx.raw(`SELECT pg_notify(?, '')`, [OUTBOX_CHANNEL]);
  return toParkedRow(rows[0]);
}
