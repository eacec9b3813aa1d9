import { latestMeantMs } from '../../domain/attribution/click-window';
import { type EventId, idFromUuid, type SourceId, uuidFromId, type WorkspaceId } from '../../domain/ids';
import {
  decideMatch,
  MAX_CANDIDATES,
  type RuleCandidate,
  type RuleMatch,
} from '../../domain/quarantine/rule-match';
import { PUBLIC_PREFIX } from '../../domain/report/public-fact';
import { DAY_MS } from '../../domain/time';
import type { Db } from '../knex';
import { lowestUuidAt } from '../partitions';

/** What rules may compare of an event that belongs to no click yet. */
export type RuleSubject = {
  readonly eventId: EventId;
  readonly workspaceId: WorkspaceId;
  readonly sourceId: SourceId;
  readonly occurredAtMs: number;
  readonly clickRef: string | null;
  readonly transactionKey: string;
  readonly playerExternalId: string | null;
  /** As known of the event, and as it was sent. */
  readonly attributes: object;
  readonly rawBody: unknown;
};

/** No campaign's window is longer, so no older click can be meant. */
const LONGEST_WINDOW_MS = 90 * DAY_MS;
const MAX_VALUE_LENGTH = 1_024;

type Row = { event_id: string; rule_id: string; click_id: string; clicked_at: Date; expires_at: Date };

/**
 * What the enabled rules say about these events, in one statement. The rules stay as they are until the transaction
 * ends: whoever switches one off waits for it. Events of which no rule found a click are in the answer too.
 */
export async function findRuleMatches(
  db: Db,
  subjects: readonly RuleSubject[],
): Promise<Map<EventId, RuleMatch>> {
  if (subjects.length === 0) return new Map();
  const { rows } = await db.raw<{ rows: Row[] }>(MATCHES, {
    subjects: JSON.stringify(subjects.map(toRecord)),
    limit: MAX_CANDIDATES,
  });
  const candidates = new Map<string, RuleCandidate[]>();
  for (const row of rows) {
    const found = candidates.get(row.event_id) ?? [];
    found.push(toCandidate(row));
    candidates.set(row.event_id, found);
  }
  return new Map(
    subjects.map(({ eventId, occurredAtMs }) => [
      eventId,
      decideMatch(candidates.get(uuidFromId(eventId)) ?? [], occurredAtMs),
    ]),
  );
}

const CLICK = `SELECT c.click_id, c.clicked_at, c.expires_at FROM clicks AS c
  WHERE c.workspace_id = w.workspace_id AND c.click_id >= w.earliest AND c.click_id < w.latest
    AND c.expires_at >= w.occurred_at`;

/** One branch for each kind of field, because each has an index of its own; for a rule only one of them runs. */
const MATCHES = `
  WITH rule AS (
    SELECT r.* FROM quarantine_rules AS r
    WHERE r.is_enabled AND r.workspace_id IN (
      SELECT workspace_id FROM jsonb_to_recordset(CAST(:subjects AS jsonb)) AS s(workspace_id uuid))
    FOR SHARE
  ), wanted AS (
    SELECT s.*, r.rule_id, r.click_field, r.click_key,
      CASE r.event_field
        WHEN 'click_ref' THEN s.click_ref
        WHEN 'transaction_id' THEN s.transaction_id
        WHEN 'player_id' THEN s.player_id
        ELSE s.attributes->>r.event_attribute
      END AS value
    FROM jsonb_to_recordset(CAST(:subjects AS jsonb)) AS s(
      event_id uuid, workspace_id uuid, source_id uuid, occurred_at timestamptz, earliest uuid, latest uuid,
      click_ref text, transaction_id text, player_id text, attributes jsonb)
    JOIN rule AS r ON r.workspace_id = s.workspace_id AND (r.source_id IS NULL OR r.source_id = s.source_id)
  )
  SELECT w.event_id, w.rule_id, c.click_id, c.clicked_at, c.expires_at
  FROM wanted AS w
  CROSS JOIN LATERAL (
    (${CLICK} AND w.click_field = 'external_id' AND c.external_id = w.value
      AND hashtextextended(c.external_id, 0) = hashtextextended(w.value, 0) LIMIT :limit)
    UNION ALL
    (${CLICK} AND w.click_field = 'sub' AND c.subs <> '{}'
      AND c.subs @> jsonb_build_object(coalesce(w.click_key, ''), w.value) LIMIT :limit)
    UNION ALL
    (${CLICK} AND w.click_field = 'ad_id' AND c.ad_ids <> '{}'
      AND c.ad_ids @> jsonb_build_object(coalesce(w.click_key, ''), w.value) LIMIT :limit)
  ) AS c
  WHERE w.value <> '' AND length(w.value) <= ${MAX_VALUE_LENGTH}`;

function toRecord(subject: RuleSubject): object {
  const { occurredAtMs, transactionKey } = subject;
  const isPublic = transactionKey.startsWith(PUBLIC_PREFIX);
  return {
    event_id: uuidFromId(subject.eventId),
    workspace_id: uuidFromId(subject.workspaceId),
    source_id: uuidFromId(subject.sourceId),
    occurred_at: new Date(occurredAtMs),
    earliest: lowestUuidAt(occurredAtMs - LONGEST_WINDOW_MS),
    latest: lowestUuidAt(latestMeantMs(occurredAtMs) + 1),
    click_ref: subject.clickRef,
    // A public report counts once by the click that it names; by anything else many of them would fit one click.
    transaction_id: isPublic ? null : transactionKey,
    player_id: subject.playerExternalId,
    attributes: isPublic ? {} : { ...textsOf(subject.rawBody), ...textsOf(subject.attributes) },
  };
}

/** What is text in an object, or can be read as one; what is nested names nobody. */
function textsOf(source: unknown): Record<string, string> {
  if (typeof source !== 'object' || source === null) return {};
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(source) as [string, unknown][]) {
    if (typeof value === 'string' || typeof value === 'number') texts[name] = String(value);
  }
  return texts;
}

function toCandidate(row: Row): RuleCandidate {
  return {
    ruleId: idFromUuid('qrl', row.rule_id),
    clickId: idFromUuid('clk', row.click_id),
    clickedAtMs: row.clicked_at.getTime(),
    expiresAtMs: row.expires_at.getTime(),
  };
}
