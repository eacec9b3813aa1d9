import { AppError } from '../../domain/errors';
import type { EventKind } from '../../domain/facts';
import { type SourceId, uuidFromId } from '../../domain/ids';
import type { Db } from '../knex';
import { SIGNED_MESSAGE_KEPT_MS } from '../retention';
import type { SignedMessage } from './new-event';
import { rowBatch } from './row-batch';

/** What a signed message is used for. */
export type MessageUse = {
  readonly sourceId: SourceId;
  readonly message: SignedMessage;
  /** Null when nobody could read what it reports. */
  readonly kind: EventKind | null;
};

const USES = rowBatch<MessageUse & { readonly nowMs: number }>([
  ['source_id', 'uuid', ({ sourceId }) => uuidFromId(sourceId)],
  ['message_hash', 'bytea', ({ message }) => message.digest.toString('hex')],
  ['path', 'text', ({ message }) => message.path],
  ['kind', 'text', ({ kind }) => kind],
  ['used_at', 'timestamptz', ({ nowMs }) => nowMs],
]);

type Row = { source_id: string; message_hash: string; path: string; kind: string | null };
const KEY_OF_ROW = `source_id, encode(message_hash, 'hex') AS message_hash`;

/**
 * Remembers, in the transaction of what they do, what these messages are used for, and finds those that were used for
 * something else: a signature covers id, time and body, and not where it is sent. Waits for concurrent users of the same
 * messages to commit or give up; rows are sorted, so that two batches cannot wait for each other in a circle.
 */
export async function findMisused<Use extends MessageUse>(
  trx: Db,
  uses: readonly Use[],
  nowMs: number,
): Promise<Set<Use>> {
  const first = new Map<string, Use>();
  for (const use of uses) if (!first.has(keyOf(use))) first.set(keyOf(use), use);
  if (first.size === 0) return new Set();
  const firsts = [...first.values()].map((use) => ({ ...use, nowMs }));
  const { rows: fresh } = await trx.raw<{ rows: Row[] }>(
    `WITH given AS (${USES.select})
     INSERT INTO signed_messages AS m (source_id, message_hash, path, kind, used_at)
     SELECT source_id, message_hash, path, kind, used_at FROM given ORDER BY source_id, message_hash
     ON CONFLICT (source_id, message_hash) DO UPDATE
       SET path = excluded.path, kind = excluded.kind, used_at = excluded.used_at
       WHERE m.used_at <= excluded.used_at - interval '${SIGNED_MESSAGE_KEPT_MS} milliseconds'
     RETURNING ${KEY_OF_ROW}, path, kind`,
    USES.bindings(firsts),
  );
  const known = new Map(fresh.map((row) => [keyOfRow(row), row]));
  const others = firsts.filter((use) => !known.has(keyOf(use)));
  for (const row of await readUses(trx, others)) known.set(keyOfRow(row), row);
  return new Set(uses.filter((use) => isAnother(use, known.get(keyOf(use)))));
}

/** Remembers a message that was refused. One that is remembered already stays what it was first. */
export async function rememberRefused(db: Db, use: Omit<MessageUse, 'kind'>, nowMs: number): Promise<void> {
  await findMisused(db, [{ ...use, kind: null }], nowMs);
}

export function messageReused(): AppError {
  return new AppError(
    'message_reused',
    'This webhook-id was used on another path or for another kind of event; give each message an id of its own.',
  );
}

/** A statement of its own: only a new one sees what was waited for. */
async function readUses(trx: Db, uses: readonly (MessageUse & { nowMs: number })[]): Promise<Row[]> {
  if (uses.length === 0) return [];
  const { rows } = await trx.raw<{ rows: Row[] }>(
    `WITH given AS (${USES.select})
     SELECT m.source_id, encode(m.message_hash, 'hex') AS message_hash, m.path, m.kind
     FROM given AS g JOIN signed_messages AS m ON m.source_id = g.source_id AND m.message_hash = g.message_hash`,
    USES.bindings(uses),
  );
  return rows;
}

function isAnother({ message, kind }: MessageUse, known: Row | undefined): boolean {
  if (known === undefined) throw new Error('a message was remembered and cannot be seen');
  return known.path !== message.path || (known.kind !== null && kind !== null && known.kind !== kind);
}

function keyOf({ sourceId, message }: MessageUse): string {
  return `${uuidFromId(sourceId)} ${message.digest.toString('hex')}`;
}

function keyOfRow(row: Row): string {
  return `${row.source_id} ${row.message_hash}`;
}
