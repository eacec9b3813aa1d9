import type { ReportedKind } from '../../domain/facts';
import {
  type ClickId,
  type EventId,
  idFromUuid,
  type SourceId,
  uuidFromId,
  type WorkspaceId,
} from '../../domain/ids';
import {
  explainWaiting,
  type QuarantineReason,
  type WaitingFacts,
  type WayOut,
  waysOut,
} from '../../domain/quarantine/explanation';
import { ruleNote } from '../../domain/quarantine/rule-match';
import type { Db } from '../knex';
import type { Page, PageRequest } from '../page';
import { IS_TEST_EVENT } from '../stores/event-terms';
import { cutPage } from './cut-page';
import { nullableId, nullableIso, nullableUuid } from './row-values';

export const QUARANTINE_STATES = ['waiting', 'expired', 'released', 'all'] as const;
export type QuarantineState = (typeof QUARANTINE_STATES)[number];

/** An acknowledged event that waited, or waits, for its click, its player, its time or the meaning of a word. */
export type QuarantinedEvent = {
  readonly id: EventId;
  /** The sender's own id of the event. */
  readonly eventId: string;
  readonly sourceId: SourceId;
  /** Null while nobody knows what the report reports. */
  readonly kind: ReportedKind | null;
  readonly reason: QuarantineReason;
  readonly explanation: string;
  readonly quarantinedAt: string;
  /** Since when nobody looks for its counterpart any more; also of one that was released after that. */
  readonly expiredAt: string | null;
  readonly releasedAt: string | null;
  readonly releasedBy: string | null;
  readonly matchedClickId: ClickId | null;
  /** What was looked for: the click as the sender named it, his own id of the player, the event's time. */
  readonly clickRef: string | null;
  readonly playerId: string | null;
  readonly occurredAt: string;
  /** Counts as a test now; once released it decides nothing. */
  readonly isTest: boolean;
  /** Unknown words of the sender. */
  readonly words: readonly string[];
  /** When rules were tried last, and what they found; null when none were. */
  readonly rules: { readonly triedAt: string; readonly note: string } | null;
  /** What would release it; empty once it is. */
  readonly release: readonly WayOut[];
};

export type QuarantineFilter = {
  readonly state: QuarantineState;
  readonly reason?: QuarantineReason | undefined;
  readonly sourceId?: SourceId | undefined;
  readonly kind?: ReportedKind | undefined;
  /** From when on, and before when, it came into quarantine. */
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
};

type Row = {
  event_id: string;
  sender_event_id: string;
  source_id: string;
  kind: ReportedKind | null;
  reason: QuarantineReason;
  quarantined_at: Date;
  expired_at: Date | null;
  released_at: Date | null;
  released_by: string | null;
  matched_click_id: string | null;
  click_ref: string | null;
  click_is_known: boolean;
  player_external_id: string | null;
  player_is_linked: boolean;
  occurred_at: Date;
  is_test: boolean;
  rules_tried_at: Date | null;
  rules_found: number | null;
  event_word: string | null;
  status_word: string | null;
  problem: string | null;
  /** Those for every source or for its own; the first ones. */
  enabled_rules: { id: string; name: string }[];
};

/** Each of them may be named with each event of a page. */
const RULES_MAX = 20;

/** Both halves of the desk have these columns, so one filter serves both. */
const FILTERED = `
  WHERE d.workspace_id = :workspace
    AND (CAST(:state AS text) <> 'waiting' OR (d.released_at IS NULL AND d.expired_at IS NULL))
    AND (CAST(:state AS text) <> 'expired' OR (d.released_at IS NULL AND d.expired_at IS NOT NULL))
    AND (CAST(:state AS text) <> 'released' OR d.released_at IS NOT NULL)
    AND (CAST(:reason AS text) IS NULL OR d.reason = :reason)
    AND (CAST(:source AS uuid) IS NULL OR d.source_id = :source)
    AND (CAST(:kind AS text) IS NULL OR d.kind = :kind)
    AND (CAST(:from AS timestamptz) IS NULL OR d.quarantined_at >= :from)
    AND (CAST(:to AS timestamptz) IS NULL OR d.quarantined_at < :to)
    AND (CAST(:after AS uuid) IS NULL OR d.event_id > :after)
  ORDER BY d.event_id LIMIT :limit`;

const EVENTS = `
  SELECT q.workspace_id, q.event_id, e.sender_event_id, e.source_id, e.kind, q.reason, q.quarantined_at, q.expired_at,
    q.released_at, q.released_by, q.matched_click_id, e.click_ref, c.click_id IS NOT NULL AS click_is_known,
    p.external_id AS player_external_id, p.linked_at IS NOT NULL AS player_is_linked, e.occurred_at, q.rules_tried_at,
    ${IS_TEST_EVENT} AS is_test, q.rules_found, NULL AS event_word, NULL AS status_word, NULL AS problem
  FROM quarantine AS q
  JOIN events AS e ON e.event_id = q.event_id
  LEFT JOIN clicks AS c ON c.click_id = e.click_id AND c.workspace_id = e.workspace_id
  LEFT JOIN players AS p ON p.player_id = e.player_id`;

