import type { LosingReason } from '../../domain/attribution/attribute';
import { WHOLE_PPM } from '../../domain/attribution/credits';
import type { Currency } from '../../domain/currencies';
import {
  type CampaignId,
  type ClickId,
  type ConversionId,
  type ImpressionId,
  idFromUuid,
  type PartnerId,
  uuidFromId,
} from '../../domain/ids';
import type { Db } from '../knex';
import { type Amount, nullableAmount, nullableId, nullableIso } from './row-values';

/** A touch that was looked at for a conversion: what it got, or why nothing. Settlement bounds their number. */
export type ExplainedTouch = {
  readonly touchKind: 'click' | 'view';
  readonly touchId: ClickId | ImpressionId;
  readonly partnerId: PartnerId | null;
  readonly campaignId: CampaignId | null;
  readonly at: string | null;
  /** 0 to 1; null when it is not credited. */
  readonly weight: number | null;
  /** Its part of the conversion's value. */
  readonly amount: Amount | null;
  /** Why it is not credited; null when it is. */
  readonly losingReason: LosingReason | null;
};

type Row = {
  touch_kind: 'click' | 'view';
  touch_id: string;
  partner_id: string | null;
  campaign_id: string | null;
  touched_at: Date | null;
  weight_ppm: number | null;
  amount_minor: bigint | null;
  currency: Currency | null;
  reason: LosingReason | null;
};

/** Oldest first. One statement. */
export async function readExplainedTouches(db: Db, conversionId: ConversionId): Promise<ExplainedTouch[]> {
  const { rows } = await db.raw<{ rows: Row[] }>(
    `SELECT t.touch_kind, t.touch_id, t.partner_id, coalesce(c.campaign_id, i.campaign_id) AS campaign_id,
       coalesce(c.clicked_at, i.viewable_at) AS touched_at, t.weight_ppm, t.amount_minor, n.currency, t.reason
     FROM conversions AS n
     JOIN (
       SELECT conversion_id, touch_kind, touch_id, partner_id, weight_ppm, amount_minor, NULL AS reason
       FROM attribution_credits
       UNION ALL
       SELECT conversion_id, touch_kind, touch_id, partner_id, NULL, NULL, reason FROM losing_touches
     ) AS t ON t.conversion_id = n.conversion_id
     LEFT JOIN clicks AS c ON t.touch_kind = 'click' AND c.click_id = t.touch_id
     LEFT JOIN impressions AS i ON t.touch_kind = 'view' AND i.impression_id = t.touch_id
     WHERE n.conversion_id = ?
     ORDER BY touched_at, t.touch_id`,
    [uuidFromId(conversionId)],
  );
  return rows.map((row) => ({
    touchKind: row.touch_kind,
    touchId: row.touch_kind === 'click' ? idFromUuid('clk', row.touch_id) : idFromUuid('imp', row.touch_id),
    partnerId: nullableId('ptn', row.partner_id),
    campaignId: nullableId('cmp', row.campaign_id),
    at: nullableIso(row.touched_at),
    weight: row.weight_ppm === null ? null : row.weight_ppm / WHOLE_PPM,
    amount: nullableAmount(row.amount_minor, row.currency),
    losingReason: row.reason,
  }));
}
