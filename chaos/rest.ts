import { until } from '../testing/until';
import { countUnfinished, type Unfinished } from './audit/collect-evidence';
import type { Arena } from './faults/arena';

/** Sweeps come every minute, and the fourth attempt of a delivery a good minute after the first. */
const AT_REST_WITHIN_MS = 240_000;
const LOOK_EVERY_MS = 1_000;

/**
 * Nothing is broken any more: destinations that were disabled are enabled, but for the one that does not exist.
 * Waits until everything has come to rest, and has what was parked sent again meanwhile. Gives what is left in the end.
 */
export async function comeToRest(
  arena: Arena,
  say: (unfinished: Unfinished) => void,
  signal: AbortSignal,
): Promise<Unfinished> {
  const { admin, setUp, traffic, machine } = arena;
  const ours = [setUp.campaigns.alpha.destinationId, setUp.campaigns.beta.destinationId, setUp.hookId];
  for (const destinationId of ours) {
    await admin.call('PATCH', `/v1/destinations/${destinationId}`, { status: 'active' });
  }
  traffic.log.changes.push({ what: 'destination_given_up', destinationId: setUp.nowhereId });
  let left: Unfinished | undefined;
  let lookedAtMs = 0;
  const isAtRest = async (): Promise<boolean> => {
    if (signal.aborted) return true;
    if (Date.now() - lookedAtMs < LOOK_EVERY_MS) return false;
    left = await countUnfinished(machine.whereabouts());
    lookedAtMs = Date.now();
    say(left);
    if (left.parked > 0) {
      for (const destinationId of ours) await admin.call('POST', '/v1/postbacks/replay', { destinationId });
    }
    return Object.values(left).every((count) => count === 0);
  };
  // What is left says more than that the time is over.
  await until('everything to come to rest', isAtRest, AT_REST_WITHIN_MS).catch(() => undefined);
  if (left === undefined)
    throw new Error('the database was never there to ask whether everything is at rest');
  return left;
}
