import type { CapPeriod, Deal } from '../../domain/commission/deal';
import { explainDeal } from '../../domain/commission/explain-deal';
import { explainLine } from '../../domain/commission/explain-line';
import type { LineKind, LineStage } from '../../domain/commission/line';
import type { Currency } from '../../domain/currencies';
import {
  type CampaignId,
  type ConversionId,
  type DealId,
  type Id,
  idFromUuid,
  type PartnerId,
  type PayoutId,
  uuidFromId,
} from '../../domain/ids';
import { formatMinor } from '../../domain/money';
import { DAY_MS, toIso } from '../../domain/time';
import type { Db } from '../knex';
import { fromStoredBasis, type StoredBasis } from '../stores/ledger-store';
import { type Amount, nullableIso } from './row-values';

/** A deal version that was asked, and what it promises. */
export type ExplainedDeal = {
  readonly partnerId: PartnerId;
  readonly dealId: DealId;
  readonly version: number;
  readonly terms: string;
};

/** What a first deposit had to fulfil for its fixed amount. */
export type ExplainedQualification = {
  readonly minDeposit: Amount | null;
  /** The last moment of the qualification days; null: there are none. */
  readonly until: string | null;
  readonly outcome: string;
};

/** Whether a capped deal pays for the player: decided once. */
export type ExplainedSlot = {
  readonly granted: boolean;
  /** The cap that was full. */
  readonly refusedBy: CapPeriod | null;
  readonly askedForAt: string;
  readonly decidedAt: string;
};

/** What one payout paid for the line; negative where it took back. */
export type ExplainedPayment = {
  readonly payoutId: PayoutId;
  readonly amount: Amount;
  readonly reference: string;
  readonly paidAt: string;
};

/** What a partner is owed for a conversion, and how that came about. At most three per credited partner. */
export type ExplainedLine = {
  readonly lineId: Id<'lin'>;
  readonly revision: number;
  readonly partnerId: PartnerId;
  readonly campaignId: CampaignId;
  readonly kind: LineKind;
  readonly amount: Amount;
  readonly reason: string;
  /** The arithmetic as a sentence; null when it was booked before that was kept. */
  readonly explanation: string | null;
  readonly deal: ExplainedDeal;
  /** Of a fixed amount for a first deposit. */
  readonly qualification: ExplainedQualification | null;
  /** `qualified` while it is on hold. */
  readonly stage: LineStage;
  readonly holdUntil: string | null;
  /** Null: the deal has no caps, or was never asked. */
  readonly slot: ExplainedSlot | null;
  /** The latest first, at most twenty. */
  readonly payments: readonly ExplainedPayment[];
};

type SlotRow = { refusedBy: CapPeriod | null; askedForAt: string; decidedAt: string };
type PaymentRow = {
  payoutId: string;
  amountMinor: string;
  currency: Currency;
  reference: string;
  paidAt: string;
};

type Row = {
  line_id: string;
  revision: number;
  partner_id: string;
  campaign_id: string;
  kind: LineKind;
  deal_id: string;
  amount_minor: bigint;
  currency: Currency;
  reason: string;
  basis: StoredBasis | null;
  stage: LineStage;
  hold_until: Date | null;
  bound_at: Date | null;
  slot: SlotRow | null;
  payments: PaymentRow[];
};

/** `dealOf` gives the deal versions of the partners of the workspace. One statement. */
export async function readExplainedLines(
  db: Db,
  conversionId: ConversionId,
  deals: readonly Deal[],
): Promise<ExplainedLine[]> {
  const { rows } = await db.raw<{ rows: Row[] }>(
    `SELECT l.line_id, l.revision, l.partner_id, l.campaign_id, l.kind, l.deal_id, l.amount_minor, l.currency, l.reason,
       l.basis, l.stage, l.hold_until, b.bound_at,
       (SELECT jsonb_build_object('refusedBy', s.refused_by, 'askedForAt', s.asked_for_at, 'decidedAt', s.decided_at)
         FROM cap_slots AS s WHERE s.deal_id = l.deal_id AND s.player_id = l.player_id) AS slot,
       coalesce((SELECT jsonb_agg(to_jsonb(p)) FROM (
           SELECT o.payout_id AS "payoutId", x.amount_minor::text AS "amountMinor", o.currency, o.reference,
             o.paid_at AS "paidAt"
           FROM payout_lines AS x JOIN payouts AS o ON o.payout_id = x.payout_id
           WHERE x.line_id = l.line_id ORDER BY o.paid_at DESC, o.payout_id DESC LIMIT 20
         ) AS p), '[]') AS payments
     FROM commission_lines AS l
     LEFT JOIN player_bindings AS b ON b.player_id = l.player_id
     WHERE l.conversion_id = ? ORDER BY l.partner_id, l.kind`,
    [uuidFromId(conversionId)],
  );
  const byId = new Map(deals.map((deal) => [deal.dealId, deal]));
  return rows.map((row) => {
    const deal = byId.get(idFromUuid('dea', row.deal_id));
    if (deal === undefined) throw new Error(`line ${row.line_id} has a deal of another partner`);
    return toLine(row, deal);
  });
}

export function toExplainedDeal(deal: Deal): ExplainedDeal {
  const { partnerId, dealId, version } = deal;
  return { partnerId, dealId, version, terms: explainDeal(deal) };
}

function toLine(row: Row, deal: Deal): ExplainedLine {
  const { amount_minor: amountMinor, currency, kind, reason } = row;
  const basis = row.basis === null ? null : fromStoredBasis(row.basis);
  return {
    lineId: idFromUuid('lin', row.line_id),
    revision: row.revision,
    partnerId: deal.partnerId,
    campaignId: idFromUuid('cmp', row.campaign_id),
    kind,
    amount: { amount: formatMinor(amountMinor, currency), currency },
    reason,
    explanation: basis === null ? null : explainLine({ kind, amountMinor, currency, reason, basis }),
    deal: toExplainedDeal(deal),
    qualification: kind === 'cpa' ? toQualification(row, deal) : null,
    stage: row.stage,
    holdUntil: nullableIso(row.hold_until),
    slot: row.slot === null ? null : toSlot(row.slot),
    payments: row.payments.map(toPayment),
  };
}

function toQualification(row: Row, { minDeposit, qualificationDays }: Deal): ExplainedQualification {
  const until =
    qualificationDays === null || row.bound_at === null
      ? null
      : toIso(row.bound_at.getTime() + qualificationDays * DAY_MS);
  return {
    minDeposit:
      minDeposit === null
        ? null
        : { amount: formatMinor(minDeposit.amountMinor, minDeposit.currency), currency: minDeposit.currency },
    until,
    outcome: row.reason,
  };
}

function toSlot({ refusedBy, askedForAt, decidedAt }: SlotRow): ExplainedSlot {
  return {
    granted: refusedBy === null,
    refusedBy,
    askedForAt: new Date(askedForAt).toISOString(),
    decidedAt: new Date(decidedAt).toISOString(),
  };
}

function toPayment(row: PaymentRow): ExplainedPayment {
  return {
    payoutId: idFromUuid('pay', row.payoutId),
    amount: { amount: formatMinor(BigInt(row.amountMinor), row.currency), currency: row.currency },
    reference: row.reference,
    paidAt: new Date(row.paidAt).toISOString(),
  };
}
