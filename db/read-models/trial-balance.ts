import type { Currency } from '../../domain/currencies';
import { uuidFromId, type WorkspaceId } from '../../domain/ids';
import { formatMinor } from '../../domain/money';
import type { Db } from '../knex';

/** The books of one currency. `total` is zero, or something is wrong. */
export type CurrencyBalance = {
  readonly currency: string;
  readonly total: string;
  /** Those that hold the most, by name. */
  readonly accounts: readonly { readonly account: string; readonly balance: string }[];
  /** All others together; null when there are none. */
  readonly rest: { readonly accounts: number; readonly balance: string } | null;
};

type Row = {
  currency: Currency;
  told_as: 'total' | 'account' | 'rest';
  account: string | null;
  accounts: number;
  sum_minor: string;
};

/** A partner has three accounts, and partners may be many. */
export const MAX_ACCOUNTS = 1_000;

/**
 * Balances per account and currency; debits are positive. The total is summed from the entries themselves and
 * not from the balances, in the same statement, so nothing can be booked between the two.
 */
export async function readTrialBalance(db: Db, workspaceId: WorkspaceId): Promise<CurrencyBalance[]> {
  const { rows } = await db.raw<{ rows: Row[] }>(
    `WITH balances AS (
       SELECT currency, account, GROUPING(account) = 1 AS is_total, sum(amount_minor) AS minor,
         row_number() OVER (PARTITION BY currency, GROUPING(account) ORDER BY abs(sum(amount_minor)) DESC, account)
           AS place
       FROM ledger_entries WHERE workspace_id = :workspace
       GROUP BY GROUPING SETS ((currency, account), (currency))
     ), told AS (
       SELECT currency, minor,
         CASE WHEN is_total THEN 'total' WHEN place > :most THEN 'rest' ELSE 'account' END AS told_as,
         CASE WHEN place <= :most THEN account END AS account
       FROM balances
     )
     SELECT currency, told_as, account, count(*)::integer AS accounts, sum(minor)::text AS sum_minor
     FROM told GROUP BY currency, told_as, account ORDER BY currency, account`,
    { workspace: uuidFromId(workspaceId), most: MAX_ACCOUNTS },
  );
  const currencies = new Map<Currency, Row[]>();
  for (const row of rows) {
    const known = currencies.get(row.currency);
    if (known === undefined) currencies.set(row.currency, [row]);
    else known.push(row);
  }
  return [...currencies].map(([currency, own]) => toCurrencyBalance(currency, own));
}

function toCurrencyBalance(currency: Currency, rows: readonly Row[]): CurrencyBalance {
  const shown = ({ sum_minor }: Row) => formatMinor(BigInt(sum_minor), currency);
  const total = rows.find(({ told_as }) => told_as === 'total');
  if (total === undefined) throw new Error(`no total of ${currency}`);
  const rest = rows.find(({ told_as }) => told_as === 'rest');
  return {
    currency,
    total: shown(total),
    accounts: rows.flatMap((row) =>
      row.told_as === 'account' && row.account !== null
        ? [{ account: row.account, balance: shown(row) }]
        : [],
    ),
    rest: rest === undefined ? null : { accounts: rest.accounts, balance: shown(rest) },
  };
}
