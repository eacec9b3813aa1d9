import type { Db } from '../knex';

/** What still has to be done, over all workspaces. */
export type Backlog = {
  readonly outboxDepth: ReadonlyMap<string, number>;
  /** Age of the outbox row that has been due longest; 0 when none is. */
  readonly outboxOldestSeconds: number;
  /** Events that are neither settled nor waiting in quarantine. */
  readonly eventsUnhandled: number;
  readonly quarantineWaiting: number;
  readonly postbacksPending: number;
};

type Row = {
  outbox: Record<string, number> | null;
  oldest_seconds: number;
  events_unhandled: bigint;
  quarantine_waiting: bigint;
  postbacks_pending: bigint;
};

/** One statement over partial indexes: it costs what is waiting, not what was ever stored. */
export async function readBacklog(db: Db, nowMs: number): Promise<Backlog> {
  const { rows } = await db.raw<{ rows: Row[] }>(
    `SELECT
       (SELECT jsonb_object_agg(kind, depth) FROM (SELECT kind, count(*) AS depth FROM outbox GROUP BY kind) AS kinds)
         AS outbox,
       (SELECT greatest(0, coalesce(extract(epoch FROM CAST(? AS timestamptz) - min(available_at)), 0))::float8
          FROM outbox) AS oldest_seconds,
       (SELECT count(*) FROM events AS e WHERE e.handled_at IS NULL AND NOT EXISTS (
          SELECT 1 FROM quarantine AS q WHERE q.event_id = e.event_id AND q.released_at IS NULL))
         AS events_unhandled,
       (SELECT count(*) FROM quarantine WHERE released_at IS NULL) AS quarantine_waiting,
       (SELECT count(*) FROM postbacks WHERE status = 'pending') AS postbacks_pending`,
    [new Date(nowMs)],
  );
  const row = rows[0];
  if (row === undefined) throw new Error('a query without FROM returned no row');
  return {
    outboxDepth: new Map(Object.entries(row.outbox ?? {})),
    outboxOldestSeconds: row.oldest_seconds,
    eventsUnhandled: Number(row.events_unhandled),
    quarantineWaiting: Number(row.quarantine_waiting),
    postbacksPending: Number(row.postbacks_pending),
  };
}
