import type { LosingReason } from '../../domain/attribution/attribute';
import { WHOLE_PPM } from '../../domain/attribution/credits';
import { explainLine } from '../../domain/commission/explain-line';
import type { LineKind, LineStage } from '../../domain/commission/line';
import type { Currency } from '../../domain/currencies';
import type { Trust } from '../../domain/facts';
import type { Verdict } from '../../domain/fraud/verdict';
import {
  type CampaignId,
  type ClickId,
  type ConversionId,
  type ImpressionId,
  idFromUuid,
  type PartnerId,
  type PlayerId,
  type PostbackId,
  parseId,
  uuidFromId,
  type WorkspaceId,
} from '../../domain/ids';
import { formatMinor } from '../../domain/money';
import type { ConversionKind, ConversionStatus } from '../../domain/settlement/books';
import type { Db } from '../knex';
import type { Page, PageRequest } from '../page';
import { fromStoredBasis, type StoredBasis } from '../stores/ledger-store';
import { cutPage } from './cut-page';
import {
  type Amount,
  nullableAmount,
  nullableId,
  nullableUuid,
  nullableVerdict,
  type VerdictColumns,
} from './row-values';
import { scenarioTagsSql } from './scenario-cover';

export type CreditView = {
  readonly touchKind: TouchKind;
  readonly touchId: ClickId | ImpressionId;
  readonly partnerId: PartnerId | null;
  /** The share of the conversion, 0 to 1. */
  readonly weight: number;
  /** The share of the value; null when the conversion has no value. */
  readonly amount: string | null;
};

/** A touch that was looked at and not credited, and why. */
export type LosingTouchView = {
  readonly touchKind: TouchKind;
  readonly touchId: ClickId | ImpressionId;
  readonly partnerId: PartnerId | null;
  readonly reason: LosingReason;
};

type TouchKind = 'click' | 'view';

export type CommissionView = {
  readonly partnerId: PartnerId;
  readonly amount: string;
  readonly currency: string;
  readonly dealVersion: number;
  readonly kind: LineKind;
  readonly reason: string;
  /** `qualified` while it is on hold. */
  readonly stage: LineStage;
  readonly holdUntil: string | null;
  /** How the amount came about, as a sentence; null when it was booked before that was kept. */
  readonly explanation: string | null;
};

/** A conversion with everything that was decided about it. Times are ISO 8601, amounts decimal strings. */
export type CreditedConversion = {
  readonly conversionId: ConversionId;
  readonly revision: number;
  readonly clickId: ClickId | null;
  /** The sender's own id of the player. */
  readonly playerId: string | null;
  readonly player: PlayerId | null;
  readonly brand: string;
  readonly event: ConversionKind;
  /** How far the one is known who reported it. */
  readonly trust: Trust;
  readonly firstDeposit: boolean;
  readonly status: ConversionStatus;
  readonly reason: string | null;
  readonly occurredAt: string;
  readonly campaignId: CampaignId | null;
  readonly transactionId: string;
  readonly value: Amount | null;
  readonly attribution: {
    readonly model: string;
    /** What carries the credit; a view only when no click could. */
    readonly basis: 'click' | 'view' | 'none';
    readonly credits: readonly CreditView[];
    readonly losing: readonly LosingTouchView[];
  };
  readonly commission: readonly CommissionView[];
  readonly verdict: Verdict | null;
  /** The first hundred. */
  readonly postbackIds: readonly PostbackId[];
  /** Tags of the date-ranged scenarios that cover it by its own time. */
  readonly scenarios: readonly string[];
};

export type ConversionFilter = {
  readonly conversionId?: ConversionId | undefined;
  readonly clickId?: ClickId | undefined;
  /** The sender's own id, or ours. */
  readonly player?: string | undefined;
  readonly campaignId?: CampaignId | undefined;
  readonly status?: ConversionStatus | undefined;
  /** Of the conversion's own time; inclusive. */
  readonly fromMs?: number | undefined;
  /** Of the conversion's own time; exclusive. */
  readonly toMs?: number | undefined;
};

type TouchRow = { touchKind: TouchKind; touchId: string; partnerId: string | null };

type CreditRow = TouchRow & {
  weightPpm: number;
  amountMinor: string | null;
};

