import type { Currency } from '../../domain/currencies';
import type { Decision, DepositStatus, EventKind, Trust } from '../../domain/facts';
import type { Outcome, Reason } from '../../domain/fraud/verdict';
import {
  type ClickId,
  type ConversionId,
  type EventId,
  type Id,
  type IdPrefix,
  idFromUuid,
  type PlayerId,
  uuidFromId,
  type WorkspaceId,
} from '../../domain/ids';
import { MINUTE_MS } from '../../domain/time';
import type { Db } from '../knex';
import { IS_TEST_EVENT } from '../stores/event-terms';
import { nullableAmount } from './row-values';
import { sortTimeline, type TimelineEntry, timelineEntry } from './timeline-entry';

/**
 * A timeline tells of at most this many events, settlements and deliveries each, the latest ones: it is a page to read,
 * not an export.
 */
export const TIMELINE_EVENTS_MAX = 1_000;

/** A report that arrives later than this after its own time says so. */
const LATE_MS = MINUTE_MS;

/**
 * What happened to a click: itself, its verdict, every event that names it, was matched to it or belongs to a
 * player bound to it, and what those events caused. Pseudonymous ids only. A fixed number of statements.
 */
export async function readClickTimeline(
  db: Db,
  workspaceId: WorkspaceId,
  clickId: ClickId,
): Promise<TimelineEntry[]> {
  const events = await loadEvents(
    db,
    workspaceId,
    `SELECT event_id FROM events WHERE click_id = :subject
     UNION SELECT event_id FROM quarantine WHERE matched_click_id = :subject
     UNION SELECT e.event_id FROM player_bindings AS b JOIN events AS e ON e.player_id = b.player_id
       WHERE b.click_id = :subject
     UNION SELECT r.event_id FROM conversions AS n JOIN events AS r ON r.ruled_conversion_id = n.conversion_id
       WHERE n.click_id = :subject
     UNION SELECT r.event_id FROM events AS named JOIN conversions AS n ON n.event_id = named.event_id
       JOIN events AS r ON r.ruled_conversion_id = n.conversion_id WHERE named.click_id = :subject`,
    clickId,
  );
  const click = await clickEntries(db, workspaceId, clickId);
  return sortTimeline([...click, ...(await eventEntries(db, workspaceId, events))]);
}

/** What happened to a player: the click that brought it, if it is bound to one, all its events and their effects. */
export async function readPlayerTimeline(
  db: Db,
  workspaceId: WorkspaceId,
  playerId: PlayerId,
  clickId: ClickId | null,
): Promise<TimelineEntry[]> {
  const ofPlayer = `SELECT event_id FROM events WHERE player_id = :subject
    ORDER BY occurred_at DESC, event_id DESC LIMIT :limit`;
  const events = await loadEvents(db, workspaceId, ofPlayer, playerId);
  const click = clickId === null ? [] : await clickEntries(db, workspaceId, clickId);
  return sortTimeline([...click, ...(await eventEntries(db, workspaceId, events))]);
}

type EventRow = {
  event_id: string;
  kind: EventKind;
  trust: Trust;
  status: DepositStatus | null;
  amount_minor: bigint | null;
  currency: Currency | null;
  occurred_at: Date;
  received_at: Date;
  quarantine_reason: string | null;
  quarantined_at: Date | null;
  released_at: Date | null;
  released_by: string | null;
  conversion_id: string | null;
  /** Of the event that stands for the conversion. */
  conversion_trust: Trust | null;
  decision: Decision | null;
  ruled_conversion_id: string | null;
  ruled_revision: number | null;
  why: string | null;
  actor: string | null;
  is_test: boolean;
};

