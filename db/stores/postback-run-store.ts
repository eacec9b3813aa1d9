import { idFromUuid } from '../../domain/ids';
import { HOUR_MS, MINUTE_MS } from '../../domain/time';
import type { Db } from '../knex';
import { enqueue, OUTBOX_CHANNEL } from './outbox-store';

/*
 * Who delivers a pending postback now: its run, and nobody else.
 *
 * | run | of |
 * |---|---|
 * | 0 | the activity that settled what it reports (`handed_to`): whoever settles that again is given nothing |
 * | 1 and later | a workflow of its own, `postback:<workspace>:<postback>:<run>`, started through the outbox |
 * | any, while `held_at` is set | nobody: its destination is paused |
 *
 * Whoever takes a postback over raises its run in the same statement (NEW_RUN). Only the latest run gets attempts, so
 * what the run before still has in Temporal ends by itself. Until `sweep_after`, and for as long as its latest attempt
 * says, a run counts as alive and is left alone.
 */

/** A run without a single attempt after this long has no workflow that works on it. */
export const UNTRIED_MS = 5 * MINUTE_MS;
/** Longer than any pause between two attempts, which a Retry-After can stretch to six hours. */
export const SILENT_MS = 6 * HOUR_MS + 15 * MINUTE_MS;

/** For an UPDATE of postbacks `p`, bound by `newRunBindings`: takes the postback over from whoever had it. */
export const NEW_RUN = `run = p.run + 1, held_at = NULL,
  sweep_after = CAST(:now AS timestamptz) + CAST(:untried AS interval)`;

export function newRunBindings(nowMs: number): { readonly now: Date; readonly untried: string } {
  return { now: new Date(nowMs), untried: `${UNTRIED_MS} milliseconds` };
}

export type NewRun = { readonly workspace_id: string; readonly postback_id: string; readonly run: number };

/** Starts runs that this transaction has begun, and wakes the relay for them. */
export async function startRuns(trx: Db, runs: readonly NewRun[], nowMs: number): Promise<void> {
  if (runs.length === 0) return;
  const refs = runs.map(({ workspace_id, postback_id, run }) => ({
    workspaceId: idFromUuid('wsp', workspace_id),
    refUuid: postback_id,
    run,
  }));
  await enqueue(trx, 'postback', refs, nowMs);
  await trx.raw(`SELECT pg_notify(?, '')`, [OUTBOX_CHANNEL]);
}
