import type { Currency } from '../../domain/currencies';
import type { RateGrant } from '../../domain/fx/granted';
import { type PlayerId, uuidFromId } from '../../domain/ids';
import type { Db } from '../knex';
import { rowBatch } from './row-batch';

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

const GRANTS = rowBatch<RateGrant>([
  ['from_currency', 'text', ({ from }) => from],
  ['to_currency', 'text', ({ to }) => to],
  ['converted_at', 'timestamptz', ({ atMs }) => atMs],
  ['rate', 'text', ({ rate }) => rate],
  ['source', 'text', ({ source }) => source],
  ['rated_at', 'timestamptz', ({ ratedAtMs }) => ratedAtMs],
]);

/** Grants rates for good; one that was granted before stands. */
export async function grantRates(trx: Db, playerId: PlayerId, grants: readonly RateGrant[]): Promise<void> {
  if (grants.length === 0) return;
  await trx.raw(
    `INSERT INTO rate_grants (player_id, from_currency, to_currency, converted_at, rate, source, rated_at)
     SELECT ?, given.* FROM (${GRANTS.select}) AS given
     ON CONFLICT (player_id, from_currency, to_currency, converted_at) DO NOTHING`,
    [uuidFromId(playerId), ...GRANTS.bindings(grants)],
  );
}
