import type { Db } from '../../db/knex';
import { mintId } from '../../db/mint-id';
import {
  type BrandId,
  type ClickId,
  type DealId,
  type EventId,
  type PartnerId,
  type PlayerId,
  uuidFromId,
  type WorkspaceId,
} from '../../domain/ids';

/** A player that no event has tied to a click yet. */
export async function insertPlayer(
  db: Db,
  given: {
    readonly workspaceId: WorkspaceId;
    readonly brandId: BrandId;
    readonly externalId?: string;
    readonly linkedAtMs?: number;
  },
): Promise<PlayerId> {
  const nowMs = Date.now();
  const playerId = mintId('ply', nowMs);
  await db('players').insert({
    player_id: uuidFromId(playerId),
    workspace_id: uuidFromId(given.workspaceId),
    brand_id: uuidFromId(given.brandId),
    external_id: given.externalId ?? `casino-${playerId}`,
    created_at: new Date(nowMs),
    linked_at: given.linkedAtMs === undefined ? null : new Date(given.linkedAtMs),
  });
  return playerId;
}

/** The player bound by an event; to a click, partner and deal when they are given. */
export async function insertBinding(
  db: Db,
  given: {
    readonly workspaceId: WorkspaceId;
    readonly playerId: PlayerId;
    readonly eventId: EventId;
    readonly clickId?: ClickId;
    readonly partnerId?: PartnerId;
    readonly dealId?: DealId;
    readonly reason?: string;
    readonly isProvisional?: boolean;
    readonly boundAtMs?: number;
  },
): Promise<void> {
  const boundAt = new Date(given.boundAtMs ?? Date.now());
  await db('player_bindings').insert({
    player_id: uuidFromId(given.playerId),
    workspace_id: uuidFromId(given.workspaceId),
    revision: 1,
    binding_event_id: uuidFromId(given.eventId),
    bound_at: boundAt,
    is_provisional: given.isProvisional ?? false,
    reason: given.reason ?? 'bound',
    click_id: given.clickId === undefined ? null : uuidFromId(given.clickId),
    partner_id: given.partnerId === undefined ? null : uuidFromId(given.partnerId),
    deal_id: given.dealId === undefined ? null : uuidFromId(given.dealId),
    updated_at: boundAt,
  });
}

/** A player's lifetime value in one currency; by default one deposit of 100.00. */
export async function insertLtv(
  db: Db,
  given: {
    readonly workspaceId: WorkspaceId;
    readonly playerId: PlayerId;
    readonly currency?: string;
    readonly depositCount?: number;
    readonly depositTotalMinor?: bigint;
    readonly chargebackCount?: number;
    readonly chargebackTotalMinor?: bigint;
    readonly atMs?: number;
  },
): Promise<void> {
  const depositCount = given.depositCount ?? 1;
  const at = new Date(given.atMs ?? Date.now());
  await db('customer_ltv').insert({
    player_id: uuidFromId(given.playerId),
    workspace_id: uuidFromId(given.workspaceId),
    currency: given.currency ?? 'EUR',
    deposit_count: depositCount,
    deposit_total_minor: (given.depositTotalMinor ?? 10_000n).toString(),
    first_deposit_at: depositCount === 0 ? null : at,
    last_deposit_at: depositCount === 0 ? null : at,
    chargeback_count: given.chargebackCount ?? 0,
    chargeback_total_minor: (given.chargebackTotalMinor ?? 0n).toString(),
    updated_at: at,
  });
}