type LineRow = {
  partnerId: string;
  amountMinor: string;
  currency: Currency;
  dealVersion: number;
  kind: LineKind;
  reason: string;
  stage: LineStage;
  holdUntil: string | null;
  basis: StoredBasis | null;
};

type Row = VerdictColumns & {
  conversion_id: string;
  revision: number;
  click_id: string | null;
  external_id: string | null;
  player_id: string | null;
  brand: string;
  kind: ConversionKind;
  trust: Trust;
  is_first_deposit: boolean;
  status: ConversionStatus;
  reason: string | null;
  occurred_at: Date;
  campaign_id: string | null;
  transaction_key: string;
  amount_minor: bigint | null;
  currency: Currency | null;
  attribution_model: string;
  credits: CreditRow[];
  losing: (TouchRow & { reason: LosingReason })[];
  lines: LineRow[];
  postback_ids: string[];
  scenario_tags: string[];
};

// Amounts pass through JSON as text, because a JSON number would round the large ones.
const SELECT = `SELECT n.conversion_id, n.revision, n.click_id, p.external_id, n.player_id, b.name AS brand, n.kind, e.trust,
    n.is_first_deposit, n.status, n.reason, n.occurred_at, n.campaign_id, n.transaction_key, n.amount_minor,
    n.currency, n.attribution_model, v.outcome, v.score, v.reasons,
    ${scenarioTagsSql({ workspace: 'n.workspace_id', at: 'n.occurred_at' })} AS scenario_tags,
    (ARRAY(SELECT k.postback_id FROM postbacks AS k
      WHERE k.conversion_id = n.conversion_id ORDER BY k.postback_id))[1:100] AS postback_ids,
    coalesce((SELECT jsonb_agg(jsonb_build_object('touchKind', a.touch_kind, 'touchId', a.touch_id,
        'partnerId', a.partner_id, 'weightPpm', a.weight_ppm, 'amountMinor', a.amount_minor::text)
        ORDER BY a.touch_kind, a.touch_id)
      FROM attribution_credits AS a WHERE a.conversion_id = n.conversion_id), '[]') AS credits,
    coalesce((SELECT jsonb_agg(jsonb_build_object('touchKind', t.touch_kind, 'touchId', t.touch_id,
        'partnerId', t.partner_id, 'reason', t.reason) ORDER BY t.touch_id DESC)
      FROM losing_touches AS t WHERE t.conversion_id = n.conversion_id), '[]') AS losing,
    coalesce((SELECT jsonb_agg(jsonb_build_object('partnerId', l.partner_id, 'kind', l.kind, 'reason', l.reason,
        'amountMinor', l.amount_minor::text, 'currency', l.currency, 'dealVersion', d.version,
        'stage', l.stage, 'holdUntil', l.hold_until, 'basis', l.basis)
        ORDER BY l.partner_id, l.kind)
      FROM commission_lines AS l JOIN deals AS d ON d.deal_id = l.deal_id
      WHERE l.conversion_id = n.conversion_id), '[]') AS lines
  FROM conversions AS n
  JOIN brands AS b ON b.brand_id = n.brand_id
  JOIN events AS e ON e.event_id = n.event_id
  LEFT JOIN players AS p ON p.player_id = n.player_id
  LEFT JOIN verdicts AS v ON v.subject_kind = 'event' AND v.subject_id = n.event_id`;

