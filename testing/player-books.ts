import type { Db } from '../db/knex';
import { idFromUuid, type PlayerId, uuidFromId, type WorkspaceId } from '../domain/ids';

/** What invariant I7 calls the same: everything about a player's money that must not depend on arrival. */
export type PlayerBooks = {
  /** Net amount per account, currency, transaction and kind; zero ones left out. */
  readonly balances: Readonly<Record<string, string>>;
  readonly lines: readonly string[];
  readonly conversions: readonly string[];
  readonly ltv: readonly string[];
  readonly firstDeposit: string | null;
  readonly binding: string | null;
};

export async function findPlayer(db: Db, workspaceId: WorkspaceId, externalId: string): Promise<PlayerId> {
  const row: { player_id: string } = await db('players')
    .where({ workspace_id: uuidFromId(workspaceId), external_id: externalId })
    .first('player_id');
  return idFromUuid('ply', row.player_id);
}

export async function readPlayerBooks(db: Db, playerId: PlayerId): Promise<PlayerBooks> {
  const player = [uuidFromId(playerId)];
  const texts = async (sql: string) => {
    const { rows } = await db.raw<{ rows: { text: string }[] }>(sql, player);
    return rows.map((row) => row.text).sort();
  };
  const { rows: sums } = await db.raw<{ rows: { what: string; total: bigint }[] }>(BALANCES, player);
  const [firstDeposit] = await texts(
    'SELECT transaction_key AS text FROM conversions WHERE player_id = ? AND is_first_deposit',
  );
  const [binding] = await texts(BINDING);
  return {
    balances: Object.fromEntries(sums.map((row) => [row.what, row.total.toString()])),
    lines: await texts(LINES),
    conversions: await texts(CONVERSIONS),
    ltv: await texts(LTV),
    firstDeposit: firstDeposit ?? null,
    binding: binding ?? null,
  };
}

/** Net amount of every account of a workspace, zero ones left out, and the sum per currency, which must be zero. */
export async function readTrialBalance(
  db: Db,
  workspaceId: WorkspaceId,
): Promise<{ accounts: Record<string, string>; totals: Record<string, string> }> {
  const { rows } = await db.raw<{ rows: { account: string; currency: string; total: bigint }[] }>(
    `SELECT account, currency, sum(amount_minor)::bigint AS total FROM ledger_entries WHERE workspace_id = ?
     GROUP BY account, currency ORDER BY account, currency`,
    [uuidFromId(workspaceId)],
  );
  const totals = new Map<string, bigint>();
  for (const { currency, total } of rows) totals.set(currency, (totals.get(currency) ?? 0n) + total);
  const accounts = rows.filter((row) => row.total !== 0n);
  return {
    accounts: Object.fromEntries(
      accounts.map((row) => [`${row.account} ${row.currency}`, row.total.toString()]),
    ),
    totals: Object.fromEntries([...totals].map(([currency, total]) => [currency, total.toString()])),
  };
}

const BALANCES = `
  SELECT e.account || ' ' || e.currency || ' ' || c.transaction_key || ' ' || l.kind AS what,
         sum(e.amount_minor)::bigint AS total
  FROM ledger_entries AS e
  JOIN ledger_journals AS j ON j.journal_id = e.journal_id
  JOIN commission_lines AS l ON l.line_id = j.line_id
  JOIN conversions AS c ON c.conversion_id = l.conversion_id
  WHERE l.player_id = ? GROUP BY 1 HAVING sum(e.amount_minor) <> 0 ORDER BY 1`;

const LINES = `
  SELECT concat_ws(' ', c.transaction_key, l.kind, l.amount_minor, l.currency) AS text
  FROM commission_lines AS l JOIN conversions AS c ON c.conversion_id = l.conversion_id
  WHERE l.player_id = ? AND l.amount_minor <> 0`;

const CONVERSIONS = `
  SELECT concat_ws(' ', kind, transaction_key, status, coalesce(reason, '-'), click_id, amount_minor, currency)
    AS text FROM conversions WHERE player_id = ?`;

const LTV = `
  SELECT concat_ws(' ', currency, deposit_count, deposit_total_minor, first_deposit_at, last_deposit_at,
    chargeback_count, chargeback_total_minor,
    'withdrawn ' || nullif(withdrawal_total_minor, 0), 'ngr ' || ngr_total_minor) AS text FROM customer_ltv WHERE player_id = ?`;

const BINDING = `
  SELECT concat_ws(' ', e.kind, e.transaction_key, b.is_provisional, b.reason, b.click_id, b.deal_id) AS text
  FROM player_bindings AS b JOIN events AS e ON e.event_id = b.binding_event_id WHERE b.player_id = ?`;
