import type { Db } from '../knex';
import type { OutboxKind } from '../stores/outbox-store';

/** The lanes of the outbox as operators see them, each with the kinds it may hold; in the order of their numbers. */
const LANES = [
  { lane: 'events', kinds: ['event'] },
  { lane: 'duties', kinds: ['postback', 'timer'] },
  { lane: 'starts', kinds: ['click'] },
  { lane: 'rebuild', kinds: ['timer', 'click'] },
] as const satisfies readonly { lane: string; kinds: readonly OutboxKind[] }[];
type Lane = (typeof LANES)[number]['lane'];

/** Enough to tell a backlog, and little enough to count it again and again while millions are rebuilt. */
const COUNTED_PER_LANE = 100_000;

/** What still has to be done, over all workspaces. */
export type Backlog = {
  /** Rows that wait, of each lane and kind; at most 100,000 of a lane are counted. */
  readonly outbox: readonly { readonly lane: Lane; readonly kind: OutboxKind; readonly depth: number }[];
  /** Age of the row that has been due longest, by lane; 0 when none is. */
  readonly outboxOldestSeconds: ReadonlyMap<Lane, number>;
  /** Rows that failed too often: they wait for a person. */
  readonly outboxParked: number;
  /** Events that are neither settled nor waiting in quarantine. */
  readonly eventsUnhandled: number;
  /** With the reports whose words nobody has explained. */
  readonly quarantineWaiting: number;
  /** What was looked for until its end, and is still there. */
  readonly quarantineExpired: number;
  /** Conversions that wait for a person. */
  readonly reviewsWaiting: number;
  /** Neither delivered nor dead, those left out that are held. */
  readonly postbacksPending: number;
  /** Kept because their destination is paused. */
  readonly postbacksHeld: number;
  /** Dead letters: they wait for somebody to replay them. */
  readonly postbacksDead: number;
  /** Destinations that were warned about and still fail, and those that were disabled for it. */
  readonly destinationsWarned: number;
  readonly destinationsDisabled: number;
};

type Row = {
  outbox: { lane: number; kind: OutboxKind; depth: number; oldest_seconds: number }[] | null;
  outbox_parked: bigint;
  events_unhandled: bigint;
  quarantine_waiting: bigint;
  quarantine_expired: bigint;
  reviews_waiting: bigint;
  postbacks_pending: bigint;
  postbacks_held: bigint;
  postbacks_dead: bigint;
  destinations_warned: bigint;
  destinations_disabled: bigint;
};

/**
 * One statement over partial indexes: it costs what is being worked on, not what was ever stored. What waits in
 * quarantine, which may be much and for long, is not counted: its changes are added up.
 */
export async function readBacklog(db: Db, nowMs: number): Promise<Backlog> {
  const { rows } = await db.raw<{ rows: Row[] }>(
    `SELECT
       (SELECT jsonb_agg(waiting) FROM (
          SELECT lanes.lane, queued.kind, count(*) AS depth, greatest(0, coalesce(
            extract(epoch FROM CAST(? AS timestamptz) - min(queued.available_at)), 0))::float8 AS oldest_seconds
          FROM generate_series(0, ?) AS lanes(lane)
          CROSS JOIN LATERAL (
            SELECT o.kind, o.available_at FROM outbox AS o
            WHERE o.lane = lanes.lane AND o.parked_at IS NULL ORDER BY o.outbox_id LIMIT ?
          ) AS queued
          GROUP BY lanes.lane, queued.kind) AS waiting) AS outbox,
       (SELECT count(*) FROM outbox WHERE parked_at IS NOT NULL) AS outbox_parked,
       (SELECT count(*) FROM events WHERE handled_at IS NULL AND sweep_after < 'infinity') AS events_unhandled,
       quarantine.quarantine_waiting, quarantine.quarantine_expired,
       (SELECT count(*) FROM conversions WHERE review_since IS NOT NULL) AS reviews_waiting,
       (SELECT count(*) FROM postbacks WHERE status = 'pending' AND held_at IS NULL) AS postbacks_pending,
       (SELECT count(*) FROM postbacks WHERE status = 'pending' AND held_at IS NOT NULL) AS postbacks_held,
       (SELECT count(*) FROM postbacks WHERE status = 'dead') AS postbacks_dead,
       (SELECT count(*) FROM destinations WHERE status <> 'disabled' AND warned_at IS NOT NULL)
         AS destinations_warned,
       (SELECT count(*) FROM destinations WHERE status = 'disabled') AS destinations_disabled
     FROM (
       SELECT CAST(coalesce(sum(waiting), 0) AS bigint) AS quarantine_waiting,
         CAST(coalesce(sum(expired), 0) AS bigint) AS quarantine_expired
       FROM quarantine_changes
     ) AS quarantine`,
    [new Date(nowMs), LANES.length - 1, COUNTED_PER_LANE],
  );
  const row = rows[0];
  if (row === undefined) throw new Error('an aggregate returned no row');
  return {
    ...outboxBacklog(row.outbox ?? []),
    outboxParked: Number(row.outbox_parked),
    eventsUnhandled: Number(row.events_unhandled),
    quarantineWaiting: Number(row.quarantine_waiting),
    quarantineExpired: Number(row.quarantine_expired),
    reviewsWaiting: Number(row.reviews_waiting),
    postbacksPending: Number(row.postbacks_pending),
    postbacksHeld: Number(row.postbacks_held),
    postbacksDead: Number(row.postbacks_dead),
    destinationsWarned: Number(row.destinations_warned),
    destinationsDisabled: Number(row.destinations_disabled),
  };
}

/** Every lane and kind that there may be, also those of which nothing waits. */
function outboxBacklog(waiting: NonNullable<Row['outbox']>): Pick<Backlog, 'outbox' | 'outboxOldestSeconds'> {
  const outbox = LANES.flatMap(({ lane, kinds }, number) =>
    kinds.map((kind) => {
      const found = waiting.find((row) => row.lane === number && row.kind === kind);
      return { lane, kind, depth: found?.depth ?? 0 };
    }),
  );
  const outboxOldestSeconds = new Map(
    LANES.map(({ lane }, number) => {
      const ages = waiting.filter((row) => row.lane === number).map((row) => row.oldest_seconds);
      return [lane, Math.max(0, ...ages)] as const;
    }),
  );
  return { outbox, outboxOldestSeconds };
}
