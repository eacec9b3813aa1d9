import { type ClickId, type EventId, type PlayerId, uuidFromId } from '../../domain/ids';
import type { QuarantineReason } from '../../domain/quarantine/explanation';
import type { RuleMatch } from '../../domain/quarantine/rule-match';
import { firstLookMs } from '../../domain/quarantine/waiting';
import type { Db } from '../knex';
import { mintId } from '../mint-id';
import type { Arrival } from './event-receipts';
import { type BatchColumn, rowBatch } from './row-batch';

/** Why an event waits; that a word is unknown keeps a report from being an event at all. */
export type EventQuarantineReason = Exclude<QuarantineReason, 'unmapped_status'>;

export type NamedClick = {
  /** Null when the sender's text is no click id, or that of another workspace's click. */
  readonly clickId: ClickId | null;
  readonly isKnown: boolean;
};

/** An event whose receipt is new, with everything that decides what happens to it next. */
export type Fact = Arrival & {
  readonly playerId: PlayerId | null;
  readonly click: NamedClick;
  /** Null when it can be settled. */
  readonly reason: EventQuarantineReason | null;
  /** What the rules said of an event that would have to wait; null when none was asked. */
  readonly match: RuleMatch | null;
  readonly nowMs: number;
};

/** Whether the event goes on to its settlement, by itself or because a rule has matched it. */
export function goesOn({ reason, match }: Fact): boolean {
  return reason === null || match?.outcome === 'matched';
}

const FACT_COLUMNS: readonly BatchColumn<Fact>[] = [
  ['event_id', 'uuid', ({ id }) => uuidFromId(id)],
  ['workspace_id', 'uuid', ({ event }) => uuidFromId(event.workspaceId)],
  ['brand_id', 'uuid', ({ event }) => uuidFromId(event.brandId)],
  ['source_id', 'uuid', ({ event }) => uuidFromId(event.sourceId)],
  ['kind', 'text', ({ event }) => event.kind],
  ['trust', 'text', ({ event }) => event.trust],
  ['sender_event_id', 'text', ({ event }) => event.senderEventId],
  ['transaction_key', 'text', ({ event }) => event.transactionKey],
  ['status', 'text', ({ event }) => event.status],
  ['refers_to', 'text', ({ event }) => event.refersTo],
  ['click_ref', 'text', ({ event }) => event.clickRef],
  ['click_id', 'uuid', ({ click }) => (click.clickId === null ? null : uuidFromId(click.clickId))],
  ['click_was_known', 'boolean', ({ click }) => click.isKnown],
  ['player_id', 'uuid', ({ playerId }) => (playerId === null ? null : uuidFromId(playerId))],
  ['amount_minor', 'bigint', ({ event }) => event.money?.amountMinor.toString() ?? null],
  ['currency', 'text', ({ event }) => event.money?.currency ?? null],
  ['occurred_at', 'timestamptz', ({ event, receivedAtMs }) => event.occurredAtMs ?? receivedAtMs],
  ['occurred_at_source', 'text', ({ event }) => (event.occurredAtMs === null ? 'receipt' : 'sender')],
  ['received_at', 'timestamptz', ({ receivedAtMs }) => receivedAtMs],
  ['attributes', 'jsonb', ({ event }) => JSON.stringify(event.attributes)],
  ['is_test', 'boolean', ({ event }) => event.isTest],
  ['period_from', 'timestamptz', ({ event }) => event.period?.fromMs ?? null],
  ['period_to', 'timestamptz', ({ event }) => event.period?.toMs ?? null],
  ['excluded_until', 'timestamptz', ({ event }) => event.untilMs ?? null],
];

const RAW_COLUMNS: readonly BatchColumn<Fact>[] = [
  ['body', 'jsonb', ({ event }) => JSON.stringify(event.raw.body) ?? 'null'],
  ['ip', 'inet', ({ event }) => event.raw.ip],
  ['user_agent', 'text', ({ event }) => event.raw.userAgent],
];

