import type { Currency } from '../../domain/currencies';
import type { Money } from '../../domain/money';

/** JSON has no bigint. */
export type StoredMoney = { amountMinor: string; currency: Currency };

/** SQL: what payouts have paid for the line in this column, as a JSON list with one sum per currency. */
export function selectPaid(lineIdColumn: string): string {
  return `coalesce((SELECT jsonb_agg(jsonb_build_object('amountMinor', s.total::text, 'currency', s.currency))
    FROM (SELECT sum(x.amount_minor) AS total, o.currency
      FROM payout_lines AS x JOIN payouts AS o ON o.payout_id = x.payout_id
      WHERE x.line_id = ${lineIdColumn} GROUP BY o.currency) AS s), '[]')`;
}

export function toPaid(rows: readonly StoredMoney[]): Money[] {
  return rows.map(({ amountMinor, currency }) => ({ amountMinor: BigInt(amountMinor), currency }));
}