async function loadEvents(
  db: Db,
  workspaceId: WorkspaceId,
  eventIds: string,
  subject: Id<IdPrefix>,
): Promise<EventRow[]> {
  const { rows } = await db.raw<{ rows: EventRow[] }>(
    `SELECT e.event_id, e.kind, e.trust, e.status, e.amount_minor, e.currency, e.occurred_at, e.received_at,
       q.reason AS quarantine_reason, q.quarantined_at, q.released_at, q.released_by, n.conversion_id,
       (SELECT told.trust FROM events AS told WHERE told.event_id = n.event_id) AS conversion_trust,
       e.decision, e.ruled_conversion_id, e.ruled_revision, e.attributes->>'reason' AS why,
       e.attributes->>'actor' AS actor, ${IS_TEST_EVENT} AS is_test
     FROM (
       SELECT own.event_id FROM (${eventIds}) AS named
       JOIN events AS own ON own.event_id = named.event_id AND own.workspace_id = :workspace
       ORDER BY own.event_id DESC LIMIT :limit
     ) AS latest
     JOIN events AS e ON e.event_id = latest.event_id
     LEFT JOIN quarantine AS q ON q.event_id = e.event_id
     LEFT JOIN conversions AS n ON n.workspace_id = e.workspace_id AND n.brand_id = e.brand_id
       AND n.kind = e.kind AND n.transaction_key = e.transaction_key
     ORDER BY e.event_id`,
    { workspace: uuidFromId(workspaceId), subject: uuidFromId(subject), limit: TIMELINE_EVENTS_MAX },
  );
  return rows;
}

async function eventEntries(
  db: Db,
  workspaceId: WorkspaceId,
  events: readonly EventRow[],
): Promise<TimelineEntry[]> {
  const trusts: Trusts = new Map(
    events.flatMap(({ conversion_id: uuid, conversion_trust: trust }) =>
      uuid === null || trust === null ? [] : [[idFromUuid('cnv', uuid), trust] as const],
    ),
  );
  return [
    ...events.flatMap(toEventEntries),
    ...(await settlementEntries(db, workspaceId, trusts)),
    ...(await postbackEntries(db, trusts)),
  ];
}

/** The conversions that are told of, and how far the one is known who reported each. */
type Trusts = ReadonlyMap<ConversionId, Trust>;

/** What came of a conversion says how far it can be trusted, like what was reported. */
function withTrust(entry: TimelineEntry, trust: Trust | undefined): TimelineEntry {
  return trust === undefined ? entry : { ...entry, trust };
}

function toEventEntries(row: EventRow): TimelineEntry[] {
  const id = idFromUuid('evt', row.event_id);
  const money = nullableAmount(row.amount_minor, row.currency);
  if (row.kind === 'ruling') return [rulingEntry(row, id)];
  const isLate = Math.abs(row.received_at.getTime() - row.occurred_at.getTime()) > LATE_MS;
  const event = timelineEntry(row.occurred_at, row.kind, row.status, [
    money === null ? null : `${money.amount} ${money.currency}`,
    id,
    isLate ? `received ${row.received_at.toISOString()}` : null,
  ]);
  const entries = [asTest({ ...event, trust: row.trust }, row.is_test)];
  if (row.quarantined_at !== null) {
    entries.push(timelineEntry(row.quarantined_at, 'quarantined', row.quarantine_reason, [id]));
  }
  if (row.released_at !== null) {
    entries.push(timelineEntry(row.released_at, 'released', null, [id, `by ${row.released_by}`]));
  }
  return entries;
}

/** What was decided of which conversion, by whom and why. */
function rulingEntry(row: EventRow, id: EventId): TimelineEntry {
  const conversion = row.ruled_conversion_id === null ? null : idFromUuid('cnv', row.ruled_conversion_id);
  return timelineEntry(row.occurred_at, 'ruling', row.decision, [
    `${conversion} at revision ${row.ruled_revision}`,
    `by ${row.actor}`,
    id,
    row.why,
  ]);
}

function asTest(entry: TimelineEntry, isTest: boolean): TimelineEntry {
  return isTest ? { ...entry, isTest } : entry;
}

type ClickRow = {
  clicked_at: Date;
  is_test: boolean;
  outcome: Outcome | null;
  score: number | null;
  reasons: Reason[] | null;
  decided_at: Date | null;
};

async function clickEntries(db: Db, workspaceId: WorkspaceId, clickId: ClickId): Promise<TimelineEntry[]> {
  const { rows } = await db.raw<{ rows: ClickRow[] }>(
    `SELECT c.clicked_at, c.is_test, v.outcome, v.score, v.reasons, v.decided_at
     FROM clicks AS c LEFT JOIN verdicts AS v ON v.subject_kind = 'click' AND v.subject_id = c.click_id
     WHERE c.click_id = ? AND c.workspace_id = ?`,
    [uuidFromId(clickId), uuidFromId(workspaceId)],
  );
  return rows.flatMap((row) => {
    const click = asTest(timelineEntry(row.clicked_at, 'click', null, [clickId]), row.is_test);
    if (row.decided_at === null) return [click];
    const why = (row.reasons ?? []).map((reason) => reason.code);
    return [click, timelineEntry(row.decided_at, 'verdict', row.outcome, [`score ${row.score}`, ...why])];
  });
}

