import type { Binding } from '../../domain/attribution/binding';
import { type ClickId, type PlayerId, uuidFromId, type WorkspaceId } from '../../domain/ids';
import type { PlayerValue } from '../../domain/ltv/player-value';
import type { Db } from '../knex';

/**
 * Writes the player's binding when it says something new; true when it did. The revision counts its changes, of
 * which there are few: a registration that replaces a provisional binding, an earlier event that arrived late.
 */
export async function saveBinding(
  db: Db,
  workspaceId: WorkspaceId,
  playerId: PlayerId,
  binding: Binding,
  nowMs: number,
): Promise<boolean> {
  const partnerId = binding.touch?.partnerId ?? null;
  const row = {
    binding_event_id: uuidFromId(binding.event.eventId),
    bound_at: new Date(binding.event.occurredAtMs),
    is_provisional: binding.isProvisional,
    reason: binding.reason,
    click_id: binding.touch === null ? null : uuidFromId(binding.touch.clickId),
    partner_id: partnerId === null ? null : uuidFromId(partnerId),
    deal_id: binding.deal === null ? null : uuidFromId(binding.deal.dealId),
  };
  const { rowCount } = await db.raw<{ rowCount: number }>(
    `INSERT INTO player_bindings AS b
       (player_id, workspace_id, revision, binding_event_id, bound_at, is_provisional, reason, click_id,
        partner_id, deal_id, updated_at)
     VALUES (?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (player_id) DO UPDATE SET
       revision = b.revision + 1, binding_event_id = excluded.binding_event_id, bound_at = excluded.bound_at,
       is_provisional = excluded.is_provisional, reason = excluded.reason, click_id = excluded.click_id,
       partner_id = excluded.partner_id, deal_id = excluded.deal_id, updated_at = excluded.updated_at
     WHERE (b.binding_event_id, b.is_provisional, b.reason, b.click_id, b.partner_id, b.deal_id)
       IS DISTINCT FROM (excluded.binding_event_id, excluded.is_provisional, excluded.reason,
         excluded.click_id, excluded.partner_id, excluded.deal_id)`,
    [
      uuidFromId(playerId),
      uuidFromId(workspaceId),
      row.binding_event_id,
      row.bound_at,
      row.is_provisional,
      row.reason,
      row.click_id,
      row.partner_id,
      row.deal_id,
      new Date(nowMs),
    ],
  );
  return rowCount > 0;
}

/** Writes the player's lifetime value, one row per currency; a row that says the same already is left alone. */
export async function saveLtv(
  db: Db,
  workspaceId: WorkspaceId,
  playerId: PlayerId,
  values: readonly PlayerValue[],
  nowMs: number,
): Promise<void> {
  if (values.length === 0) return;
  await db('customer_ltv')
    .insert(
      values.map((value) => ({
        player_id: uuidFromId(playerId),
        currency: value.currency,
        workspace_id: uuidFromId(workspaceId),
        deposit_count: value.count,
        deposit_total_minor: value.totalMinor,
        first_deposit_at: toDate(value.firstAtMs),
        last_deposit_at: toDate(value.lastAtMs),
        chargeback_count: value.chargebackCount,
        chargeback_total_minor: value.chargebackTotalMinor,
        withdrawal_count: value.withdrawalCount,
        withdrawal_total_minor: value.withdrawalTotalMinor,
        ngr_total_minor: value.ngrTotalMinor,
        updated_at: new Date(nowMs),
      })),
    )
    .onConflict(['player_id', 'currency'])
    .merge()
    .whereRaw(
      `(customer_ltv.deposit_count, customer_ltv.deposit_total_minor, customer_ltv.first_deposit_at,
        customer_ltv.last_deposit_at, customer_ltv.chargeback_count, customer_ltv.chargeback_total_minor,
        customer_ltv.withdrawal_count, customer_ltv.withdrawal_total_minor, customer_ltv.ngr_total_minor)
       IS DISTINCT FROM (excluded.deposit_count, excluded.deposit_total_minor, excluded.first_deposit_at,
        excluded.last_deposit_at, excluded.chargeback_count, excluded.chargeback_total_minor,
        excluded.withdrawal_count, excluded.withdrawal_total_minor, excluded.ngr_total_minor)`,
    );
}

/** Marks the click's journey as over: from now on the relay sends the player's events to the player workflow. */
export async function closeClick(db: Db, clickId: ClickId, nowMs: number): Promise<void> {
  await db('clicks')
    .where('click_id', uuidFromId(clickId))
    .whereNull('closed_at')
    .update({ closed_at: new Date(nowMs) });
}

function toDate(ms: number | null): Date | null {
  return ms === null ? null : new Date(ms);
}
