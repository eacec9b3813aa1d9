import type { Measure } from '../../domain/value/tally';
import { CREDITS_OF_N, shareOfT, WEIGHT_OF_T } from './credit-shares';
import { localDaySql } from './scenario-cover';
import { standingNgrSql } from './standing-ngr';

/** SQL: the first moment of the range, and the first one after it. Bind :from and :to, days, and :zone. */
export const RANGE_FROM = '(CAST(:from AS date)::timestamp AT TIME ZONE CAST(:zone AS text))';
export const RANGE_TO = '((CAST(:to AS date) + 1)::timestamp AT TIME ZONE CAST(:zone AS text))';
/** SQL: whether click `c` was made in the range. Found by its key, which carries the time. */
export const CLICKED_IN_RANGE = `c.click_id >= lowest_uuid_at(${RANGE_FROM}) AND c.click_id < lowest_uuid_at(${RANGE_TO})
  AND c.clicked_at >= ${RANGE_FROM} AND c.clicked_at < ${RANGE_TO}`;
const day = (at: string) => localDaySql(at, 'CAST(:zone AS text)');
const labels = (utm: string) =>
  `${utm}->>'utm_source' AS source, ${utm}->>'utm_content' AS creative, ${utm}->>'utm_term' AS keyword`;

/*
 * Each source of facts is one SELECT of the same columns, which a report adds up by any of them:
 * measure, subject (what is counted when it cannot be converted), ppm, is_first, is_valuable, amount, currency,
 * at (the own moment; null for spend, which has only a day), rated_at (the moment of its rate), day, and the groups.
 */

/** A click costs what the version of the campaign says under which it was made. */
const CLICKS = `SELECT 'click' AS measure, c.click_id AS subject, 1000000::bigint AS ppm, false AS is_first,
    false AS is_valuable, p.click_cost_minor::numeric AS amount, p.click_cost_currency AS currency,
    c.clicked_at AS at, c.clicked_at AS rated_at,
    ${day('c.clicked_at')} AS day, c.campaign_id, c.partner_id, ${labels('c.utm')}, NULL::text AS country, c.device
  FROM clicks AS c
  JOIN campaign_versions AS p ON p.campaign_id = c.campaign_id AND p.version = c.campaign_version
  WHERE c.workspace_id = :workspace AND ${CLICKED_IN_RANGE} AND NOT c.is_test`;

/** Conversions `n` whose facts are wanted. */
type ConversionSource = {
  /** SQL: the rows, as a table or a query in brackets. */
  readonly rows: string;
  /** SQL: the day of a moment. */
  day(at: string): string;
};

const OF_RANGE: ConversionSource = {
  rows: `(SELECT * FROM conversions AS x
    WHERE x.workspace_id = :workspace AND x.occurred_at >= ${RANGE_FROM} AND x.occurred_at < ${RANGE_TO})`,
  day,
};

const plain = (
  source: ConversionSource,
) => `SELECT n.kind, n.conversion_id, ${WEIGHT_OF_T}::bigint, false, false, NULL::numeric, NULL::text,
    n.occurred_at, n.occurred_at, ${source.day('n.occurred_at')}, t.campaign_id, t.partner_id, ${labels('t.utm')},
    e.attributes->>'country', t.device
  FROM ${source.rows} AS n
  JOIN events AS e ON e.event_id = n.event_id
  ${CREDITS_OF_N}
  WHERE n.kind IN ('install', 'registration') AND n.status NOT IN ('pending', 'rejected', 'reversed')
    AND e.trust <> 'public'`;

/** What chargebacks took of deposit `n`: those that refer to one of its events, else to its transaction. */
const TAKEN_BACK = `LEFT JOIN LATERAL (
    SELECT sum(b.amount_minor) AS minor
    FROM events AS b
    JOIN verdicts AS v ON v.subject_kind = 'event' AND v.subject_id = b.event_id AND v.outcome <> 'block'
    LEFT JOIN quarantine AS q ON q.event_id = b.event_id
    WHERE b.player_id = n.player_id AND b.kind = 'chargeback' AND b.currency = n.currency AND NOT b.is_test
      AND (q.event_id IS NULL OR q.released_at IS NOT NULL)
      AND n.transaction_key = coalesce((SELECT min(d.transaction_key COLLATE "C") FROM events AS d
        WHERE d.player_id = b.player_id AND d.kind = 'deposit' AND d.sender_event_id = b.refers_to), b.refers_to)
  ) AS taken ON true`;

const NET = 'greatest(n.amount_minor - coalesce(taken.minor, 0), 0)';

/**
 * A deposit counts once it is confirmed, and until it is refused or taken back whole. It is valuable when it passes
 * fraud: what waits for a person does not yet, what only waits for a rate does.
 */
const deposits = (
  source: ConversionSource,
) => `SELECT 'deposit', n.conversion_id, ${WEIGHT_OF_T}::bigint, n.is_first_deposit,
    n.status <> 'pending' OR n.reason = 'currency_mismatch',
    CASE WHEN ${NET} = n.amount_minor AND t.credited_minor IS NOT NULL THEN t.credited_minor
      ELSE ${shareOfT(NET)} END,
    n.currency, n.occurred_at, n.occurred_at, ${source.day('n.occurred_at')}, t.campaign_id, t.partner_id,
    ${labels('t.utm')}, e.attributes->>'country', t.device
  FROM ${source.rows} AS n
  JOIN events AS e ON e.event_id = n.event_id
  ${TAKEN_BACK}
  ${CREDITS_OF_N}
  WHERE n.kind = 'deposit' AND e.status = 'confirmed' AND n.status NOT IN ('rejected', 'reversed')`;

