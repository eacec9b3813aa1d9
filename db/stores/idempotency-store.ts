import { type ApiKeyId, uuidFromId } from '../../domain/ids';
import { DAY_MS } from '../../domain/time';
import type { Db } from '../knex';

/** How long a repeated request is answered like the first. */
const IDEMPOTENCY_TTL_MS = DAY_MS;

export type IdempotencySlot = {
  readonly keyId: ApiKeyId;
  readonly route: string;
  readonly idempotencyKey: string;
};

export type StoredAnswer = { readonly bodyHash: Buffer; readonly status: number; readonly sealed: string };

/** A slot whose effect is not committed yet; only its own transaction ever sees it. */
const RESERVED = { response_status: 0, response_body: '{}' };

/**
 * Takes the slot inside the transaction of the effect. 'reserved': the effect is ours to make. Otherwise the
 * answer that an earlier request stored. A concurrent request with the same slot waits here, on the unique key,
 * until the first has committed (then it reads that answer) or rolled back (then the slot is its own).
 */
export async function reserveSlot(
  db: Db,
  slot: IdempotencySlot,
  bodyHash: Buffer,
  nowMs: number,
): Promise<'reserved' | StoredAnswer> {
  const row = { ...keyOf(slot), ...RESERVED, body_hash: bodyHash, created_at: new Date(nowMs) };
  const reserved = await db('idempotency_keys')
    .insert({ ...row })
    .onConflict(['key_id', 'route', 'idempotency_key'])
    .merge()
    .where('idempotency_keys.created_at', '<', new Date(nowMs - IDEMPOTENCY_TTL_MS))
    .returning('key_id');
  return reserved.length > 0 ? 'reserved' : readSlot(db, slot);
}

/** Stores the answer of a reserved slot, to be committed together with the effect. */
export async function fillSlot(db: Db, slot: IdempotencySlot, status: number, sealed: string): Promise<void> {
  await db('idempotency_keys')
    .where(keyOf(slot))
    .update({ response_status: status, response_body: JSON.stringify({ sealed }) });
}

/** Removes some answers that are past their time; called along the way, so that the table needs no keeper. */
export async function purgeExpiredSlots(db: Db, nowMs: number, limit: number): Promise<void> {
  await db.raw(
    `DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY(
       SELECT ctid FROM idempotency_keys WHERE created_at < ? ORDER BY created_at LIMIT ? FOR UPDATE SKIP LOCKED))`,
    [new Date(nowMs - IDEMPOTENCY_TTL_MS), limit],
  );
}

async function readSlot(db: Db, slot: IdempotencySlot): Promise<StoredAnswer> {
  const row = await db<Row>('idempotency_keys')
    .first('body_hash', 'response_status', 'response_body')
    .where(keyOf(slot));
  if (row === undefined) throw new Error('an idempotency slot vanished while it was read');
  return { bodyHash: row.body_hash, status: row.response_status, sealed: row.response_body.sealed };
}

type Row = { body_hash: Buffer; response_status: number; response_body: { sealed: string } };

function keyOf(slot: IdempotencySlot): { key_id: string; route: string; idempotency_key: string } {
  return { key_id: uuidFromId(slot.keyId), route: slot.route, idempotency_key: slot.idempotencyKey };
}
