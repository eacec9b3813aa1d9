import type { Db } from '../../db/knex';
import { type ClickId, type PlayerId, uuidFromId } from '../../domain/ids';
import type { WorkspaceFixture } from './insert-workspace';

export type WaitingFixture = {
  readonly count: number;
  /** Whose confirmed deposits of 10.00 EUR they are; without a player they are leads. */
  readonly playerId?: PlayerId;
  /** Named by each of them, and not recorded when it came. */
  readonly clickId?: ClickId;
  readonly atMs: number;
};

/** So many events as they lie in quarantine after their arrival; in one statement, for tests that need thousands. */
export async function insertWaiting(db: Db, tenant: WorkspaceFixture, given: WaitingFixture): Promise<void> {
  const { playerId, clickId, count, atMs } = given;
  const isDeposit = playerId !== undefined;
  await db.raw(
    `WITH given AS MATERIALIZED (
       SELECT gen_random_uuid() AS event_id, CAST(:workspace AS uuid) AS workspace_id, CAST(:brand AS uuid) AS brand_id,
         CAST(:kind AS text) AS kind, CAST(:at AS timestamptz) AS at FROM generate_series(1, :count)
     ), receipt AS (
       INSERT INTO inbox (event_id, workspace_id, brand_id, event_key, body_hash, received_at)
       SELECT event_id, workspace_id, brand_id, kind || ':' || event_id, '\\x00', at FROM given
     ), fact AS (
       INSERT INTO events (event_id, workspace_id, brand_id, source_id, kind, trust, sender_event_id, transaction_key,
         status, click_ref, click_id, click_was_known, player_id, amount_minor, currency, occurred_at,
         occurred_at_source, received_at, attributes, sweep_after)
       SELECT event_id, workspace_id, brand_id, :source, kind, 'keyed', event_id, event_id,
         :status, :clickRef, :click, false, :player, :amount, :currency, at, 'sender', at, '{}', 'infinity'
       FROM given
     )
     INSERT INTO quarantine (event_id, workspace_id, reason, quarantined_at, look_again_at)
     SELECT event_id, workspace_id, :reason, at, at FROM given`,
    {
      workspace: uuidFromId(tenant.workspaceId),
      brand: uuidFromId(tenant.brandId),
      source: uuidFromId(tenant.sourceId),
      kind: isDeposit ? 'deposit' : 'lead',
      status: isDeposit ? 'confirmed' : null,
      amount: isDeposit ? 1_000 : null,
      currency: isDeposit ? 'EUR' : null,
      player: isDeposit ? uuidFromId(playerId) : null,
      click: clickId === undefined ? null : uuidFromId(clickId),
      clickRef: clickId ?? null,
      reason: reasonOf(given),
      at: new Date(atMs),
      count,
    },
  );
}

function reasonOf({ playerId, clickId }: WaitingFixture): string {
  if (clickId === undefined) return 'unknown_player';
  return playerId === undefined ? 'unknown_click' : 'unknown_click_and_player';
}
