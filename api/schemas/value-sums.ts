import { z } from 'zod';
import type { Money } from '../../domain/money';
import { formatMinor } from '../../domain/money';
import { ONE_PPM } from '../../domain/value/quotients';
import { totalOf, type ValueSum } from '../../domain/value/sum';
import { moneyJson, shownMoney } from './fields';
import { orNull } from './or-null';

/** A number of conversions; a fraction when some are credited to several touches. */
export function shownCount() {
  return z.number().min(0);
}

/** Parts per million as a number: at most six decimals, exact up to nine thousand million. */
export function toCount(ppm: bigint): number {
  return Number(ppm) / Number(ONE_PPM);
}

export const valueSumSchema = z
  .object({
    byCurrency: z.array(shownMoney).meta({ description: 'Empty: nothing was recorded.' }),
    reporting: orNull(shownMoney).meta({
      description: 'All of it in the reporting currency; null while a rate is missing.',
    }),
    missingRates: z
      .int()
      .meta({ description: 'How many amounts have no rate into the reporting currency at their time.' }),
  })
  .meta({ id: 'ValueSum' });

export function valueSumJson(sum: ValueSum): z.input<typeof valueSumSchema> {
  const total = totalOf(sum);
  const sorted = [...sum.byCurrency.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    byCurrency: sorted.map(([currency, amountMinor]) => moneyJson({ amountMinor, currency })),
    reporting: total === null ? null : { amount: formatMinor(total, sum.reporting), currency: sum.reporting },
    missingRates: sum.missing,
  };
}

export function nullableMoneyJson(money: Money | null): z.input<typeof shownMoney> | null {
  return money === null ? null : moneyJson(money);
}
