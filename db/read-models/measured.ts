import type { Currency } from '../../domain/currencies';
import type { Measure, Measured } from '../../domain/value/tally';
import { convertedSql } from './converted';
import { rateInForceSql } from './rate-in-force';

/** What facts of one measure and currency add up to. */
export const MEASURED_SUMS = [
  'count_ppm',
  'first_ppm',
  'valuable_ppm',
  'valuable_first_ppm',
  'amount',
  'converted',
  'missing',
] as const;

export type MeasuredRow = Readonly<Record<(typeof MEASURED_SUMS)[number], string>> & {
  readonly measure: Measure;
  readonly currency: Currency | null;
};

type Facts = {
  /** SQL: facts `m`, with whatever is joined to them. */
  readonly from: string;
  readonly where: string;
  /** SQL: by what they are added up, by its name. */
  readonly groups: Readonly<Record<string, string>>;
  /** SQL: the currency that amounts are converted into, and the moment of their rate. */
  readonly reporting: string;
  readonly ratedAt: string;
};

/**
 * SQL: facts added up by groups, measures and currencies. Amounts of one group that share a rate are converted together,
 * so that they are rounded once; how many rates there are is the workspace's affair, and none of them leaves Postgres.
 * `facts` counts them, and `converted` is what could be converted of `amount`. Binds :workspace.
 */
export function measuredSql({ from, where, groups, reporting, ratedAt }: Facts): string {
  const names = Object.keys(groups).join(', ');
  const expressions = Object.entries(groups).map(([name, expression]) => `${expression} AS ${name}`);
  const columns = Object.keys(groups).map((_, nth) => nth + 1);
  const by = (more: number) => [
    ...columns,
    ...Array.from({ length: more }, (_, nth) => columns.length + nth + 1),
  ];
  const converted = convertedSql({
    ...{ amount: 'amount', from: 'currency', to: 'reporting' },
    ...{ rate: 'rate', rateFrom: 'rate_from' },
  });
  return `SELECT ${names}, measure, currency, sum(count_ppm) AS count_ppm, sum(first_ppm) AS first_ppm,
      sum(valuable_ppm) AS valuable_ppm, sum(valuable_first_ppm) AS valuable_first_ppm, sum(amount) AS amount,
      sum(converted) AS converted, sum(subjects) FILTER (WHERE converted IS NULL) AS missing, sum(facts) AS facts
    FROM (
      SELECT rated.*, ${converted} AS converted FROM (
        SELECT ${expressions.join(', ')}, m.measure, m.currency, ${reporting} AS reporting, r.from_currency AS rate_from,
          r.rate, r.rated_at, count(*) AS facts, sum(m.ppm) AS count_ppm,
          sum(m.ppm) FILTER (WHERE m.is_first) AS first_ppm,
          sum(m.ppm) FILTER (WHERE m.is_valuable) AS valuable_ppm,
          sum(m.ppm) FILTER (WHERE m.is_first AND m.is_valuable) AS valuable_first_ppm,
          sum(m.amount) AS amount, count(DISTINCT m.subject) FILTER (WHERE m.amount IS NOT NULL) AS subjects
        FROM ${from}
        ${rateInForceSql({ from: 'm.currency', to: reporting, at: ratedAt })}
        WHERE ${where}
        GROUP BY ${by(6).join(', ')}
      ) AS rated
    ) AS known
    GROUP BY ${by(2).join(', ')}`;
}

export function toMeasured(row: MeasuredRow): Measured {
  return {
    measure: row.measure,
    countPpm: BigInt(row.count_ppm),
    firstPpm: BigInt(row.first_ppm),
    valuablePpm: BigInt(row.valuable_ppm),
    valuableFirstPpm: BigInt(row.valuable_first_ppm),
    amounts:
      row.currency === null
        ? null
        : {
            currency: row.currency,
            amountMinor: BigInt(row.amount),
            convertedMinor: BigInt(row.converted),
            missing: Number(row.missing),
          },
  };
}
