import { type DestinationId, type PostbackId, uuidFromId, type WorkspaceId } from '../../domain/ids';
import { ladderStep } from '../../domain/postback/failure-ladder';
import type { Db } from '../knex';
import { recordAudit } from './audit-store';

/** Why a destination was disabled: it said that it is gone, or nothing has succeeded for too long. */
type DisabledReason = 'gone' | 'consecutive_failures';

/** What a failure did to its destination; whoever is told logs it. */
export type HealthChange =
  | { readonly kind: 'warned'; readonly failures: number }
  | { readonly kind: 'disabled'; readonly failures: number; readonly reason: DisabledReason };

/** What a counted failure left: whether the destination still takes attempts, and what changed by this one. */
export type CountedFailure = { readonly isDisabled: boolean; readonly change: HealthChange | null };

/** The failed attempt that is counted: of which postback, to whom. */
export type FailedAttempt = {
  readonly workspaceId: WorkspaceId;
  readonly destinationId: DestinationId;
  readonly postbackId: PostbackId;
  /** The destination asked never to be called again. */
  readonly isGone: boolean;
};

/** A success ends the streak of failures. Nothing is written, and nothing locked, when there was none. */
export async function countSuccess(trx: Db, destinationId: DestinationId): Promise<void> {
  await trx.raw(
    `UPDATE destinations SET consecutive_failures = 0, failing_since = NULL, warned_at = NULL
     WHERE destination_id = ? AND consecutive_failures > 0 AND status <> 'disabled'`,
    [uuidFromId(destinationId)],
  );
}

type StreakRow = {
  consecutive_failures: number;
  failing_since: Date;
  warn_every_failures: number;
  disable_after_failures: number;
  disable_after_hours: number;
};

/**
 * Counts one failed attempt, once per attempt: call it in the transaction that closes the attempt, which holds the
 * lock of the postback. The destination comes after the postback, and the other postbacks that are parked with it are
 * taken without waiting, so that no two deliveries wait for each other. A disabled destination counts no more.
 */
export async function countFailure(trx: Db, failed: FailedAttempt, nowMs: number): Promise<CountedFailure> {
  const { rows } = await trx.raw<{ rows: StreakRow[] }>(
    `UPDATE destinations
     SET consecutive_failures = consecutive_failures + 1, failing_since = coalesce(failing_since, ?)
     WHERE destination_id = ? AND status <> 'disabled'
     RETURNING consecutive_failures, failing_since, warn_every_failures, disable_after_failures,
       disable_after_hours`,
    [new Date(nowMs), uuidFromId(failed.destinationId)],
  );
  const [row] = rows;
  if (row === undefined) return { isDisabled: true, change: null };
  const failures = row.consecutive_failures;
  const step = failed.isGone ? 'disable' : stepOf(row, nowMs);
  switch (step) {
    case 'none':
      return { isDisabled: false, change: null };
    case 'warn':
      await warn(trx, failed, failures, nowMs);
      return { isDisabled: false, change: { kind: 'warned', failures } };
    case 'disable': {
      const reason = failed.isGone ? 'gone' : 'consecutive_failures';
      await disable(trx, failed, { failures, reason }, nowMs);
      return { isDisabled: true, change: { kind: 'disabled', failures, reason } };
    }
  }
}

function stepOf(row: StreakRow, nowMs: number) {
  return ladderStep(
    { failures: row.consecutive_failures, sinceMs: row.failing_since.getTime() },
    {
      warnEveryFailures: row.warn_every_failures,
      disableAfterFailures: row.disable_after_failures,
      disableAfterHours: row.disable_after_hours,
    },
    nowMs,
  );
}

async function warn(trx: Db, failed: FailedAttempt, failures: number, nowMs: number): Promise<void> {
  await trx('destinations')
    .where('destination_id', uuidFromId(failed.destinationId))
    .update({ warned_at: new Date(nowMs) });
  await record(trx, failed, 'destination.warned', { failures }, nowMs);
}

async function disable(
  trx: Db,
  failed: FailedAttempt,
  detail: { readonly failures: number; readonly reason: DisabledReason },
  nowMs: number,
): Promise<void> {
  await trx('destinations')
    .where('destination_id', uuidFromId(failed.destinationId))
    .update({ status: 'disabled', disabled_at: new Date(nowMs), disabled_reason: detail.reason });
  const parked = await parkOwed(trx, failed, nowMs);
  await record(trx, failed, 'destination.disabled', { ...detail, parked }, nowMs);
}

/** Those that somebody else is just opening or closing are passed over: whoever holds them finds it disabled. */
async function parkOwed(
  trx: Db,
  { destinationId, postbackId }: FailedAttempt,
  nowMs: number,
): Promise<number> {
  const { rowCount } = await trx.raw<{ rowCount: number }>(
    `WITH owed AS (
       SELECT postback_id FROM postbacks
       WHERE destination_id = ? AND status = 'pending' AND postback_id <> ?
       FOR UPDATE SKIP LOCKED
     )
     UPDATE postbacks AS p SET status = 'dead', dead_at = ?, dead_reason = 'destination_disabled', held_at = NULL
     FROM owed WHERE p.postback_id = owed.postback_id`,
    [uuidFromId(destinationId), uuidFromId(postbackId), new Date(nowMs)],
  );
  return rowCount;
}

function record(
  trx: Db,
  { workspaceId, destinationId, postbackId }: FailedAttempt,
  action: string,
  detail: object,
  nowMs: number,
): Promise<void> {
  const entry = { workspaceId, nowMs, actor: 'delivery', action, subject: destinationId, cause: postbackId };
  return recordAudit(trx, { ...entry, detail });
}
