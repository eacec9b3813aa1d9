import type { DestinationKind, DestinationMethod } from '../../domain/postback/render';
import { nextTurnMs, openPlaces, shareOf } from '../../domain/postback/share';
import { SECOND_MS } from '../../domain/time';
import type { Db } from '../knex';

/**
 * An open attempt takes its place for as long: longer than a request and its bookkeeping may take, so that what a dead
 * worker has left open becomes free by itself.
 */
const PLACE_TAKEN_MS = 20 * SECOND_MS;

/** A destination as an attempt finds it; nobody changes it, or opens another attempt, before the transaction ends. */
export type LockedDestination = {
  readonly destination_id: string;
  readonly kind: DestinationKind;
  readonly url: string;
  readonly method: DestinationMethod;
  readonly status: 'active' | 'paused' | 'disabled';
  readonly secret: string | null;
  /** Before the last rotation; null once the overlap is over. */
  readonly previous_secret: string | null;
  readonly consecutive_failures: number;
  readonly next_turn_at: Date | null;
};

/** Call it last of all locks: it is one for all attempts to the destination, over all workers. */
export async function lockDestination(
  trx: Db,
  destinationUuid: string,
  nowMs: number,
): Promise<LockedDestination> {
  const { rows } = await trx.raw<{ rows: LockedDestination[] }>(
    `SELECT destination_id, kind, url, method, status, secret, consecutive_failures, next_turn_at,
       CASE WHEN previous_secret_until > ? THEN previous_secret END AS previous_secret
     FROM destinations WHERE destination_id = ? FOR NO KEY UPDATE`,
    [new Date(nowMs), destinationUuid],
  );
  if (rows[0] === undefined) throw new Error(`destination ${destinationUuid} does not exist`);
  return rows[0];
}

/** The attempts under way, for a statement about a destination; bound by `underWayBindings`. */
const UNDER_WAY = `FROM postback_attempts AS o
  WHERE o.destination_id = :destination AND o.finished_at IS NULL AND o.started_at BETWEEN :since AND :until`;

function underWayBindings({ destination_id }: LockedDestination, nowMs: number) {
  const [since, until] = [new Date(nowMs - PLACE_TAKEN_MS), new Date(nowMs + PLACE_TAKEN_MS)];
  return { destination: destination_id, since, until };
}

export type AttemptPlace = {
  readonly postbackUuid: string;
  readonly run: number;
  readonly hasWaited: boolean;
};

/**
 * Records the next attempt of a postback if the destination has a place for it: the record is the place. Says which
 * attempt it is, of all and of its run; null while every place is taken.
 */
export async function takePlace(
  trx: Db,
  destination: LockedDestination,
  { postbackUuid, run, hasWaited }: AttemptPlace,
  nowMs: number,
): Promise<{ readonly attemptNo: number; readonly attemptOfRun: number } | null> {
  const { rows } = await trx.raw<{ rows: { attempt_no: number; of_run: number }[] }>(
    `WITH own AS (
       SELECT coalesce(max(attempt_no), 0) + 1 AS nr, count(*) FILTER (WHERE coalesce(run, 0) = :run)::integer + 1 AS of_run
       FROM postback_attempts WHERE postback_id = :postback
     ), opened AS (
       INSERT INTO postback_attempts (postback_id, attempt_no, destination_id, run, started_at)
       SELECT :postback, nr, :destination, :run, :now FROM own WHERE (SELECT count(*) ${UNDER_WAY}) < :places
       RETURNING attempt_no
     )
     SELECT opened.attempt_no, own.of_run FROM opened CROSS JOIN own`,
    {
      ...underWayBindings(destination, nowMs),
      ...{ postback: postbackUuid, run, now: new Date(nowMs) },
      places: openPlaces(lineOf(destination, nowMs), hasWaited),
    },
  );
  const [row] = rows;
  return row === undefined ? null : { attemptNo: row.attempt_no, attemptOfRun: row.of_run };
}

/** Gives out the next turn of a busy destination; says in how long it comes. */
export async function takeTurn(trx: Db, destination: LockedDestination, nowMs: number): Promise<number> {
  const { rows } = await trx.raw<{ rows: { mean_age_ms: number }[] }>(
    `SELECT coalesce(avg(extract(epoch FROM CAST(:now AS timestamptz) - o.started_at)) * 1000, 0)::float8
       AS mean_age_ms ${UNDER_WAY}`,
    { ...underWayBindings(destination, nowMs), now: new Date(nowMs) },
  );
  const meanAgeMs = Math.max(0, rows[0]?.mean_age_ms ?? 0);
  const turnAtMs = nextTurnMs({ ...lineOf(destination, nowMs), meanAgeMs });
  await trx('destinations')
    .where('destination_id', destination.destination_id)
    .update({ next_turn_at: new Date(turnAtMs) });
  return turnAtMs - nowMs;
}

function lineOf({ consecutive_failures, next_turn_at }: LockedDestination, nowMs: number) {
  return { nowMs, lastTurnMs: next_turn_at?.getTime() ?? null, share: shareOf(consecutive_failures) };
}