/** A report that has become an event, and waits or waited as one, is shown as that event. */
const REPORTS = `
  SELECT r.workspace_id, r.report_id AS event_id, r.sender_event_id, r.source_id, coalesce(e.kind, r.kind) AS kind,
    'unmapped_status' AS reason, r.received_at AS quarantined_at, r.expired_at,
    r.resolved_at AS released_at, r.resolved_by AS released_by, CAST(NULL AS uuid) AS matched_click_id,
    r.fields->>'clickId' AS click_ref, false AS click_is_known, r.fields->>'playerId' AS player_external_id,
    false AS player_is_linked,
    coalesce(to_timestamp(CAST(r.fields->>'occurredAt' AS numeric) / 1000), r.received_at) AS occurred_at,
    CAST(NULL AS timestamptz) AS rules_tried_at,
    coalesce(CAST(r.fields->>'test' AS boolean), false) AS is_test, CAST(NULL AS integer) AS rules_found, r.event_word, r.status_word,
    r.problem
  FROM unmapped_reports AS r
  LEFT JOIN events AS e ON e.event_id = r.event_id
  WHERE NOT EXISTS (SELECT 1 FROM quarantine AS q WHERE q.event_id = r.report_id)`;

/** What waits at the workspace's desk, oldest first, with why. One statement, whatever the number. */
export async function listQuarantinedEvents(
  db: Db,
  workspaceId: WorkspaceId,
  filter: QuarantineFilter,
  page: PageRequest,
): Promise<Page<QuarantinedEvent>> {
  const { rows } = await db.raw<{ rows: Row[] }>(
    `SELECT desk.*, (
         SELECT coalesce(jsonb_agg(jsonb_build_object('id', rule_id, 'name', name) ORDER BY rule_id), '[]')
         FROM (SELECT rule_id, name FROM quarantine_rules WHERE workspace_id = :workspace AND is_enabled
           AND (source_id IS NULL OR source_id = desk.source_id) ORDER BY rule_id LIMIT ${RULES_MAX}) AS fitting
       ) AS enabled_rules
     FROM (
       (SELECT * FROM (${EVENTS}) AS d ${FILTERED})
       UNION ALL
       (SELECT * FROM (${REPORTS}) AS d ${FILTERED})
     ) AS desk ORDER BY event_id LIMIT :limit`,
    {
      workspace: uuidFromId(workspaceId),
      state: filter.state,
      reason: filter.reason ?? null,
      source: nullableUuid(filter.sourceId),
      kind: filter.kind ?? null,
      from: filter.fromMs === undefined ? null : new Date(filter.fromMs),
      to: filter.toMs === undefined ? null : new Date(filter.toMs),
      after: page.afterUuid,
      limit: page.limit + 1,
    },
  );
  return cutPage(rows, page, (row) => row.event_id, toQuarantinedEvent);
}

function toQuarantinedEvent(row: Row): QuarantinedEvent {
  const facts = toFacts(row);
  const rules = row.enabled_rules.map(({ id, name }) => ({ ruleId: idFromUuid('qrl', id), name }));
  return {
    id: idFromUuid('evt', row.event_id),
    eventId: row.sender_event_id,
    sourceId: idFromUuid('src', row.source_id),
    kind: row.kind,
    reason: row.reason,
    explanation: explainWaiting(facts),
    quarantinedAt: row.quarantined_at.toISOString(),
    expiredAt: nullableIso(row.expired_at),
    releasedAt: nullableIso(row.released_at),
    releasedBy: row.released_by,
    matchedClickId: nullableId('clk', row.matched_click_id),
    clickRef: row.click_ref,
    playerId: row.player_external_id,
    occurredAt: row.occurred_at.toISOString(),
    isTest: row.is_test,
    words: facts.words,
    rules:
      row.rules_tried_at === null || row.rules_found === null
        ? null
        : { triedAt: row.rules_tried_at.toISOString(), note: ruleNote(row.rules_found) },
    release: row.released_at === null ? waysOut(facts, rules) : [],
  };
}

function toFacts(row: Row): WaitingFacts {
  return {
    reason: row.reason,
    clickRef: row.click_ref,
    clickIsKnown: row.click_is_known,
    playerId: row.player_external_id,
    playerIsLinked: row.player_is_linked,
    isExpired: row.expired_at !== null,
    occurredAtMs: row.occurred_at.getTime(),
    rulesFound: row.rules_found,
    words: [row.event_word, row.status_word].filter((word) => word !== null),
    problem: row.problem,
  };
}
