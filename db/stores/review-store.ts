import type { Decision } from '../../domain/facts';
import { type ConversionId, idFromUuid, uuidFromId, type WorkspaceId } from '../../domain/ids';
import { HOUR_MS } from '../../domain/time';
import type { Db } from '../knex';
import { recordAudit } from './audit-store';
import { type ConversionOwner, ownerColumn } from './conversion-store';
import { acceptRuling, HAS_NO_OPEN_RULING } from './ruling-store';

/** Who rules when nobody else did in time. */
const POLICY_ACTOR = 'review-policy';

/** How long people may think, and what is decided when they do not. */
export type ReviewPolicy = {
  readonly reminderHours: number;
  /** Null: a review waits for ever. */
  readonly timeout: { readonly hours: number; readonly decision: Decision } | null;
};

type PolicyRow = {
  review_reminder_hours: number;
  review_timeout_hours: number | null;
  review_timeout_decision: Decision | null;
};

/** Holds off other changes of the policy until the transaction ends; nothing else waits for it. */
export async function lockReviewPolicy(trx: Db, workspaceId: WorkspaceId): Promise<void> {
  await trx.raw('SELECT FROM workspaces WHERE workspace_id = ? FOR NO KEY UPDATE', [uuidFromId(workspaceId)]);
}

export async function readReviewPolicy(db: Db, workspaceId: WorkspaceId): Promise<ReviewPolicy> {
  const row = await db('workspaces')
    .where('workspace_id', uuidFromId(workspaceId))
    .first<PolicyRow | undefined>('review_reminder_hours', 'review_timeout_hours', 'review_timeout_decision');
  if (row === undefined) throw new Error(`workspace ${workspaceId} does not exist`);
  const { review_timeout_hours: hours, review_timeout_decision: decision } = row;
  return {
    reminderHours: row.review_reminder_hours,
    timeout: hours === null || decision === null ? null : { hours, decision },
  };
}

/**
 * The policy holds at once for every review that waits: nothing is noted per review, because the sweep finds what is
 * overdue by the policy of the moment, and a timer that was set by another one finds nothing to do and is set anew.
 */
export async function saveReviewPolicy(
  db: Db,
  workspaceId: WorkspaceId,
  { reminderHours, timeout }: ReviewPolicy,
): Promise<void> {
  await db('workspaces')
    .where('workspace_id', uuidFromId(workspaceId))
    .update({
      review_reminder_hours: reminderHours,
      review_timeout_hours: timeout?.hours ?? null,
      review_timeout_decision: timeout?.decision ?? null,
    });
}

type WaitingRow = {
  conversion_id: string;
  revision: number;
  review_since: Date;
  review_reminded_at: Date | null;
};

/** In review, and not ruled on already by a ruling that is still on its way. */
async function waitingOf(trx: Db, owner: ConversionOwner): Promise<WaitingRow[]> {
  const [column, uuid] = ownerColumn(owner);
  return trx('conversions AS c')
    .select('conversion_id', 'revision', 'review_since', 'review_reminded_at')
    .where(column, uuid)
    .whereNotNull('review_since')
    .whereRaw(HAS_NO_OPEN_RULING)
    .orderBy('conversion_id');
}

/** When the first of the owner's reviews asks for a reminder or runs out; null when none waits for time. */
export async function nextReviewDueMs(trx: Db, owner: ConversionOwner): Promise<number | null> {
  const waiting = await waitingOf(trx, owner);
  if (waiting.length === 0) return null;
  const policy = await readReviewPolicy(trx, owner.workspaceId);
  const dues = waiting
    .flatMap((row) => [
      row.review_reminded_at === null ? reminderDueMs(row, policy) : null,
      timeoutDueMs(row, policy),
    ])
    .filter((dueMs) => dueMs !== null);
  return dues.length === 0 ? null : Math.min(...dues);
}

/**
 * Does what time demands of the owner's reviews: reminds once, and rules by the policy when a review has run out. A
 * policy's ruling is a fact like a person's, settled as an event of its own. Says which were reminded and ruled on.
 */
export async function passReviewTime(
  trx: Db,
  owner: ConversionOwner,
  nowMs: number,
): Promise<{ readonly reminded: readonly ConversionId[]; readonly ruled: readonly ConversionId[] }> {
  const reminded: ConversionId[] = [];
  const ruled: ConversionId[] = [];
  const waiting = await waitingOf(trx, owner);
  if (waiting.length === 0) return { reminded, ruled };
  const policy = await readReviewPolicy(trx, owner.workspaceId);
  for (const row of waiting) {
    const conversionId = idFromUuid('cnv', row.conversion_id);
    const timeoutMs = timeoutDueMs(row, policy);
    if (policy.timeout !== null && timeoutMs !== null && timeoutMs <= nowMs) {
      const { decision, hours } = policy.timeout;
      const reason = `Nobody decided within ${hours} hours.`;
      const { workspaceId } = owner;
      const ruling = {
        workspaceId,
        conversionId,
        revision: row.revision,
        decision,
        reason,
        actor: POLICY_ACTOR,
      };
      await acceptRuling(trx, ruling, nowMs);
      ruled.push(conversionId);
    } else if (row.review_reminded_at === null && reminderDueMs(row, policy) <= nowMs) {
      await remind(trx, owner.workspaceId, conversionId, nowMs);
      reminded.push(conversionId);
    }
  }
  return { reminded, ruled };
}

async function remind(
  trx: Db,
  workspaceId: WorkspaceId,
  conversionId: ConversionId,
  nowMs: number,
): Promise<void> {
  await trx('conversions')
    .where('conversion_id', uuidFromId(conversionId))
    .update({ review_reminded_at: new Date(nowMs) });
  await recordAudit(trx, {
    workspaceId,
    actor: POLICY_ACTOR,
    action: 'review.reminded',
    subject: conversionId,
    cause: 'time',
    nowMs,
  });
}

function reminderDueMs({ review_since: since }: WaitingRow, { reminderHours }: ReviewPolicy): number {
  return since.getTime() + reminderHours * HOUR_MS;
}

function timeoutDueMs({ review_since: since }: WaitingRow, { timeout }: ReviewPolicy): number | null {
  return timeout === null ? null : since.getTime() + timeout.hours * HOUR_MS;
}
