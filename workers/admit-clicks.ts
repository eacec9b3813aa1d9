import { screenClicks } from '../activities/screen-clicks';
import type { Db } from '../db/knex';
import { classifyDbError } from '../db/pg-errors';
import { releaseForClicks } from '../db/stores/quarantine-store';
import { tryAgain } from '../db/try-again';
import { type ClickId, idFromUuid } from '../domain/ids';

/**
 * New clicks get their verdicts, and events that waited for them are let go. It commits on its own, before any journey
 * is started: an event that is being settled meanwhile needs the same verdicts, and must not wait for starts. When the
 * whole list fails, each click is tried alone, so that one which cannot be judged holds up no other. Gives what went
 * wrong, by click; rejects while Postgres is away.
 */
export async function admitClicks(
  db: Db,
  clickUuids: readonly string[],
  nowMs: number,
): Promise<ReadonlyMap<string, unknown>> {
  const failed = new Map<string, unknown>();
  if (clickUuids.length === 0) return failed;
  const error = await tryAdmit(db, clickUuids, nowMs);
  if (error === null) return failed;
  for (const uuid of clickUuids) {
    const own = await tryAdmit(db, [uuid], nowMs);
    if (own !== null) failed.set(uuid, own);
  }
  return failed;
}

/** What went wrong, or null. Nothing of a list that fails stays behind. */
async function tryAdmit(db: Db, clickUuids: readonly string[], nowMs: number): Promise<unknown> {
  const clickIds: ClickId[] = clickUuids.map((uuid) => idFromUuid('clk', uuid));
  try {
    await tryAgain(() =>
      db.transaction(async (trx) => {
        await screenClicks(trx, clickIds, nowMs);
        await releaseForClicks(trx, clickIds, nowMs);
      }),
    );
    return null;
  } catch (error) {
    if (classifyDbError(error) === 'away') throw error;
    return error ?? new Error('failed without a reason');
  }
}
