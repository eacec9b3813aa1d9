import type { Currency } from '../../domain/currencies';
import { uuidFromId, type WorkspaceId } from '../../domain/ids';
import { formatMinor } from '../../domain/money';
import type { Db } from '../knex';

/** The books of one currency. `total` is zero, or something is wrong. */
export type CurrencyBalance = {
  readonly currency: string;
  readonly total: string;
  readonly accounts: readonly { readonly account: string; readonly balance: string }[];
};

type Row = { currency: Currency; account: string | null; sum_minor: string };

/**
 * Balances per account and currency; debits are positive. The total is summed from the entries themselves and
 * not from the balances, in the same statement, so nothing can be booked between the two.
 */
export async function readTrialBalance(db: Db, workspaceId: WorkspaceId): Promise<CurrencyBalance[]> {
  const { rows } = await db.raw<{ rows: Row[] }>(
    `SELECT currency, account, sum(amount_minor)::text AS sum_minor
     FROM ledger_entries WHERE workspace_id = ?
     GROUP BY GROUPING SETS ((currency, account), (currency))
     ORDER BY currency, account NULLS LAST`,
    [uuidFromId(workspaceId)],
  );
  return rows
    .filter((row) => row.account === null)
    .map(({ currency, sum_minor }) => ({
      currency,
      total: formatMinor(BigInt(sum_minor), currency),
      accounts: rows.flatMap((row) =>
        row.account === null || row.currency !== currency
          ? []
          : [{ account: row.account, balance: formatMinor(BigInt(row.sum_minor), currency) }],
      ),
    }));
}
