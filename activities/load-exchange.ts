import type { Db } from '../db/knex';
import { type CurrencyPair, loadRates } from '../db/stores/fx-rate-store';
import { grantRates, loadRateGrants } from '../db/stores/rate-grant-store';
import type { Deal } from '../domain/commission/deal';
import { type Exchange, NO_RATES } from '../domain/commission/exchange';
import type { Currency } from '../domain/currencies';
import type { Fact } from '../domain/facts';
import { exchangeOnce, type RateGrant } from '../domain/fx/granted';
import type { PlayerId, WorkspaceId } from '../domain/ids';
import type { Books } from '../domain/settlement/books';

/**
 * The rates that the player's deposits may be judged by under these deals. Nothing is read while deposits and deals
 * speak of one currency.
 */
export async function loadExchange(
  trx: Db,
  { workspaceId, playerId }: { readonly workspaceId: WorkspaceId; readonly playerId: PlayerId },
  facts: readonly Fact[],
  deals: readonly Deal[],
): Promise<Exchange> {
  const deposits = facts.filter((fact) => fact.kind === 'deposit');
  const pairs = differentPairs(
    new Set(deposits.map(({ money }) => money.currency)),
    new Set(deals.flatMap(currenciesOf)),
  );
  if (pairs.length === 0) return NO_RATES;
  const untilMs = Math.max(...deposits.map(({ occurredAtMs }) => occurredAtMs));
  const grants = await loadRateGrants(trx, playerId);
  return exchangeOnce(grants, await loadRates(trx, workspaceId, pairs, untilMs));
}

/** Keeps the rates that the books used, so that what was converted once is converted by the same rate for ever. */
export async function keepRates(trx: Db, playerId: PlayerId, { conversions }: Books): Promise<void> {
  const grants = conversions.flatMap(({ exchanged, value, fact }): RateGrant[] =>
    value === null
      ? []
      : exchanged.map(({ money, rate, source, ratedAtMs }) => ({
          from: value.currency,
          to: money.currency,
          atMs: fact.occurredAtMs,
          ...{ rate, source, ratedAtMs },
        })),
  );
  await grantRates(trx, playerId, grants);
}

function currenciesOf({ terms, minDeposit }: Deal): Currency[] {
  const cpa = 'cpa' in terms ? [terms.cpa.currency] : [];
  return minDeposit === null ? cpa : [...cpa, minDeposit.currency];
}

function differentPairs(from: ReadonlySet<Currency>, to: ReadonlySet<Currency>): CurrencyPair[] {
  return [...from].flatMap((one) =>
    [...to].filter((other) => other !== one).map((other) => ({ from: one, to: other })),
  );
}
