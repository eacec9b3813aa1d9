import type { Db } from '../knex';

/** What still has to be done, over all workspaces. */
export type Backlog = {
  readonly outboxDepth: ReadonlyMap<string, number>;
  /** Age of the outbox row that has been due longest; 0 when none is. */
  readonly outboxOldestSeconds: number;
  /** Events that are neither settled nor waiting in quarantine. */
  readonly eventsUnhandled: number;
  /** With the reports whose words nobody has explained. */
  readonly quarantineWaiting: number;
  /** Conversions that wait for a person. */
  readonly reviewsWaiting: number;
  readonly postbacksPending: number;
  /** Dead letters: they wait for somebody to replay them. */
  readonly postbacksDead: number;
  /** Destinations that were warned about and still fail, and those that were disabled for it. */
  readonly destinationsWarned: number;
  readonly destinationsDisabled: number;
};

type Row = {
  outbox: Record<string, number> | null;
  oldest_seconds: number;
  events_unhandled: bigint;
  quarantine_waiting: bigint;
  reviews_waiting: bigint;
  postbacks_pending: bigint;
  postbacks_dead: bigint;
  destinations_warned: bigint;
  destinations_disabled: bigint;
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
       (SELECT count(*) FROM quarantine WHERE released_at IS NULL)
         + (SELECT count(*) FROM unmapped_reports WHERE resolved_at IS NULL) AS quarantine_waiting,
       (SELECT count(*) FROM conversions WHERE review_since IS NOT NULL) AS reviews_waiting,
       (SELECT count(*) FROM postbacks WHERE status = 'pending') AS postbacks_pending,
       (SELECT count(*) FROM postbacks WHERE status = 'dead') AS postbacks_dead,
       (SELECT count(*) FROM destinations WHERE status <> 'disabled' AND warned_at IS NOT NULL)
         AS destinations_warned,
       (SELECT count(*) FROM destinations WHERE status = 'disabled') AS destinations_disabled`,
    [new Date(nowMs)],
  );
  const row = rows[0];
  if (row === undefined) throw new Error('a query without FROM returned no row');
  return {
    outboxDepth: new Map(Object.entries(row.outbox ?? {})),
    outboxOldestSeconds: row.oldest_seconds,
    eventsUnhandled: Number(row.events_unhandled),
    quarantineWaiting: Number(row.quarantine_waiting),
    reviewsWaiting: Number(row.reviews_waiting),
    postbacksPending: Number(row.postbacks_pending),
    postbacksDead: Number(row.postbacks_dead),
    destinationsWarned: Number(row.destinations_warned),
    destinationsDisabled: Number(row.destinations_disabled),
  };
}
