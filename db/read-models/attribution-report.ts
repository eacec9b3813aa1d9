import type { Currency } from '../../domain/currencies';
import { type CampaignId, idFromUuid, type PartnerId, uuidFromId, type WorkspaceId } from '../../domain/ids';
import type { ConversionKind } from '../../domain/settlement/books';
import { SECOND_MS } from '../../domain/time';
import type { Db } from '../knex';
import { lowestUuidAt } from '../partitions';
import { LONGEST_WINDOW_MS } from '../stores/touch-store';
import { groupsOf, largestGroupsSql, type Placed } from './largest-groups';
import { type Amount, nullableAmount } from './row-values';
import { isProvenSql } from './trust';

export const REPORT_GROUPS = ['partner', 'campaign', 'model'] as const;
export type ReportGroup = (typeof REPORT_GROUPS)[number];

/** Credit in whole conversions, as exact decimal text: three of them shared by two partners are "1.5" each. */
type Credited = {
  readonly conversions: readonly { readonly event: ConversionKind; readonly credited: string }[];
  readonly firstDeposits: string;
  readonly value: readonly Amount[];
};

/** What one partner, campaign or model is credited with in a span. */
export type Attribution = Credited & {
  /** Credited to impressions because there was no click; in none of the other numbers, and never paid. */
  readonly viewThrough: Credited;
  /** Conversions that a click of the group led to without getting credit, each once. */
  readonly assistedConversions: number;
  /** Lead theft: how often it came between another partner's click and the event, suffered that, and was refused. */
  readonly contests: { readonly given: number; readonly received: number; readonly refused: number };
};

export type AttributionReport = {
  /** Those with the most credit, most first. The key: partner, campaign or model; null: touches of no partner. */
  readonly groups: readonly (Attribution & { readonly key: PartnerId | CampaignId | string | null })[];
  /** All other groups together; a conversion that several of them assisted counts for each. Null when there are none. */
  readonly rest: Attribution | null;
  readonly leftOut: number;
};

type Row = Placed & {
  metric: 'conversions' | 'first_deposits' | 'value' | 'assisted' | 'given' | 'received' | 'refused';
  touch_kind: 'click' | 'view';
  /** The kind of conversion, or the currency. */
  detail: string | null;
  total: string;
};

/** By what a touch `t` of a conversion `c`, and a click of a contest, belong to a group. */
const KEYS: Readonly<
  Record<
    ReportGroup,
    { touch: string; join: string; challenger: string; protected: string; ofContest: string }
  >
> = {
  partner: {
    touch: 't.partner_id::text',
    join: '',
    challenger: 'n.challenger_partner_id::text',
    protected: 'n.protected_partner_id::text',
    ofContest: '',
  },
  campaign: {
    touch: 'coalesce(k.campaign_id, i.campaign_id)::text',
    join: `LEFT JOIN clicks AS k ON t.touch_kind = 'click' AND k.click_id = t.touch_id
      LEFT JOIN impressions AS i ON t.touch_kind = 'view' AND i.impression_id = t.touch_id`,
    challenger: 'x.campaign_id::text',
    protected: 'y.campaign_id::text',
    ofContest: `JOIN clicks AS x ON x.click_id = n.challenger_click_id
      JOIN clicks AS y ON y.click_id = n.protected_click_id`,
  },
  // A binding's reason is the model by which it was made.
  model: {
    touch: 'c.attribution_model',
    join: '',
    challenger: 'b.reason',
    protected: 'b.reason',
    ofContest: '',
  },
};

/**
 * What partners, campaigns or models are credited with in a span of the conversions' own time. Only conversions that
 * count are told, so a refused one has no part in anything. One statement.
 */
export async function readAttributionReport(
  db: Db,
  workspaceId: WorkspaceId,
  span: { readonly fromMs: number; readonly toMs: number },
  group: ReportGroup,
): Promise<AttributionReport> {
  const { rows } = await db.raw<{ rows: Row[] }>(statement(group), {
    workspace: uuidFromId(workspaceId),
    from: new Date(span.fromMs),
    to: new Date(span.toMs),
    oldestClick: lowestUuidAt(Math.max(0, span.fromMs - LONGEST_WINDOW_MS)),
    // A binding event counts to the end of its second.
    newestClick: lowestUuidAt(span.toMs + SECOND_MS),
  });
  const { groups, rest, leftOut } = groupsOf(rows);
  return {
    groups: groups.map(({ key, rows: own }) => ({
      key: key === null ? null : keyOf(group, key),
      ...attributionOf(own),
    })),
    rest: leftOut === 0 ? null : attributionOf(rest),
    leftOut,
  };
}

