import type { Currency } from '../../domain/currencies';
import { type PartnerId, uuidFromId, type WorkspaceId } from '../../domain/ids';
import { formatMinor } from '../../domain/money';
import type { Db } from '../knex';

/** What a partner has earned in one currency and where it is. Amounts are decimal strings. */
export type PartnerBalance = {
  readonly currency: string;
  /** Earned and on hold. */
  readonly held: string;
  /** May be paid now; negative when more was paid than is deserved. */
  readonly payable: string;
  readonly paid: string;
};

type Row = { currency: Currency; held: string; payable: string; paid: string };

/** From the ledger, per currency. One statement. */
export async function readPartnerBalance(
  db: Db,
  workspaceId: WorkspaceId,
  partnerId: PartnerId,
): Promise<PartnerBalance[]> {
  const [held, payable, paid] = [`held:${partnerId}`, `payable:${partnerId}`, `paid:${partnerId}`];
  const { rows } = await db.raw<{ rows: Row[] }>(
    `SELECT currency,
       coalesce(-sum(amount_minor) FILTER (WHERE account = :held), 0)::text AS held,
       coalesce(-sum(amount_minor) FILTER (WHERE account = :payable), 0)::text AS payable,
       coalesce(-sum(amount_minor) FILTER (WHERE account = :paid), 0)::text AS paid
     FROM ledger_entries
     WHERE workspace_id = :workspace AND account IN (:held, :payable, :paid)
     GROUP BY currency ORDER BY currency`,
    { workspace: uuidFromId(workspaceId), held, payable, paid },
  );
  return rows.map(({ currency, ...row }) => ({
    currency,
    held: formatMinor(BigInt(row.held), currency),
    payable: formatMinor(BigInt(row.payable), currency),
    paid: formatMinor(BigInt(row.paid), currency),
  }));
}
