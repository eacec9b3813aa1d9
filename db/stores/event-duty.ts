import { type EventId, uuidFromId, type WorkspaceId } from '../../domain/ids';
import type { QuarantineReason } from '../../domain/quarantine/explanation';
import type { RuleMatch } from '../../domain/quarantine/rule-match';
import { MINUTE_MS } from '../../domain/time';
import { mintId } from '../mint-id';

/** Why an event waits; that a word is unknown keeps a report from being an event at all. */
export type EventQuarantineReason = Exclude<QuarantineReason, 'unmapped_status'>;

/** What has to happen to an event next, as the end of the statement that stores it. */
export type Duty = { readonly sql: string; readonly bindings: readonly (string | number | Date | null)[] };

/** Rules look again at what has just arrived after a minute; what has waited for long, less often. */
const FIRST_RULES_PAUSE_MS = MINUTE_MS;

/**
 * The outbox row, with the relay's wake-up; or the place in quarantine; or, when a rule has matched the event at
 * once, both and the audit of it.
 */
export function dutyOf(event: {
  readonly id: EventId;
  readonly workspaceId: WorkspaceId;
  readonly reason: EventQuarantineReason | null;
  readonly match: RuleMatch | null;
  readonly nowMs: number;
}): Duty {
  const { id, reason, match, nowMs } = event;
  const [eventId, workspaceId, now] = [uuidFromId(id), uuidFromId(event.workspaceId), new Date(nowMs)];
  const queued: Duty = {
    sql: `INSERT INTO outbox (lane, kind, workspace_id, ref_id, available_at) VALUES (0, 'event', ?, ?, ?)
          RETURNING pg_notify('outbox', '')`,
    bindings: [workspaceId, eventId, now],
  };
  if (reason === null) return queued;
  const place = [eventId, workspaceId, reason, now];
  if (match === null) {
    return {
      sql: 'INSERT INTO quarantine (event_id, workspace_id, reason, quarantined_at) VALUES (?, ?, ?, ?)',
      bindings: place,
    };
  }
  const tried = [now, new Date(nowMs + FIRST_RULES_PAUSE_MS)];
  if (match.outcome === 'unmatched') {
    return {
      sql: `INSERT INTO quarantine (event_id, workspace_id, reason, quarantined_at, rules_tried_at, rules_due_at,
              rules_found) VALUES (?, ?, ?, ?, ?, ?, ?)`,
      bindings: [...place, ...tried, match.found],
    };
  }
  const actor = `rule:${match.ruleId}`;
  return {
    sql: `, place AS (
            INSERT INTO quarantine (event_id, workspace_id, reason, quarantined_at, rules_tried_at, rules_due_at,
              rules_found, released_at, released_by, matched_click_id) VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?, ?)
          ), log AS (
            INSERT INTO audit (audit_id, workspace_id, at, actor, action, subject, cause, detail)
            VALUES (?, ?, ?, ?, 'quarantine.matched', ?, 'arrival', ?::jsonb)
          )
          ${queued.sql}`,
    bindings: [
      ...[...place, ...tried, now, actor, uuidFromId(match.clickId)],
      ...[uuidFromId(mintId('aud', nowMs)), workspaceId, now, actor, id],
      JSON.stringify({ clickId: match.clickId, released: [id] }),
      ...queued.bindings,
    ],
  };
}
