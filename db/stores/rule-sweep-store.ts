import { type EventId, idFromUuid, type QuarantineRuleId, uuidFromId } from '../../domain/ids';
import type { RuleMatch } from '../../domain/quarantine/rule-match';
import { HOUR_MS, MAX_CLOCK_LEAD_MS, MINUTE_MS } from '../../domain/time';
import type { Db } from '../knex';
import { matchByRule } from './quarantine-store';
import { findRuleMatches, type RuleSubject } from './rule-match-store';

/** So long an event that names a click of ours waits for that one before rules may look for another. */
const NAMED_CLICK_GRACE_MS = HOUR_MS;

/** A click may come after its event, so rules look again: at first after a minute, in the end every quarter of an hour. */
const SHORTEST_PAUSE_MS = MINUTE_MS;
const LONGEST_PAUSE_MS = 15 * MINUTE_MS;

type Claimed = {
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

/** Each batch is claimed and worked off before the next, so that a round that is cut short has done its part. */
const BATCH_ROWS = 100;
/** Of one round; what is left is due in the next, a minute later. */
const MAX_BATCHES = 10;

/**
 * Applies the rules to waiting events, those first that were tried longest ago; gives the released ones. With a rule
 * given, to what that rule concerns, due or not. Several processes may do so at once: a claim is one statement that
 * marks its rows as tried, and a process that dies after it has only put them off until they are due again.
 */
export async function applyRules(db: Db, nowMs: number, ruleId?: QuarantineRuleId): Promise<EventId[]> {
  const released: EventId[] = [];
  const failures: unknown[] = [];
  for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
    const subjects = (await claim(db, nowMs, ruleId)).map(toSubject);
    const matches = await findRuleMatches(db, subjects);
    for (const { eventId, workspaceId } of subjects) {
      const match = matches.get(eventId);
      if (match?.outcome !== 'matched') continue;
      try {
        released.push(...(await matchByRule(db, { ...match, workspaceId, eventId, nowMs })));
      } catch (error) {
        // One that always fails must not keep those waiting that are claimed with it.
        failures.push(error);
      }
    }
    await noteFound(db, matches);
    if (subjects.length < BATCH_ROWS) break;
  }
  if (failures.length > 0) throw new AggregateError(failures, 'events could not be released by rules');
  return released;
}

async function claim(db: Db, nowMs: number, ruleId?: QuarantineRuleId): Promise<Claimed[]> {
  const { rows } = await db.raw<{ rows: Claimed[] }>(
    `WITH due AS (
       SELECT q.event_id FROM quarantine AS q JOIN events AS e ON e.event_id = q.event_id
       WHERE q.released_at IS NULL AND e.occurred_at <= :believable
         AND (e.click_id IS NULL OR q.quarantined_at <= :graceOver)
         AND (q.rules_tried_at IS NULL OR q.rules_tried_at < :now)
         AND (q.rules_due_at IS NULL OR q.rules_due_at <= :now OR CAST(:rule AS uuid) IS NOT NULL)
         AND EXISTS (
           SELECT 1 FROM quarantine_rules AS r
           WHERE r.workspace_id = q.workspace_id AND r.is_enabled AND (r.source_id IS NULL OR r.source_id = e.source_id)
             AND (CAST(:rule AS uuid) IS NULL OR r.rule_id = :rule))
       ORDER BY q.rules_tried_at NULLS FIRST LIMIT :limit FOR UPDATE OF q SKIP LOCKED
     ), claimed AS (
       UPDATE quarantine AS q SET rules_tried_at = :now, rules_due_at = CAST(:now AS timestamptz) + least(
         greatest((CAST(:now AS timestamptz) - q.quarantined_at) / 4, CAST(:shortest AS interval)),
         CAST(:longest AS interval))
       FROM due WHERE q.event_id = due.event_id RETURNING q.event_id
     )
     SELECT e.event_id, e.workspace_id, e.source_id, e.occurred_at, e.click_ref, e.transaction_key, p.external_id,
       e.attributes, raw.body
     FROM claimed
     JOIN events AS e ON e.event_id = claimed.event_id
     LEFT JOIN players AS p ON p.player_id = e.player_id
     LEFT JOIN event_raw AS raw ON raw.event_id = e.event_id
     ORDER BY e.event_id`,
    {
      now: new Date(nowMs),
      believable: new Date(nowMs + MAX_CLOCK_LEAD_MS),
      graceOver: new Date(nowMs - NAMED_CLICK_GRACE_MS),
      shortest: `${SHORTEST_PAUSE_MS} milliseconds`,
      longest: `${LONGEST_PAUSE_MS} milliseconds`,
      rule: ruleId === undefined ? null : uuidFromId(ruleId),
      limit: BATCH_ROWS,
    },
  );
  return rows;
}

/** What rules found for those that wait on. A row that is being released needs no note, so nobody is waited for. */
async function noteFound(db: Db, matches: ReadonlyMap<EventId, RuleMatch>): Promise<void> {
  const notes = [...matches].flatMap(([eventId, match]) =>
    match.outcome === 'unmatched' ? [{ event_id: uuidFromId(eventId), found: match.found }] : [],
  );
  if (notes.length === 0) return;
  await db.raw(
    `UPDATE quarantine AS q SET rules_found = noted.found
     FROM (
       SELECT w.event_id, n.found
       FROM jsonb_to_recordset(?::jsonb) AS n(event_id uuid, found integer)
       JOIN quarantine AS w ON w.event_id = n.event_id
       WHERE w.released_at IS NULL FOR UPDATE OF w SKIP LOCKED
     ) AS noted
     WHERE q.event_id = noted.event_id`,
    [JSON.stringify(notes)],
  );
}

function toSubject(row: Claimed): RuleSubject {
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