const TOLD_AS = {
  'conversion.settled': 'conversion_settled',
  'conversion.paid': 'conversion_paid',
  'review.reminded': 'review_reminded',
} as const;

type SettledRow = {
  at: Date;
  action: keyof typeof TOLD_AS;
  subject: ConversionId;
  revision: string | null;
  status: string | null;
  reason: string | null;
};

/** Conversions as they were settled and paid, revision by revision, and what people were reminded of: a row only knows its last state. */
async function settlementEntries(db: Db, workspaceId: WorkspaceId, trusts: Trusts): Promise<TimelineEntry[]> {
  const { rows } = await db.raw<{ rows: SettledRow[] }>(
    `SELECT at, action, subject, detail->>'revision' AS revision, detail->>'status' AS status, detail->>'reason' AS reason
     FROM audit WHERE workspace_id = ? AND subject = ANY(?) AND action = ANY(?)
     ORDER BY audit_id DESC LIMIT ?`,
    [uuidFromId(workspaceId), [...trusts.keys()], Object.keys(TOLD_AS), TIMELINE_EVENTS_MAX],
  );
  return rows.reverse().map((row) => {
    const settled = timelineEntry(row.at, TOLD_AS[row.action], row.reason, [
      row.status,
      row.subject,
      row.revision === null ? null : `revision ${row.revision}`,
    ]);
    return withTrust(settled, trusts.get(row.subject));
  });
}

type PostbackRow = {
  postback_id: string;
  conversion_id: string;
  event_kind: string;
  created_at: Date;
  delivered_at: Date | null;
  dead_at: Date | null;
  dead_reason: string | null;
  attempt_no: number | null;
  finished_at: Date | null;
  outcome: string | null;
  reason: string | null;
  http_status: number | null;
};

/** One row per postback and failed attempt, or one per postback that never failed. */
async function postbackEntries(db: Db, trusts: Trusts): Promise<TimelineEntry[]> {
  const { rows } = await db.raw<{ rows: PostbackRow[] }>(
    `SELECT k.postback_id, k.conversion_id, k.event_kind, k.created_at, k.delivered_at, k.dead_at, k.dead_reason,
       t.attempt_no, t.finished_at, t.outcome, t.reason, t.http_status
     FROM postbacks AS k
     LEFT JOIN postback_attempts AS t ON t.postback_id = k.postback_id AND t.outcome <> 'delivered'
     WHERE k.conversion_id = ANY(?)
     ORDER BY k.postback_id DESC, t.attempt_no DESC LIMIT ?`,
    [[...trusts.keys()].map(uuidFromId), TIMELINE_EVENTS_MAX],
  );
  return rows.reverse().flatMap((row, index) => {
    const isFirstOfPostback = rows[index - 1]?.postback_id !== row.postback_id;
    const trust = trusts.get(idFromUuid('cnv', row.conversion_id));
    const entries = [...(isFirstOfPostback ? toPostbackEntries(row) : []), ...toAttemptEntries(row)];
    return entries.map((entry) => withTrust(entry, trust));
  });
}

function toPostbackEntries(row: PostbackRow): TimelineEntry[] {
  const id = idFromUuid('pbk', row.postback_id);
  const entries = [timelineEntry(row.created_at, 'postback_created', row.event_kind, [id])];
  if (row.delivered_at !== null) {
    entries.push(timelineEntry(row.delivered_at, 'postback_delivered', row.event_kind, [id]));
  }
  if (row.dead_at !== null) entries.push(timelineEntry(row.dead_at, 'postback_dead', row.dead_reason, [id]));
  return entries;
}

function toAttemptEntries(row: PostbackRow): TimelineEntry[] {
  if (row.finished_at === null) return [];
  return [
    timelineEntry(row.finished_at, 'postback_attempt_failed', row.reason ?? row.outcome, [
      idFromUuid('pbk', row.postback_id),
      `attempt ${row.attempt_no}`,
      row.http_status === null ? null : `HTTP ${row.http_status}`,
    ]),
  ];
}