/** Conversions of the workspace, latest first. One statement, whatever the number of conversions. */
export async function listCreditedConversions(
  db: Db,
  workspaceId: WorkspaceId,
  filter: ConversionFilter,
  page: PageRequest,
): Promise<Page<CreditedConversion>> {
  const { rows } = await db.raw<{ rows: Row[] }>(
    `${SELECT}
     WHERE n.workspace_id = :workspace
       AND (CAST(:conversion AS uuid) IS NULL OR n.conversion_id = :conversion)
       AND (CAST(:click AS uuid) IS NULL OR n.click_id = :click)
       AND (CAST(:player AS text) IS NULL OR n.player_id IN (
         SELECT q.player_id FROM players AS q WHERE q.workspace_id = :workspace
           AND (q.external_id = :player OR q.player_id = CAST(:ourPlayer AS uuid))))
       AND (CAST(:campaign AS uuid) IS NULL OR n.campaign_id = :campaign)
       AND (CAST(:status AS text) IS NULL OR n.status = :status)
       AND (CAST(:from AS timestamptz) IS NULL OR n.occurred_at >= :from)
       AND (CAST(:to AS timestamptz) IS NULL OR n.occurred_at < :to)
       AND (CAST(:after AS uuid) IS NULL OR n.conversion_id < :after)
     ORDER BY n.conversion_id DESC LIMIT :limit`,
    {
      workspace: uuidFromId(workspaceId),
      conversion: nullableUuid(filter.conversionId),
      click: nullableUuid(filter.clickId),
      player: filter.player ?? null,
      ourPlayer: nullableUuid(parseId('ply', filter.player ?? '') ?? undefined),
      campaign: nullableUuid(filter.campaignId),
      status: filter.status ?? null,
      from: filter.fromMs === undefined ? null : new Date(filter.fromMs),
      to: filter.toMs === undefined ? null : new Date(filter.toMs),
      after: page.afterUuid,
      limit: page.limit + 1,
    },
  );
  return cutPage(rows, page, (row) => row.conversion_id, toCreditedConversion);
}

/** One conversion of the workspace, or null. */
export async function readCreditedConversion(
  db: Db,
  workspaceId: WorkspaceId,
  conversionId: ConversionId,
): Promise<CreditedConversion | null> {
  const page = { limit: 1, afterUuid: null };
  const { items } = await listCreditedConversions(db, workspaceId, { conversionId }, page);
  return items[0] ?? null;
}

function toCreditedConversion(row: Row): CreditedConversion {
  return {
    conversionId: idFromUuid('cnv', row.conversion_id),
    revision: row.revision,
    clickId: nullableId('clk', row.click_id),
    playerId: row.external_id,
    player: nullableId('ply', row.player_id),
    brand: row.brand,
    event: row.kind,
    trust: row.trust,
    firstDeposit: row.is_first_deposit,
    status: row.status,
    reason: row.reason,
    occurredAt: row.occurred_at.toISOString(),
    campaignId: nullableId('cmp', row.campaign_id),
    transactionId: row.transaction_key,
    value: nullableAmount(row.amount_minor, row.currency),
    attribution: {
      model: row.attribution_model,
      basis: row.credits[0]?.touchKind ?? 'none',
      losing: row.losing.map((touch) => ({ ...toTouchView(touch), reason: touch.reason })),
      credits: row.credits.map((credit) => toCreditView(credit, row.currency)),
    },
    commission: row.lines.map(toCommissionView),
    verdict: nullableVerdict(row),
    postbackIds: row.postback_ids.map((uuid) => idFromUuid('pbk', uuid)),
    scenarios: row.scenario_tags,
  };
}

function toCreditView(row: CreditRow, currency: Currency | null): CreditView {
  const amountMinor = row.amountMinor === null ? null : BigInt(row.amountMinor);
  return {
    ...toTouchView(row),
    weight: row.weightPpm / WHOLE_PPM,
    amount: nullableAmount(amountMinor, currency)?.amount ?? null,
  };
}

function toTouchView(row: TouchRow): Pick<CreditView, 'touchKind' | 'touchId' | 'partnerId'> {
  return {
    touchKind: row.touchKind,
    touchId: row.touchKind === 'click' ? idFromUuid('clk', row.touchId) : idFromUuid('imp', row.touchId),
    partnerId: nullableId('ptn', row.partnerId),
  };
}

function toCommissionView(row: LineRow): CommissionView {
  return {
    partnerId: idFromUuid('ptn', row.partnerId),
    amount: formatMinor(BigInt(row.amountMinor), row.currency),
    currency: row.currency,
    dealVersion: row.dealVersion,
    kind: row.kind,
    reason: row.reason,
    stage: row.stage,
    holdUntil: row.holdUntil === null ? null : new Date(row.holdUntil).toISOString(),
    explanation:
      row.basis === null
        ? null
        : explainLine({ ...row, amountMinor: BigInt(row.amountMinor), basis: fromStoredBasis(row.basis) }),
  };
}
