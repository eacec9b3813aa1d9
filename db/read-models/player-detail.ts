import type { Currency } from '../../domain/currencies';
import {
  type ClickId,
  idFromUuid,
  type PartnerId,
  type PlayerId,
  parseId,
  uuidFromId,
  type WorkspaceId,
} from '../../domain/ids';
import { divideHalfAwayFromZero, formatMinor } from '../../domain/money';
import type { Db } from '../knex';
import { nullableId, nullableIso, nullableUuid } from './row-values';
import { readSnapshot } from './snapshot';
import { readPlayerTimeline } from './timeline';
import type { TimelineEntry } from './timeline-entry';

/** A player's lifetime value in one currency. Amounts are decimal strings, times ISO 8601. */
export type LtvView = {
  readonly currency: string;
  readonly deposits: {
    readonly count: number;
    readonly total: string;
    /** Rounded half away from zero; null without deposits. */
    readonly average: string | null;
    readonly first: string | null;
    readonly last: string | null;
  };
  readonly chargebacks: { readonly count: number; readonly total: string };
  readonly withdrawals: { readonly count: number; readonly total: string };
  /** Net gaming revenue as restated last; null when the casino has supplied none. */
  readonly ngr: string | null;
};

export type PlayerProfile = {
  readonly playerId: PlayerId;
  readonly brand: string;
  /** The sender's own id. */
  readonly externalId: string;
  readonly clickId: ClickId | null;
  readonly partnerId: PartnerId | null;
  readonly dealVersion: number | null;
  /** Null until an event bound the player. */
  readonly bindingReason: string | null;
  /** Bound by a deposit: a registration that arrives later decides anew. Null until bound. */
  readonly provisional: boolean | null;
  readonly registeredAt: string | null;
  /** The latest hundred self-exclusions; `until` null: for good. */
  readonly exclusions: readonly { readonly from: string; readonly until: string | null }[];
  readonly ltv: readonly LtvView[];
};

/**
 * Players of the workspace that a caller may mean: the one with this id of ours, and those whose casino calls
 * them so; at most one per brand.
 */
export async function findPlayers(
  db: Db,
  workspaceId: WorkspaceId,
  given: { readonly player: string; readonly brand: string | null },
): Promise<{ playerId: PlayerId; brand: string }[]> {
  const { rows } = await db.raw<{ rows: { player_id: string; name: string }[] }>(
    `SELECT p.player_id, b.name FROM brands AS b
     JOIN players AS p ON p.workspace_id = b.workspace_id AND p.brand_id = b.brand_id
       AND (p.external_id = :player OR p.player_id = CAST(:ourPlayer AS uuid))
     WHERE b.workspace_id = :workspace AND (CAST(:brand AS text) IS NULL OR b.name = :brand)
     ORDER BY b.name, p.player_id`,
    {
      workspace: uuidFromId(workspaceId),
      player: given.player,
      ourPlayer: nullableUuid(parseId('ply', given.player) ?? undefined),
      brand: given.brand,
    },
  );
  return rows.map((row) => ({ playerId: idFromUuid('ply', row.player_id), brand: row.name }));
}

type LtvRow = {
  currency: Currency;
  count: number;
  totalMinor: string;
  firstAt: string | null;
  lastAt: string | null;
  chargebackCount: number;
  chargebackTotalMinor: string;
  withdrawalCount: number;
  withdrawalTotalMinor: string;
  ngrTotalMinor: string | null;
};

type Row = {
  player_id: string;
  brand: string;
  external_id: string;
  click_id: string | null;
  partner_id: string | null;
  deal_version: number | null;
  binding_reason: string | null;
  is_provisional: boolean | null;
  registered_at: Date | null;
  exclusions: { from: string; until: string | null }[];
  ltv: LtvRow[];
};

/** One player of the workspace with everything that happened to it, or null. */
export async function readPlayerDetail(
  db: Db,
  workspaceId: WorkspaceId,
  playerId: PlayerId,
): Promise<{ player: PlayerProfile; timeline: readonly TimelineEntry[] } | null> {
  return readSnapshot(db, async (snapshot) => {
    const player = await readPlayerProfile(snapshot, workspaceId, playerId);
    if (player === null) return null;
    return { player, timeline: await readPlayerTimeline(snapshot, workspaceId, playerId, player.clickId) };
  });
}

