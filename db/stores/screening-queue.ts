import { type ClickId, idFromUuid } from '../../domain/ids';
import type { Db } from '../knex';
import { OUTBOX_LANES } from './outbox-store';

export type QueuedClick = { readonly outboxId: bigint; readonly clickId: ClickId };

/** Whether this transaction is the one that screens; the others leave it to it until its end. */
export async function takeScreening(trx: Db): Promise<boolean> {
  const { rows } = await trx.raw<{ rows: { taken: boolean }[] }>(
    `SELECT pg_try_advisory_xact_lock(hashtext('clickchain:screening')) AS taken`,
  );
  return rows[0]?.taken === true;
}

/** New clicks that wait for their journey, in the order in which they were queued, behind a row of the outbox. */
export async function loadQueuedClicks(db: Db, behind: bigint, limit: number): Promise<QueuedClick[]> {
  const { rows } = await db.raw<{ rows: { outbox_id: bigint; ref_id: string }[] }>(
    `SELECT outbox_id, ref_id FROM outbox
     WHERE lane = ${OUTBOX_LANES.click} AND outbox_id > ? ORDER BY outbox_id LIMIT ?`,
    [behind.toString(), limit],
  );
  return rows.map((row) => ({ outboxId: row.outbox_id, clickId: idFromUuid('clk', row.ref_id) }));
}
