import { type EventId, idFromUuid, uuidFromId } from '../../domain/ids';
import type { Db } from '../knex';
import { eventBodyHash, eventKey } from './event-identity';
import type { NewEvent } from './new-event';
import { rowBatch } from './row-batch';

/** An event on its way in, with the id that it will have if nobody reported it before. */
export type Arrival = { readonly id: EventId; readonly event: NewEvent; readonly receivedAtMs: number };

/** What is stored of a fact that was reported before. */
export type FirstReport = { readonly id: EventId; readonly bodyHash: Buffer };

/** What a transaction of a brand is called; its statuses share it. */
export function transactionName({ workspaceId, brandId, kind, transactionKey }: NewEvent): string {
  return ['transaction', workspaceId, brandId, kind, transactionKey].join(' ');
}

/**
 * Statuses of one transaction come in one at a time: their players can only be compared once the other is visible.
 * Locked in one order, so that two batches cannot wait for each other in a circle.
 */
export async function lockTransactions(trx: Db, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return;
  await trx.raw(
    `SELECT pg_advisory_xact_lock(key) FROM (
       SELECT DISTINCT hashtextextended(name, 0) AS key FROM unnest(?::text[]) AS name ORDER BY 1
     ) AS keys`,
    [events.map(transactionName)],
  );
}

const STATUSES = rowBatch<Arrival>([
  ['event_id', 'uuid', ({ id }) => uuidFromId(id)],
  ['workspace_id', 'uuid', ({ event }) => uuidFromId(event.workspaceId)],
  ['brand_id', 'uuid', ({ event }) => uuidFromId(event.brandId)],
  ['kind', 'text', ({ event }) => event.kind],
  ['transaction_key', 'text', ({ event }) => event.transactionKey],
  ['player', 'text', ({ event }) => event.playerExternalId ?? ''],
]);

/** Those whose transaction was reported before for another player. The caller holds the transactions' locks. */
export async function findMisnamed(trx: Db, arrivals: readonly Arrival[]): Promise<Set<EventId>> {
  if (arrivals.length === 0) return new Set();
  const { rows } = await trx.raw<{ rows: { event_id: string }[] }>(
    `WITH given AS (${STATUSES.select})
     SELECT g.event_id FROM given AS g
     WHERE EXISTS (
       SELECT 1 FROM events AS e JOIN players AS p ON p.player_id = e.player_id
       WHERE e.workspace_id = g.workspace_id AND e.brand_id = g.brand_id AND e.kind = g.kind
         AND e.transaction_key = g.transaction_key AND p.external_id <> g.player
     )`,
    STATUSES.bindings(arrivals),
  );
  return new Set(rows.map((row) => idFromUuid('evt', row.event_id)));
}

const RECEIPTS = rowBatch<Arrival>([
  ['event_id', 'uuid', ({ id }) => uuidFromId(id)],
  ['workspace_id', 'uuid', ({ event }) => uuidFromId(event.workspaceId)],
  ['brand_id', 'uuid', ({ event }) => uuidFromId(event.brandId)],
  ['source_id', 'uuid', ({ event }) => uuidFromId(event.sourceId)],
  ['event_key', 'text', ({ event }) => eventKey(event)],
  ['body_hash', 'bytea', ({ event }) => eventBodyHash(event).toString('hex')],
  ['received_at', 'timestamptz', ({ receivedAtMs }) => receivedAtMs],
]);

/**
 * The arrivals whose receipt is new; whose exists already is absent. Waits for concurrent writers of the same keys to
 * commit or give up; keys are sorted, so that two batches cannot wait for each other in a circle. Says on the way
 * whether the workspace has rules that might match the event, so that without any they cost no statement.
 */
export async function insertReceipts(
  trx: Db,
  arrivals: readonly Arrival[],
): Promise<Map<EventId, { readonly hasRules: boolean }>> {
  if (arrivals.length === 0) return new Map();
  const { rows } = await trx.raw<{ rows: { event_id: string; has_rules: boolean }[] }>(
    `WITH given AS (${RECEIPTS.select}), taken AS (
       INSERT INTO inbox (event_id, workspace_id, brand_id, event_key, body_hash, received_at)
       SELECT event_id, workspace_id, brand_id, event_key, body_hash, received_at FROM given
       ORDER BY workspace_id, brand_id, event_key
       ON CONFLICT (workspace_id, brand_id, event_key) DO NOTHING RETURNING event_id
     )
     SELECT t.event_id, EXISTS (
       SELECT 1 FROM quarantine_rules AS r
       WHERE r.workspace_id = g.workspace_id AND r.is_enabled AND (r.source_id IS NULL OR r.source_id = g.source_id)
     ) AS has_rules
     FROM taken AS t JOIN given AS g ON g.event_id = t.event_id`,
    RECEIPTS.bindings(arrivals),
  );
  return new Map(rows.map((row) => [idFromUuid('evt', row.event_id), { hasRules: row.has_rules }]));
}

const KEYS = rowBatch<Arrival>([
  ['event_id', 'uuid', ({ id }) => uuidFromId(id)],
  ['workspace_id', 'uuid', ({ event }) => uuidFromId(event.workspaceId)],
  ['brand_id', 'uuid', ({ event }) => uuidFromId(event.brandId)],
  ['event_key', 'text', ({ event }) => eventKey(event)],
]);

/** What was reported first under the arrivals' keys. A statement of its own: only a new one sees what was waited for. */
export async function findFirstReports(
  trx: Db,
  arrivals: readonly Arrival[],
): Promise<Map<EventId, FirstReport>> {
  if (arrivals.length === 0) return new Map();
  const { rows } = await trx.raw<{ rows: { asked_id: string; event_id: string; body_hash: Buffer }[] }>(
    `WITH given AS (${KEYS.select})
     SELECT g.event_id AS asked_id, i.event_id, i.body_hash FROM given AS g
     JOIN inbox AS i ON i.workspace_id = g.workspace_id AND i.brand_id = g.brand_id AND i.event_key = g.event_key`,
    KEYS.bindings(arrivals),
  );
  return new Map(
    rows.map((row) => [
      idFromUuid('evt', row.asked_id),
      { id: idFromUuid('evt', row.event_id), bodyHash: row.body_hash },
    ]),
  );
}
