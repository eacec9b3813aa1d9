import { type ConversionId, uuidFromId } from '../../domain/ids';
import type { Db } from '../knex';

/** A rate by which a conversion was judged in another currency than its own. */
export type ExplainedRate = {
  readonly from: string;
  readonly to: string;
  /** Exact decimal text: units of the new currency for one of the old. */
  readonly rate: string;
  readonly source: string;
  readonly ratedAt: string;
};

type Row = { from_currency: string; to_currency: string; rate: string; source: string; rated_at: Date };

/** The rates that were granted to the conversion's player for its currency and time. */
export async function readExplainedRates(db: Db, conversionId: ConversionId): Promise<ExplainedRate[]> {
  const { rows } = await db.raw<{ rows: Row[] }>(
    `SELECT g.from_currency, g.to_currency, g.rate, g.source, g.rated_at
     FROM conversions AS n
     JOIN rate_grants AS g ON g.player_id = n.player_id AND g.from_currency = n.currency
       AND g.converted_at = n.occurred_at
     WHERE n.conversion_id = ? ORDER BY g.to_currency`,
    [uuidFromId(conversionId)],
  );
  return rows.map((row) => ({
    from: row.from_currency,
    to: row.to_currency,
    rate: row.rate,
    source: row.source,
    ratedAt: row.rated_at.toISOString(),
  }));
}