function statement(group: ReportGroup): string {
  const { touch, join, challenger, protected: defender, ofContest } = KEYS[group];
  const none = `'click' AS touch_kind, NULL AS detail`;
  return largestGroupsSql({
    beside: ['metric', 'touch_kind', 'detail'],
    metrics: ['total'],
    // Clicks that only assisted can be made by anybody.
    sizes: [`CASE WHEN metric IN ('first_deposits', 'conversions') THEN total END`, 'total'],
    rows: `WITH counted AS (
      SELECT n.conversion_id, n.kind, n.is_first_deposit, n.currency, n.attribution_model FROM conversions AS n
      WHERE n.workspace_id = :workspace AND n.occurred_at >= :from AND n.occurred_at < :to
        AND n.status IN ('qualified', 'approved', 'paid') AND ${isProvenSql('n')}
    ), credits AS (
      SELECT ${touch} AS key, t.touch_kind, c.kind, c.is_first_deposit, c.currency, t.weight_ppm, t.amount_minor
      FROM counted AS c JOIN attribution_credits AS t ON t.conversion_id = c.conversion_id ${join}
    ), contests AS (
      SELECT ${challenger} AS challenger, ${defender} AS defender, n.is_refused
      FROM contested_touches AS n JOIN player_bindings AS b ON b.player_id = n.player_id ${ofContest}
      WHERE n.workspace_id = :workspace AND n.challenger_click_id >= :oldestClick AND n.challenger_click_id < :newestClick
        AND b.bound_at >= :from AND b.bound_at < :to
    ), numbers AS (
      SELECT key, 'conversions' AS metric, touch_kind, kind AS detail, sum(weight_ppm) AS total
      FROM credits GROUP BY key, touch_kind, kind
      UNION ALL
      SELECT key, 'first_deposits', touch_kind, NULL, sum(weight_ppm)
      FROM credits WHERE is_first_deposit GROUP BY key, touch_kind
      UNION ALL
      SELECT key, 'value', touch_kind, currency, sum(amount_minor)
      FROM credits WHERE amount_minor IS NOT NULL GROUP BY key, touch_kind, currency
      UNION ALL
      SELECT ${touch} AS key, 'assisted', ${none}, count(DISTINCT c.conversion_id)
      FROM counted AS c JOIN losing_touches AS t ON t.conversion_id = c.conversion_id ${join}
      WHERE t.reason = 'assisted' AND t.touch_kind = 'click' GROUP BY 1
      UNION ALL
      SELECT challenger, 'given', ${none}, count(*) FROM contests GROUP BY challenger
      UNION ALL
      SELECT defender, 'received', ${none}, count(*) FROM contests GROUP BY defender
      UNION ALL
      SELECT challenger, 'refused', ${none}, count(*) FROM contests WHERE is_refused GROUP BY challenger
    )
    SELECT key, metric, touch_kind, detail, total FROM numbers`,
  });
}

function attributionOf(rows: readonly Row[]): Attribution {
  const countOf = (metric: Row['metric']) => Number(rows.find((row) => row.metric === metric)?.total ?? 0);
  return {
    ...creditedOf(rows.filter(({ touch_kind }) => touch_kind === 'click')),
    viewThrough: creditedOf(rows.filter(({ touch_kind }) => touch_kind === 'view')),
    assistedConversions: countOf('assisted'),
    contests: { given: countOf('given'), received: countOf('received'), refused: countOf('refused') },
  };
}

function keyOf(group: ReportGroup, key: string): PartnerId | CampaignId | string {
  switch (group) {
    case 'partner':
      return idFromUuid('ptn', key);
    case 'campaign':
      return idFromUuid('cmp', key);
    case 'model':
      return key;
  }
}

function creditedOf(rows: readonly Row[]): Credited {
  return {
    conversions: rows
      .filter(({ metric }) => metric === 'conversions')
      .map(({ detail, total }) => ({ event: detail as ConversionKind, credited: wholesOf(total) })),
    firstDeposits: wholesOf(rows.find(({ metric }) => metric === 'first_deposits')?.total ?? '0'),
    value: rows
      .filter(({ metric }) => metric === 'value')
      .flatMap(({ detail, total }) => nullableAmount(BigInt(total), detail as Currency | null) ?? []),
  };
}

/** Parts per million as whole conversions: "1500000" is "1.5". */
function wholesOf(ppm: string): string {
  const digits = ppm.padStart(7, '0');
  const fraction = digits.slice(-6).replace(/0+$/, '');
  const whole = digits.slice(0, -6);
  return fraction === '' ? whole : `${whole}.${fraction}`;
}
