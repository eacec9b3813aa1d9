import type { Currency } from '../../domain/currencies';
import type { DepositStatus, EventKind, Trust } from '../../domain/facts';
import type { Verdict } from '../../domain/fraud/verdict';
import { type ClickId, type ConversionId, type EventId, idFromUuid, uuidFromId } from '../../domain/ids';
import type { Db } from '../knex';
import { type BoundedList, boundedList } from './bounded-list';
import {
  type Amount,
  nullableAmount,
  nullableId,
  nullableIso,
  nullableVerdict,
  type VerdictColumns,
} from './row-values';

/** Why an event is told with a conversion, the first that fits. */
export const FACT_ROLES = [
  'standing',
  'same_transaction',
  'binding',
  'chargeback',
  'self_exclusion',
] as const;
export type FactRole = (typeof FACT_ROLES)[number];

/** A verdict and the version of the rules that gave it. */
export type RuledVerdict = Verdict & { readonly rulesVersion: number };

/** An event that a conversion rests on. Nothing in it names a person. */
export type ExplainedFact = {
  readonly eventId: EventId;
  readonly role: FactRole;
  readonly event: EventKind;
  readonly senderEventId: string;
  readonly transactionId: string;
  readonly status: DepositStatus | null;
  readonly value: Amount | null;
  /** Of a chargeback: the deposit that the sender named. */
  readonly refersTo: string | null;
  /** Of a self-exclusion: its end; null: none. */
  readonly until: string | null;
  /** The click that the sender named, or an operator matched. */
  readonly clickId: ClickId | null;
  readonly occurredAt: string;
  /** Whether the sender said when it occurred, or it counts as of its receipt. */
  readonly occurredAtSource: 'sender' | 'receipt';
  readonly receivedAt: string;
  readonly trust: Trust;
  readonly source: { readonly name: string; readonly kind: string };
  readonly verdict: RuledVerdict;
  /** On the click that the event names: its reasons are taken over. */
  readonly clickVerdict: RuledVerdict | null;
};

const FACTS_MAX = 50;

type Row = {
  event_id: string;
  role: FactRole;
  kind: EventKind;
  sender_event_id: string;
  transaction_key: string;
  status: DepositStatus | null;
  amount_minor: bigint | null;
  currency: Currency | null;
  refers_to: string | null;
  excluded_until: Date | null;
  click_id: string | null;
  occurred_at: Date;
  occurred_at_source: 'sender' | 'receipt';
  received_at: Date;
  trust: Trust;
  source_name: string;
  source_kind: string;
  verdict: StoredVerdict;
  click_verdict: StoredVerdict;
};

type StoredVerdict = VerdictColumns & { readonly rulesVersion: number | null };

// A chargeback names a deposit by an event id of it; by its transaction only when no deposit has that event id.
const NAMED = `SELECT e.event_id, CASE WHEN e.event_id = n.event_id THEN 1 ELSE 2 END AS rank
    FROM n JOIN events AS e ON e.workspace_id = n.workspace_id AND e.brand_id = n.brand_id AND e.kind = n.kind
      AND e.transaction_key = n.transaction_key AND e.player_id IS NOT DISTINCT FROM n.player_id
  UNION ALL
  SELECT b.binding_event_id, 3 FROM n JOIN player_bindings AS b ON b.player_id = n.player_id
  UNION ALL
  SELECT e.event_id, 4
    FROM n JOIN events AS e ON e.player_id = n.player_id AND e.kind = 'chargeback'
    LEFT JOIN LATERAL (
      SELECT d.transaction_key FROM events AS d
      WHERE d.player_id = n.player_id AND d.kind = 'deposit' AND d.sender_event_id = e.refers_to
      ORDER BY d.transaction_key LIMIT 1
    ) AS meant ON true
    WHERE n.kind = 'deposit' AND coalesce(meant.transaction_key, e.refers_to) = n.transaction_key
  UNION ALL
  SELECT e.event_id, 5 FROM n JOIN events AS e ON e.player_id = n.player_id AND e.kind = 'self_exclusion'`;

const verdictOf = (alias: string) => `jsonb_build_object('outcome', ${alias}.outcome, 'score', ${alias}.score,
  'reasons', ${alias}.reasons, 'rulesVersion', ${alias}.rules_version)`;

/** The facts of a conversion by their own time. Tests and what is still in quarantine decide nothing and are not told. */
export async function readExplainedFacts(
  db: Db,
  conversionId: ConversionId,
): Promise<BoundedList<ExplainedFact>> {
  const { rows } = await db.raw<{ rows: Row[] }>(
    `WITH n AS (SELECT * FROM conversions WHERE conversion_id = ?),
     named AS (SELECT event_id, min(rank) AS rank FROM (${NAMED}) AS every GROUP BY event_id)
     SELECT e.event_id, (?::text[])[named.rank] AS role, e.kind, e.sender_event_id, e.transaction_key, e.status,
       e.amount_minor, e.currency, e.refers_to, e.excluded_until, e.occurred_at, e.occurred_at_source, e.received_at,
       e.trust, coalesce(q.matched_click_id, e.click_id) AS click_id, s.name AS source_name, s.kind AS source_kind,
       ${verdictOf('v')} AS verdict, ${verdictOf('f')} AS click_verdict
     FROM named
     JOIN events AS e ON e.event_id = named.event_id
     JOIN sources AS s ON s.source_id = e.source_id
     JOIN verdicts AS v ON v.subject_kind = 'event' AND v.subject_id = e.event_id
     LEFT JOIN quarantine AS q ON q.event_id = e.event_id
     LEFT JOIN verdicts AS f ON f.subject_kind = 'click' AND f.subject_id = coalesce(q.matched_click_id, e.click_id)
       AND f.workspace_id = e.workspace_id
     WHERE NOT e.is_test AND (q.event_id IS NULL OR q.released_at IS NOT NULL)
     ORDER BY named.rank, e.occurred_at, e.event_id LIMIT ?`,
    [uuidFromId(conversionId), [...FACT_ROLES], FACTS_MAX + 1],
  );
  const { items, isCut } = boundedList(rows, FACTS_MAX, toFact);
  return { items: [...items].sort((a, b) => (a.occurredAt < b.occurredAt ? -1 : 1)), isCut };
}

function toFact(row: Row): ExplainedFact {
  const verdict = toVerdict(row.verdict);
  if (verdict === null) throw new Error(`event ${row.event_id} has no verdict`);
  return {
    eventId: idFromUuid('evt', row.event_id),
    role: row.role,
    event: row.kind,
    senderEventId: row.sender_event_id,
    transactionId: row.transaction_key,
    status: row.status,
    value: nullableAmount(row.amount_minor, row.currency),
    refersTo: row.refers_to,
    until: nullableIso(row.excluded_until),
    clickId: nullableId('clk', row.click_id),
    occurredAt: row.occurred_at.toISOString(),
    occurredAtSource: row.occurred_at_source,
    receivedAt: row.received_at.toISOString(),
    trust: row.trust,
    source: { name: row.source_name, kind: row.source_kind },
    verdict,
    clickVerdict: toVerdict(row.click_verdict),
  };
}

function toVerdict({ rulesVersion, ...columns }: StoredVerdict): RuledVerdict | null {
  const verdict = nullableVerdict(columns);
  return verdict === null || rulesVersion === null ? null : { ...verdict, rulesVersion };
}
