import {
  type DestinationId,
  idFromUuid,
  type PostbackId,
  uuidFromId,
  type WorkspaceId,
} from '../../domain/ids';
import type { PostbackContext } from '../../domain/postback/context';
import {
  type DestinationKind,
  type DestinationMethod,
  type RenderedRequest,
  readdress,
} from '../../domain/postback/render';
import { MINUTE_MS } from '../../domain/time';
import type { Db } from '../knex';
import { type LockedDestination, lockDestination, takePlace, takeTurn } from './destination-share-store';
import { abandonAttempts, hold, markDead } from './postback-end';

/** How an attempt ended. `abandoned`: the worker died in it, so nobody knows what the destination saw. */
export const ATTEMPT_OUTCOMES = ['delivered', 'retry', 'refused', 'disabled', 'abandoned'] as const;
export type AttemptOutcome = (typeof ATTEMPT_OUTCOMES)[number];

export type OpenedAttempt = {
  readonly attemptNo: number;
  /** Counted from 1 in the run of the postback. */
  readonly attemptOfRun: number;
  readonly workspaceId: WorkspaceId;
  readonly destinationId: DestinationId;
  readonly kind: DestinationKind;
  readonly key: string;
  readonly request: RenderedRequest;
  readonly secrets: readonly string[];
};

export type AttemptOpening =
  | { readonly kind: 'opened'; readonly attempt: OpenedAttempt }
  /** The destination has no place for it now, and a turn for it then. No attempt was made. */
  | { readonly kind: 'busy'; readonly turnInMs: number }
  /** The destination is paused: whoever asks is done with it, and it goes on when that is over. */
  | { readonly kind: 'held' }
  /** Nothing to do: delivered, or parked before or by this call. */
  | { readonly kind: 'closed'; readonly status: 'delivered' | 'dead' }
  /** A later run, such as a replay, works on it. */
  | { readonly kind: 'superseded' };

type DutyRow = {
  status: 'pending' | 'delivered' | 'dead';
  workspace_id: string;
  destination_id: string;
  is_test: boolean;
  key: string;
  run: number;
  url: string;
  method: DestinationMethod;
  headers: Record<string, string>;
  body: string | null;
  context: PostbackContext | null;
};

/** A run that waits for a turn is not lost: the sweep leaves it alone until so long after its turn. */
const TURN_GRACE_MS = 15 * MINUTE_MS;

/**
 * Opens the next attempt of a postback, in one transaction that commits before anything is sent: whoever looks
 * later sees that the destination may have heard of it. The player is read FOR SHARE, so that an exclusion that is
 * being written is either seen here or waits until the attempt is on record. Nothing is sent for a player who is
 * self-excluded now: the postback is parked, from where it can be replayed when the exclusion is over.
 *
 * The destination is locked last: after its pause was answered no attempt begins, tests left out, and it never has more
 * attempts at once than its share, however many workers there are. With `run`, only the latest run gets an attempt: one
 * that was parked and replayed meanwhile must not be tried twice.
 */
export async function openAttempt(
  db: Db,
  postbackId: PostbackId,
  nowMs: number,
  run?: number,
  hasWaited = false,
): Promise<AttemptOpening> {
  return db.transaction(async (trx) => {
    const duty = await lockDuty(trx, postbackId);
    if (duty.status === 'pending' && run !== undefined && run !== duty.run) return { kind: 'superseded' };
    await abandonAttempts(trx, postbackId, nowMs);
    if (duty.status !== 'pending') return { kind: 'closed', status: duty.status };
    if (await lockPlayerAndAskExcluded(trx, postbackId, nowMs)) {
      await markDead(trx, postbackId, 'self_excluded', nowMs);
      return { kind: 'closed', status: 'dead' };
    }
    const destination = await lockDestination(trx, duty.destination_id, nowMs);
    if (destination.status === 'disabled') {
      await markDead(trx, postbackId, 'destination_disabled', nowMs);
      return { kind: 'closed', status: 'dead' };
    }
    if (destination.status === 'paused' && !duty.is_test) {
      await hold(trx, postbackId, nowMs);
      return { kind: 'held' };
    }
    const wanted = { postbackUuid: uuidFromId(postbackId), run: duty.run, hasWaited };
    const place = await takePlace(trx, destination, wanted, nowMs);
    if (place !== null) {
      const request = await addressedRequest(trx, postbackId, duty, destination);
      return { kind: 'opened', attempt: { ...place, ...toAttempt(duty, destination), request } };
    }
    const turnInMs = await takeTurn(trx, destination, nowMs);
    await postponeSweep(trx, postbackId, nowMs + turnInMs + TURN_GRACE_MS);
    return { kind: 'busy', turnInMs };
  });
}

async function lockDuty(trx: Db, postbackId: PostbackId): Promise<DutyRow> {
  const { rows } = await trx.raw<{ rows: DutyRow[] }>(
    `SELECT status, workspace_id, destination_id, is_test, key, run, url, method, headers, body, context
     FROM postbacks WHERE postback_id = ? FOR UPDATE`,
    [uuidFromId(postbackId)],
  );
  if (rows[0] === undefined) throw new Error(`postback ${postbackId} does not exist`);
  return rows[0];
}

async function lockPlayerAndAskExcluded(trx: Db, postbackId: PostbackId, nowMs: number): Promise<boolean> {
  const { rows } = await trx.raw<{ rows: { is_excluded: boolean }[] }>(
    `SELECT y.excluded_during @> ?::timestamptz AS is_excluded
     FROM players AS y JOIN postbacks AS p ON p.player_id = y.player_id
     WHERE p.postback_id = ? FOR SHARE OF y`,
    [new Date(nowMs), uuidFromId(postbackId)],
  );
  return rows[0]?.is_excluded ?? false;
}

/** The request to where the destination is now; on record before it is sent, like the attempt. */
async function addressedRequest(
  trx: Db,
  postbackId: PostbackId,
  { url, method, headers, body, context }: DutyRow,
  destination: LockedDestination,
): Promise<RenderedRequest> {
  const request = readdress({ url, method, headers, body }, destination, context);
  if (request.url !== url || request.method !== method) {
    const { url: movedTo, method: by } = request;
    await trx('postbacks').where('postback_id', uuidFromId(postbackId)).update({ url: movedTo, method: by });
  }
  return request;
}

async function postponeSweep(trx: Db, postbackId: PostbackId, untilMs: number): Promise<void> {
  await trx('postbacks')
    .where('postback_id', uuidFromId(postbackId))
    .update({ sweep_after: new Date(untilMs) });
}

function toAttempt(duty: DutyRow, { kind, secret, previous_secret }: LockedDestination) {
  return {
    workspaceId: idFromUuid('wsp', duty.workspace_id),
    destinationId: idFromUuid('dst', duty.destination_id),
    kind,
    key: duty.key,
    secrets: [secret, previous_secret].filter((one) => one !== null),
  };
}