async function readPlayerProfile(
  db: Db,
  workspaceId: WorkspaceId,
  playerId: PlayerId,
): Promise<PlayerProfile | null> {
  const { rows } = await db.raw<{ rows: Row[] }>(
    `SELECT p.player_id, b.name AS brand, p.external_id, g.click_id, g.partner_id, d.version AS deal_version,
       g.reason AS binding_reason, g.is_provisional,
       (SELECT min(n.occurred_at) FROM conversions AS n
         WHERE n.player_id = p.player_id AND n.kind = 'registration' AND n.status IN ('qualified', 'approved', 'paid')) AS registered_at,
       coalesce((SELECT jsonb_agg(jsonb_build_object('from', lower(x.span), 'until', upper(x.span)) ORDER BY lower(x.span))
         FROM (SELECT span FROM unnest(p.excluded_during) AS u (span) ORDER BY lower(span) DESC LIMIT 100) AS x),
         '[]') AS exclusions,
       coalesce((SELECT jsonb_agg(jsonb_build_object('currency', l.currency, 'count', l.deposit_count,
           'totalMinor', l.deposit_total_minor::text, 'firstAt', l.first_deposit_at, 'lastAt', l.last_deposit_at,
           'chargebackCount', l.chargeback_count, 'chargebackTotalMinor', l.chargeback_total_minor::text,
           'withdrawalCount', l.withdrawal_count, 'withdrawalTotalMinor', l.withdrawal_total_minor::text,
           'ngrTotalMinor', l.ngr_total_minor::text)
           ORDER BY l.currency)
         FROM customer_ltv AS l WHERE l.player_id = p.player_id), '[]') AS ltv
     FROM players AS p
     JOIN brands AS b ON b.brand_id = p.brand_id
     LEFT JOIN player_bindings AS g ON g.player_id = p.player_id
     LEFT JOIN deals AS d ON d.deal_id = g.deal_id
     WHERE p.player_id = ? AND p.workspace_id = ?`,
    [uuidFromId(playerId), uuidFromId(workspaceId)],
  );
  return rows[0] === undefined ? null : toPlayerProfile(rows[0]);
}

function toPlayerProfile(row: Row): PlayerProfile {
  return {
    playerId: idFromUuid('ply', row.player_id),
    brand: row.brand,
    externalId: row.external_id,
    clickId: nullableId('clk', row.click_id),
    partnerId: nullableId('ptn', row.partner_id),
    dealVersion: row.deal_version,
    bindingReason: row.binding_reason,
    provisional: row.is_provisional,
    registeredAt: nullableIso(row.registered_at),
    exclusions: row.exclusions.map(({ from, until }) => ({
      from: new Date(from).toISOString(),
      until: nullableIso(until === null ? null : new Date(until)),
    })),
    ltv: row.ltv.map(toLtvView),
  };
}

function toLtvView(row: LtvRow): LtvView {
  const { currency } = row;
  const totalMinor = BigInt(row.totalMinor);
  return {
    currency,
    deposits: {
      count: row.count,
      total: formatMinor(totalMinor, currency),
      average:
        row.count === 0 ? null : formatMinor(divideHalfAwayFromZero(totalMinor, BigInt(row.count)), currency),
      first: nullableIso(row.firstAt === null ? null : new Date(row.firstAt)),
      last: nullableIso(row.lastAt === null ? null : new Date(row.lastAt)),
    },
    chargebacks: {
      count: row.chargebackCount,
      total: formatMinor(BigInt(row.chargebackTotalMinor), currency),
    },
    withdrawals: {
      count: row.withdrawalCount,
      total: formatMinor(BigInt(row.withdrawalTotalMinor), currency),
    },
    ngr: row.ngrTotalMinor === null ? null : formatMinor(BigInt(row.ngrTotalMinor), currency),
  };
}