/** NGR follows the credit of the player's first deposit, or of the registration while there is none. */
const NGR = `SELECT 'ngr', g.event_id, ${WEIGHT_OF_T}::bigint, false, false, ${shareOfT('g.amount_minor')}, g.currency,
    g.at, g.at, ${day('g.at')}, t.campaign_id, t.partner_id, ${labels('t.utm')}, n.country, t.device
  FROM (${standingNgrSql(RANGE_FROM, RANGE_TO)}) AS g
  LEFT JOIN LATERAL (
    SELECT c.conversion_id, e.attributes->>'country' AS country
    FROM conversions AS c
    JOIN events AS e ON e.event_id = c.event_id
    WHERE c.player_id = g.player_id AND (c.is_first_deposit OR c.kind = 'registration')
      AND EXISTS (SELECT FROM attribution_credits AS x WHERE x.conversion_id = c.conversion_id)
    ORDER BY c.is_first_deposit DESC, c.occurred_at, c.conversion_id LIMIT 1
  ) AS n ON true
  ${CREDITS_OF_N}`;

/** A cost of several days is spread over them evenly and to the minor unit; a day's rate is the last one of that day. */
const SPEND = `SELECT 'spend', k.cost_id, 0::bigint, false, false,
    div(k.amount_minor::numeric * (i.nth + 1), k.days) - div(k.amount_minor::numeric * i.nth, k.days), k.currency,
    NULL::timestamptz, ((k.from_day + i.nth + 1)::timestamp AT TIME ZONE CAST(:zone AS text)) - interval '1 microsecond',
    k.from_day + i.nth, k.campaign_id, k.partner_id, k.source, k.creative, k.keyword, NULL::text, NULL::text
  FROM (SELECT DISTINCT ON (o.cost_id) o.*, o.to_day - o.from_day + 1 AS days FROM costs AS o
    WHERE o.workspace_id = :workspace AND o.to_day >= CAST(:from AS date) AND o.from_day <= CAST(:to AS date)
    ORDER BY o.cost_id, o.revision DESC) AS k
  CROSS JOIN LATERAL generate_series(greatest(CAST(:from AS date) - k.from_day, 0),
    least(CAST(:to AS date), k.to_day) - k.from_day) AS i (nth)`;

/** What the ledger has booked for the conversions, whenever it was booked. */
const commission = (
  source: ConversionSource,
) => `SELECT CASE l.kind WHEN 'cpa' THEN 'cpa_commission' ELSE 'other_commission' END, l.line_id,
    0::bigint, false, false, b.minor, b.currency, n.occurred_at, n.occurred_at, ${source.day('n.occurred_at')},
    l.campaign_id, l.partner_id, ${labels('c.utm')}, e.attributes->>'country', c.device
  FROM ${source.rows} AS n
  JOIN events AS e ON e.event_id = n.event_id
  JOIN commission_lines AS l ON l.conversion_id = n.conversion_id
  CROSS JOIN LATERAL (
    SELECT sum(y.amount_minor) AS minor, y.currency
    FROM ledger_journals AS j
    JOIN ledger_entries AS y ON y.journal_id = j.journal_id
    WHERE j.line_id = l.line_id AND y.account LIKE 'expense:commission:%'
    GROUP BY y.currency HAVING sum(y.amount_minor) <> 0
  ) AS b
  LEFT JOIN clicks AS c ON c.click_id = n.click_id`;

const FACTS: readonly { readonly measures: readonly Measure[]; readonly sql: string }[] = [
  { measures: ['click'], sql: CLICKS },
  { measures: ['install', 'registration'], sql: plain(OF_RANGE) },
  { measures: ['deposit'], sql: deposits(OF_RANGE) },
  { measures: ['ngr'], sql: NGR },
  { measures: ['spend'], sql: SPEND },
  { measures: ['cpa_commission', 'other_commission'], sql: commission(OF_RANGE) },
];

/** What every source of facts has as its columns: rows of none, which name them and their types. */
const NOTHING = `SELECT NULL::text AS measure, NULL::uuid AS subject, NULL::bigint AS ppm, NULL::boolean AS is_first,
  NULL::boolean AS is_valuable, NULL::numeric AS amount, NULL::text AS currency, NULL::timestamptz AS at,
  NULL::timestamptz AS rated_at, NULL::date AS day, NULL::uuid AS campaign_id, NULL::uuid AS partner_id,
  NULL::text AS source, NULL::text AS creative, NULL::text AS keyword, NULL::text AS country, NULL::text AS device
  WHERE false`;

/** SQL: the facts of some measures as rows of one shape. Binds :workspace, :from, :to and :zone. */
export function valueFactsSql(wanted: readonly Measure[]): string {
  const parts = FACTS.filter(({ measures }) => measures.some((measure) => wanted.includes(measure)));
  return unionOf(parts.map(({ sql }) => sql));
}

/** SQL: what some conversions are worth, as the reports of days have it; `rows` is a table or a query in brackets. */
export function conversionFactsSql(rows: string): string {
  const source: ConversionSource = { rows, day: () => 'NULL::date' };
  return unionOf([plain(source), deposits(source), commission(source)]);
}

function unionOf(selects: readonly string[]): string {
  return [NOTHING, ...selects].map((sql) => `(${sql})`).join(' UNION ALL ');
}
