import { type EventId, idFromUuid, type QuarantineRuleId, uuidFromId } from '../../domain/ids';
import type { RuleMatch } from '../../domain/quarantine/rule-match';
import { mayAskRules, type Waiting } from '../../domain/quarantine/waiting';
import type { Db } from '../knex';
import { matchByRule } from './quarantine-match-store';
import { findRuleMatches, type RuleSubject } from './rule-match-store';

const BATCH_ROWS = 100;
/** Of one round; what is left is due in the next, a minute later. */
const MAX_BATCHES = 10;

type Outcome = { readonly released: readonly EventId[]; readonly failures: readonly unknown[] };

/**
 * Applies rules that were made or switched on to what waited before them; gives the released events. With a rule given,
 * only that one. A rule remembers how far it has come only when a batch is done, so one that is broken off is repeated.
 * Several processes may do so at once; each event is released once.
 */
export async function applyRules(db: Db, nowMs: number, ruleId?: QuarantineRuleId): Promise<EventId[]> {
  const released: EventId[] = [];
  const failures: unknown[] = [];
  let batches = MAX_BATCHES;
  for (const rule of await unfinishedRules(db, ruleId)) {
    let after: string | null = rule.after;
    for (; after !== null && batches > 0; batches -= 1) {
      const past = await waitingFor(db, rule, after, nowMs);
      const outcome = await tryRules(db, past.eventIds, nowMs);
      released.push(...outcome.released);
      failures.push(...outcome.failures);
      after = await noteProgress(db, rule.ruleUuid, after, past.lastUuid);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, 'events could not be released by rules');
  return released;
}

type UnfinishedRule = {
  readonly ruleUuid: string;
  readonly workspaceUuid: string;
  readonly sourceUuid: string | null;
  readonly after: string;
};

async function unfinishedRules(db: Db, ruleId?: QuarantineRuleId): Promise<UnfinishedRule[]> {
  type Row = { rule_id: string; workspace_id: string; source_id: string | null; past_after: string };
  const { rows } = await db.raw<{ rows: Row[] }>(
    `SELECT rule_id, workspace_id, source_id, past_after FROM quarantine_rules
     WHERE past_after IS NOT NULL AND is_enabled AND (CAST(:rule AS uuid) IS NULL OR rule_id = :rule)
     ORDER BY rule_id`,
    { rule: ruleId === undefined ? null : uuidFromId(ruleId) },
  );
  return rows.map((row) => ({
    ruleUuid: row.rule_id,
    workspaceUuid: row.workspace_id,
    sourceUuid: row.source_id,
    after: row.past_after,
  }));
}

/** The next of what waits in the rule's workspace and may be asked about; `lastUuid`: up to where it was looked. */
async function waitingFor(
  db: Db,
  rule: UnfinishedRule,
  after: string,
  nowMs: number,
): Promise<{ eventIds: EventId[]; lastUuid: string | null }> {
  type Row = {
    event_id: string;
    quarantined_at: Date;
    occurred_at: Date;
    names_click: boolean;
    is_of_source: boolean;
  };
  const { rows } = await db.raw<{ rows: Row[] }>(
    `SELECT q.event_id, q.quarantined_at, e.occurred_at, e.click_id IS NOT NULL AS names_click,
       CAST(:source AS uuid) IS NULL OR e.source_id = :source AS is_of_source
     FROM (
       SELECT event_id, quarantined_at FROM quarantine
       WHERE workspace_id = :workspace AND event_id > :after AND released_at IS NULL AND expired_at IS NULL
       ORDER BY event_id LIMIT :limit
     ) AS q
     JOIN events AS e ON e.event_id = q.event_id ORDER BY q.event_id`,
    { workspace: rule.workspaceUuid, source: rule.sourceUuid, after, limit: BATCH_ROWS },
  );
  const eventIds = rows
    .filter(({ is_of_source }) => is_of_source)
    .filter((row) => mayAskRules(toWaiting(row), nowMs))
    .map((row) => idFromUuid('evt', row.event_id));
  return { eventIds, lastUuid: rows.length < BATCH_ROWS ? null : (rows.at(-1)?.event_id ?? null) };
}

function toWaiting(row: { quarantined_at: Date; occurred_at: Date; names_click: boolean }): Waiting {
  return {
    quarantinedAtMs: row.quarantined_at.getTime(),
    occurredAtMs: row.occurred_at.getTime(),
    namesClick: row.names_click,
  };
}

/** Where the rule goes on; null when it has come to the end, or when another process has gone on meanwhile. */
async function noteProgress(
  db: Db,
  ruleUuid: string,
  from: string,
  to: string | null,
): Promise<string | null> {
  const { rowCount } = await db.raw<{ rowCount: number }>(
    'UPDATE quarantine_rules SET past_after = ? WHERE rule_id = ? AND past_after = ?',
    [to, ruleUuid, from],
  );
  return rowCount > 0 ? to : null;
}

/**
 * Releases those of the waiting events to which the enabled rules find exactly one click, and notes what they found
 * for the others. One that cannot be released keeps no other waiting.
 */
export async function tryRules(db: Db, eventIds: readonly EventId[], nowMs: number): Promise<Outcome> {
  const released: EventId[] = [];
  const failures: unknown[] = [];
  const subjects = await loadSubjects(db, eventIds);
  const matches = await findRuleMatches(db, subjects);
  for (const { eventId, workspaceId } of subjects) {
    const match = matches.get(eventId);
    if (match?.outcome !== 'matched') continue;
    try {
      released.push(...(await matchByRule(db, { ...match, workspaceId, eventId, nowMs })));
    } catch (error) {
      failures.push(error);
    }
  }
  await noteFound(db, matches, nowMs);
  return { released, failures };
}

type SubjectRow = {
  event_id: string;
  workspace_id: string;
  source_id: string;
  occurred_at: Date;
  click_ref: string | null;
  transaction_key: string;
  external_id: string | null;
  attributes: object;
  body: unknown;
};

async function loadSubjects(db: Db, eventIds: readonly EventId[]): Promise<RuleSubject[]> {
  if (eventIds.length === 0) return [];
  const { rows } = await db.raw<{ rows: SubjectRow[] }>(
    `SELECT e.event_id, e.workspace_id, e.source_id, e.occurred_at, e.click_ref, e.transaction_key, p.external_id,
       e.attributes, raw.body
     FROM events AS e
     LEFT JOIN players AS p ON p.player_id = e.player_id
     LEFT JOIN event_raw AS raw ON raw.event_id = e.event_id
     WHERE e.event_id = ANY(?) ORDER BY e.event_id`,
    [eventIds.map(uuidFromId)],
  );
  return rows.map(toSubject);
}

/** What rules found for those that wait on. A row that is being released needs no note, so nobody is waited for. */
async function noteFound(db: Db, matches: ReadonlyMap<EventId, RuleMatch>, nowMs: number): Promise<void> {
  const notes = [...matches].flatMap(([eventId, match]) =>
    match.outcome === 'unmatched' ? [{ event_id: uuidFromId(eventId), found: match.found }] : [],
  );
  if (notes.length === 0) return;
  await db.raw(
    `UPDATE quarantine AS q SET rules_found = noted.found, rules_tried_at = :now, rules_due_at = :now
     FROM (
       SELECT w.event_id, n.found
       FROM jsonb_to_recordset(CAST(:notes AS jsonb)) AS n(event_id uuid, found integer)
       JOIN quarantine AS w ON w.event_id = n.event_id
       WHERE w.released_at IS NULL FOR UPDATE OF w SKIP LOCKED
     ) AS noted
     WHERE q.event_id = noted.event_id`,
    { notes: JSON.stringify(notes), now: new Date(nowMs) },
  );
}

function toSubject(row: SubjectRow): RuleSubject {
  return {
    eventId: idFromUuid('evt', row.event_id),
    workspaceId: idFromUuid('wsp', row.workspace_id),
    sourceId: idFromUuid('src', row.source_id),
    occurredAtMs: row.occurred_at.getTime(),
    clickRef: row.click_ref,
    transactionKey: row.transaction_key,
    playerExternalId: row.external_id,
    attributes: row.attributes,
    rawBody: row.body,
  };
}
