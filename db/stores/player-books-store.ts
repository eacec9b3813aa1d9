import type { Binding } from '../../domain/attribution/binding';
import type { Contest } from '../../domain/attribution/contest';
import { type ClickId, type PartnerId, type PlayerId, uuidFromId, type WorkspaceId } from '../../domain/ids';
import type { PlayerValue } from '../../domain/ltv/player-value';
import type { Db } from '../knex';

/** Of very many contests the latest tell the story. */
const MAX_CONTESTS = 20;

/**
 * Writes the player's binding when it says something new, and what is recorded of partners who came between another's
 * click and the binding event: a click that turns up late may change the one without the other. The revision counts
 * the binding's changes, of which there are few: a registration that replaces a provisional binding, an earlier event
 * that arrived late.
 */
export async function saveBinding(
  db: Db,
  workspaceId: WorkspaceId,
  playerId: PlayerId,
  binding: Binding,
  nowMs: number,
): Promise<void> {
  const { click_id, partner_id, deal_id } = boundTo(binding);
  const contests = binding.attribution.contests.slice(-MAX_CONTESTS);
  const [player, workspace] = [uuidFromId(playerId), uuidFromId(workspaceId)];
  await db.raw(
    `WITH contests AS (
       SELECT * FROM jsonb_to_recordset(?::jsonb)
         AS c(challenger_click_id uuid, challenger_partner_id uuid, protected_click_id uuid,
           protected_partner_id uuid, gap_ms bigint, is_refused boolean, reason text)
     ), forgotten AS (
       DELETE FROM contested_touches
       WHERE player_id = ? AND challenger_click_id NOT IN (SELECT challenger_click_id FROM contests)
     ), recorded AS (
       INSERT INTO contested_touches AS t
         (player_id, workspace_id, challenger_click_id, challenger_partner_id, protected_click_id,
          protected_partner_id, gap_ms, is_refused, reason)
       SELECT ?, ?, c.challenger_click_id, c.challenger_partner_id, c.protected_click_id, c.protected_partner_id,
         c.gap_ms, c.is_refused, c.reason
       FROM contests AS c
       ON CONFLICT (player_id, challenger_click_id) DO UPDATE SET
         protected_click_id = excluded.protected_click_id, protected_partner_id = excluded.protected_partner_id,
         gap_ms = excluded.gap_ms, is_refused = excluded.is_refused, reason = excluded.reason
       WHERE (t.protected_click_id, t.gap_ms) IS DISTINCT FROM (excluded.protected_click_id, excluded.gap_ms)
     )
     INSERT INTO player_bindings AS b
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
      ...[JSON.stringify(contests.map(contestColumns)), player, player, workspace],
      ...[player, workspace, uuidFromId(binding.event.eventId), new Date(binding.event.occurredAtMs)],
      ...[binding.isProvisional, binding.reason, click_id, partner_id, deal_id, new Date(nowMs)],
    ],
  );
}

function boundTo({ touch, deal }: Binding) {
  return {
    click_id: touch === null ? null : uuidFromId(touch.clickId),
    partner_id: nullableUuid(touch?.partnerId ?? null),
    deal_id: deal === null ? null : uuidFromId(deal.dealId),
  };
}

function contestColumns({ challenger, protected: first, gapMs, isRefused, reason }: Contest) {
  return {
    challenger_click_id: uuidFromId(challenger.clickId),
    challenger_partner_id: nullableUuid(challenger.partnerId),
    protected_click_id: uuidFromId(first.clickId),
    protected_partner_id: nullableUuid(first.partnerId),
    gap_ms: gapMs,
    is_refused: isRefused,
    reason,
  };
}

/** Forgets the binding of a player whose binding event counts no more, because a person rejected it. */
export async function forgetBinding(db: Db, playerId: PlayerId): Promise<void> {
  const player = uuidFromId(playerId);
  await db.raw(
    'WITH contests AS (DELETE FROM contested_touches WHERE player_id = ?) DELETE FROM player_bindings WHERE player_id = ?',
    [player, player],
  );
}

function nullableUuid(partnerId: PartnerId | null): string | null {
  return partnerId === null ? null : uuidFromId(partnerId);
}

/** Drops what was kept of currencies in which nothing counts any more. */
export async function forgetLtvExcept(
  db: Db,
  playerId: PlayerId,
  values: readonly PlayerValue[],
): Promise<void> {
  await db('customer_ltv')
    .where('player_id', uuidFromId(playerId))
    .whereNotIn(
      'currency',
      values.map(({ currency }) => currency),
    )
    .delete();
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