/** Where an event waits, or has waited for no time because a rule took it out at once; all null for one that may go. */
const PLACE_COLUMNS: readonly BatchColumn<Fact>[] = [
  ['goes_on', 'boolean', goesOn],
  ['at', 'timestamptz', ({ nowMs }) => nowMs],
  ['reason', 'text', ({ reason }) => reason],
  ['rules_tried_at', 'timestamptz', ({ match, nowMs }) => (match === null ? null : nowMs)],
  ['look_again_at', 'timestamptz', (fact) => lookAgainMs(fact)],
  ['rules_found', 'integer', ({ match }) => foundBy(match)],
  ['released_by', 'text', ({ match }) => (match?.outcome === 'matched' ? `rule:${match.ruleId}` : null)],
  [
    'matched_click_id',
    'uuid',
    ({ match }) => (match?.outcome === 'matched' ? uuidFromId(match.clickId) : null),
  ],
  ['audit_id', 'uuid', ({ nowMs }) => uuidFromId(mintId('aud', nowMs))],
  ['subject', 'text', ({ id }) => id],
  ['detail', 'jsonb', ({ id, match }) => JSON.stringify(detailOf(id, match))],
];

function lookAgainMs({ event, receivedAtMs, click, match, nowMs }: Fact): number {
  const occurredAtMs = event.occurredAtMs ?? receivedAtMs;
  const waiting = { quarantinedAtMs: nowMs, occurredAtMs, namesClick: click.clickId !== null };
  return firstLookMs(waiting, match !== null);
}

function foundBy(match: RuleMatch | null): number | null {
  if (match === null) return null;
  return match.outcome === 'matched' ? 1 : match.found;
}

function detailOf(id: EventId, match: RuleMatch | null): object {
  return match?.outcome === 'matched' ? { clickId: match.clickId, released: [id] } : {};
}

const FACTS = rowBatch<Fact>([...FACT_COLUMNS, ...RAW_COLUMNS, ...PLACE_COLUMNS]);
const COLUMNS_OF_EVENTS = FACT_COLUMNS.map(([name]) => name).join(', ');

const INSERT_FACTS = `
  WITH given AS (${FACTS.select}), fact AS (
    INSERT INTO events (${COLUMNS_OF_EVENTS}, sweep_after)
    SELECT ${COLUMNS_OF_EVENTS}, CASE WHEN goes_on THEN now() + interval '1 minute' ELSE 'infinity' END FROM given
  ), raw AS (
    INSERT INTO event_raw (event_id, body, ip, user_agent) SELECT event_id, body, ip, user_agent FROM given
  ), place AS (
    INSERT INTO quarantine (event_id, workspace_id, reason, quarantined_at, look_again_at, rules_tried_at,
      rules_due_at, rules_found, released_at, released_by, matched_click_id)
    SELECT event_id, workspace_id, reason, at, look_again_at, rules_tried_at, rules_tried_at, rules_found,
      CASE WHEN released_by IS NOT NULL THEN at END, released_by, matched_click_id
    FROM given WHERE reason IS NOT NULL
  ), log AS (
    INSERT INTO audit (audit_id, workspace_id, at, actor, action, subject, cause, detail)
    SELECT audit_id, workspace_id, at, released_by, 'quarantine.matched', subject, 'arrival', detail
    FROM given WHERE released_by IS NOT NULL
  )
  INSERT INTO outbox (lane, kind, workspace_id, ref_id, available_at)
  SELECT 0, 'event', workspace_id, event_id, at FROM given WHERE goes_on
  RETURNING pg_notify('outbox', '')`;

/**
 * Facts, raw bodies and what has to happen next, in one statement: the outbox row, with the relay's wake-up; or the
 * place in quarantine; or, when a rule has matched the event at once, both and the audit of it.
 */
export async function insertFacts(trx: Db, facts: readonly Fact[]): Promise<void> {
  if (facts.length > 0) await trx.raw(INSERT_FACTS, FACTS.bindings(facts));
}
