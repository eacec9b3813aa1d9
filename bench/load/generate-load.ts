import { countSamples } from './count-samples';
import { acknowledgedClick, type HttpAnswer } from './http-answer';
import { HttpLine } from './http-line';
import { createLinePool } from './line-pool';
import type { LoadJob, LoadOutcome, LoadResult, LoadSample } from './load-job';
import { openLoop } from './open-loop';

/** How long the last answers are waited for; what has not come by then has none. */
const LAST_ANSWERS_MS = 10_000;
/** Between two tries of a connection that failed: a closed loop would else only count how fast it is refused. */
const AFTER_FAILURE_MS = 50;

/** Runs one job to its end, or until the signal; what was answered until then counts. */
export async function generateLoad(job: LoadJob, signal?: AbortSignal): Promise<LoadResult> {
  return job.shape.kind === 'closed' ? closedLoad(job, job.shape, signal) : openLoad(job, job.shape, signal);
}

/** Each connection sends again as soon as it is answered: as much as the server takes. */
async function closedLoad(
  job: LoadJob,
  { connections }: { connections: number },
  signal: AbortSignal | undefined,
): Promise<LoadResult> {
  const notes = new Notes();
  const measuredFromMs = performance.now() + job.warmUpSeconds * 1_000;
  const endMs = measuredFromMs + job.seconds * 1_000;
  let next = 0;
  const lines = Array.from({ length: connections }, () => new HttpLine(job.target));
  const runLine = (line: HttpLine): Promise<void> =>
    new Promise((resolve) => {
      const again = (): void => {
        const sentMs = performance.now();
        if (sentMs >= endMs || signal?.aborted === true) {
          resolve();
          return;
        }
        const request = job.requests[next % job.requests.length] ?? '';
        next += 1;
        line.send(request, (answer) => {
          const doneMs = performance.now();
          const outcome = notes.outcome(answer);
          // Counted by its end, so that the measured seconds hold what was answered within them.
          if (doneMs >= measuredFromMs && doneMs < endMs)
            notes.samples.push({ intendedMs: sentMs, sentMs, doneMs, outcome });
          if (outcome === 'acknowledged') again();
          else setTimeout(again, AFTER_FAILURE_MS);
        });
      };
      again();
    });
  const patience = setTimeout(
    () => {
      for (const line of lines) line.close();
    },
    endMs - performance.now() + LAST_ANSWERS_MS,
  );
  await Promise.all(lines.map(runLine));
  clearTimeout(patience);
  for (const line of lines) line.close();
  const lastedMs = Math.min(performance.now(), endMs) - measuredFromMs;
  return countSamples(notes.samples, Math.max(lastedMs, 1) / 1_000, notes.clickIds);
}

/** Sends on a schedule, whatever is answered. */
async function openLoad(
  job: LoadJob,
  { ratePerSecond, mostConnections }: { ratePerSecond: number; mostConnections: number },
  signal: AbortSignal | undefined,
): Promise<LoadResult> {
  const notes = new Notes();
  const pool = createLinePool(job.target, mostConnections);
  const warmUp = Math.round(ratePerSecond * job.warmUpSeconds);
  const count = warmUp + Math.round(ratePerSecond * job.seconds);
  const lastMs = (job.warmUpSeconds + job.seconds) * 1_000;
  const patience = setTimeout(() => pool.close(), lastMs + LAST_ANSWERS_MS);
  const shots = await openLoop({
    ratePerSecond,
    count,
    fire: async (index) =>
      notes.outcome(await pool.exchange(job.requests[index % job.requests.length] ?? '')),
    ...(signal === undefined ? {} : { stopEarly: signal }),
  });
  clearTimeout(patience);
  pool.close();
  const samples = shots.slice(warmUp).map(({ intendedMs, sentMs, doneMs, result }): LoadSample => {
    return { intendedMs, sentMs, doneMs, outcome: result.ok ? result.value : 'unanswered' };
  });
  return countSamples(samples, Math.max(samples.length, 1) / ratePerSecond, notes.clickIds);
}

class Notes {
  readonly clickIds: string[] = [];
  readonly samples: LoadSample[] = [];

  outcome(answer: HttpAnswer | null): LoadOutcome {
    if (answer === null) return 'unanswered';
    const clickId = acknowledgedClick(answer);
    if (clickId !== null) {
      this.clickIds.push(clickId);
      return 'acknowledged';
    }
    return answer.status === 503 || answer.status === 429 ? 'refused' : 'other';
  }
}
