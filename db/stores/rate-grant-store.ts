import type { Currency } from '../../domain/currencies';
import type { RateGrant } from '../../domain/fx/granted';
import { type PlayerId, uuidFromId } from '../../domain/ids';
import type { Db } from '../knex';

type Row = {
  from_currency: Currency;
  to_currency: Currency;
  converted_at: Date;
  rate: string;
  source: string;
  rated_at: Date;
};

/** The rates by which the player's deposits were judged so far. */
export async function loadRateGrants(db: Db, playerId: PlayerId): Promise<RateGrant[]> {
  const rows: Row[] = await db('rate_grants').select().where('player_id', uuidFromId(playerId));
  return rows.map((row) => ({
    from: row.from_currency,
    to: row.to_currency,
    atMs: row.converted_at.getTime(),
    rate: row.rate,
    source: row.source,
    ratedAtMs: row.rated_at.getTime(),
  }));
}

/** Grants rates for good; one that was granted before stands. */
export async function grantRates(trx: Db, playerId: PlayerId, grants: readonly RateGrant[]): Promise<void> {
  if (grants.length === 0) return;
  await trx('rate_grants')
    .insert(
      grants.map((grant) => ({
        player_id: uuidFromId(playerId),
        from_currency: grant.from,
        to_currency: grant.to,
        converted_at: new Date(grant.atMs),
        rate: grant.rate,
        source: grant.source,
        rated_at: new Date(grant.ratedAtMs),
      })),
    )
    .onConflict(['player_id', 'from_currency', 'to_currency', 'converted_at'])
    .ignore();
}
