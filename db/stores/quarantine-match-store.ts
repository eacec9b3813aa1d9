import {
  type ClickId,
  type EventId,
  type QuarantineRuleId,
  uuidFromId,
  type WorkspaceId,
} from '../../domain/ids';
import type { Db } from '../knex';
import { recordAudit } from './audit-store';
import { release } from './quarantine-store';

/** What came of an operator's match. Only `matched` has changed anything. */
export type MatchOutcome =
  | { readonly outcome: 'matched'; readonly released: readonly EventId[] }
  | { readonly outcome: 'not_found' | 'unknown_click' | 'already_released' };

/**
 * An operator says to which click a waiting event belongs. Releases it, links its player, which releases the
 * player's other events, and writes the audit.
 */
export function matchByHand(
  db: Db,
  match: {
    readonly workspaceId: WorkspaceId;
    readonly eventId: EventId;
    readonly clickId: ClickId;
    readonly actor: string;
    /** The id of the request. */
    readonly cause: string;
    readonly nowMs: number;
  },
): Promise<MatchOutcome> {
  return db.transaction(async (trx) => {
    const found = await trx.raw<{ rows: { is_released: boolean; click_is_known: boolean }[] }>(
      `SELECT q.released_at IS NOT NULL AS is_released,
         EXISTS (SELECT 1 FROM clicks AS c WHERE c.click_id = ? AND c.workspace_id = q.workspace_id) AS click_is_known
       FROM quarantine AS q WHERE q.event_id = ? AND q.workspace_id = ?`,
      [uuidFromId(match.clickId), uuidFromId(match.eventId), uuidFromId(match.workspaceId)],
    );
    const state = found.rows[0];
    if (state === undefined) return { outcome: 'not_found' };
    if (!state.click_is_known) return { outcome: 'unknown_click' };
    const cause = { by: match.actor, matchedClickId: match.clickId };
    const released = await release(trx, [uuidFromId(match.eventId)], cause, match.nowMs);
    if (released.length === 0) return { outcome: 'already_released' };
    await recordAudit(trx, {
      ...match,
      action: 'quarantine.matched',
      subject: match.eventId,
      detail: { clickId: match.clickId, released },
    });
    return { outcome: 'matched', released };
  });
}

/**
 * A rule has found to which click a waiting event belongs: as by hand, in the rule's name. Nothing when the rule was
 * switched off meanwhile, or the event released; whoever switches the rule off now waits for this to end.
 */
export function matchByRule(
  db: Db,
  match: {
    readonly workspaceId: WorkspaceId;
    readonly eventId: EventId;
    readonly clickId: ClickId;
    readonly ruleId: QuarantineRuleId;
    readonly nowMs: number;
  },
): Promise<EventId[]> {
  const { workspaceId, eventId, clickId, ruleId, nowMs } = match;
  return db.transaction(async (trx) => {
    const { rows } = await trx.raw<{ rows: unknown[] }>(
      'SELECT FROM quarantine_rules WHERE rule_id = ? AND is_enabled FOR SHARE',
      [uuidFromId(ruleId)],
    );
    if (rows.length === 0) return [];
    const actor = `rule:${ruleId}`;
    const cause = { by: actor, matchedClickId: clickId };
    const released = await release(trx, [uuidFromId(eventId)], cause, nowMs);
    if (released.length === 0) return [];
    await recordAudit(trx, {
      ...{ workspaceId, nowMs, actor, cause: 'waiting', action: 'quarantine.matched', subject: eventId },
      detail: { clickId, released },
    });
    return released;
  });
}
