import type { Db } from '../db/knex';
import { uuidFromId, type WorkspaceId } from '../domain/ids';

type Asked = { readonly workspaceId: WorkspaceId; readonly transaction: string; readonly kind?: string };

/** The credits of a transaction's conversion, oldest touch first: "click ptn… 333334 34". */
export async function readCredits(db: Db, { workspaceId, transaction, kind = 'deposit' }: Asked) {
  type Row = { touch_kind: string; touch_id: string; partner_id: string | null; weight_ppm: number };
  const { rows } = await db.raw<{ rows: (Row & { amount_minor: bigint | null })[] }>(
    `SELECT a.touch_kind, a.touch_id, a.partner_id, a.weight_ppm, a.amount_minor
     FROM attribution_credits AS a JOIN conversions AS c ON c.conversion_id = a.conversion_id
     WHERE c.workspace_id = ? AND c.transaction_key = ? AND c.kind = ? ORDER BY a.touch_id`,
    [uuidFromId(workspaceId), transaction, kind],
  );
  return rows;
}

/** The touches that were looked at for a transaction's conversion and not credited, by id, with the reason. */
export async function readLosing(db: Db, { workspaceId, transaction, kind = 'deposit' }: Asked) {
  const { rows } = await db.raw<{ rows: { touch_id: string; reason: string }[] }>(
    `SELECT t.touch_id, t.reason
     FROM losing_touches AS t JOIN conversions AS c ON c.conversion_id = t.conversion_id
     WHERE c.workspace_id = ? AND c.transaction_key = ? AND c.kind = ? ORDER BY t.touch_id`,
    [uuidFromId(workspaceId), transaction, kind],
  );
  return Object.fromEntries(rows.map((row) => [row.touch_id, row.reason]));
}

/** Conversions whose credits do not add up to exactly one and to exactly the value; there must be none. */
export async function readBrokenCredits(db: Db): Promise<unknown[]> {
  const { rows } = await db.raw<{ rows: unknown[] }>(
    `SELECT c.conversion_id, c.kind, c.amount_minor, sum(a.weight_ppm) AS weight, sum(a.amount_minor) AS amount
     FROM conversions AS c JOIN attribution_credits AS a ON a.conversion_id = c.conversion_id
     GROUP BY c.conversion_id
     HAVING sum(a.weight_ppm) <> 1000000 OR sum(a.amount_minor) IS DISTINCT FROM c.amount_minor
       OR count(a.amount_minor) NOT IN (0, count(*))`,
  );
  return rows;
}
