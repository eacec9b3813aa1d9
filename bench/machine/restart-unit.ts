import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { type InstancePids, readInstanceFile } from '../../embedded/instance-file';
import type { MeasuredInstance } from '../section';

const BACK_WITHIN_MS = 60_000;

/** Ends a process of the instance by a signal, and waits until the instance says again that it is ready; in ms. */
export async function restartUnit(
  { dataDir, info }: MeasuredInstance,
  unit: keyof InstancePids,
  by: 'SIGKILL' | 'SIGINT',
  signal: AbortSignal,
): Promise<number> {
  const pidNow = (): number | null => readInstanceFile(dataDir)?.pids[unit] ?? null;
  const pid = pidNow();
  if (pid === null) throw new Error(`${unit} does not run.`);
  const endedMs = performance.now();
  process.kill(pid, by);
  for (;;) {
    await sleep(50, undefined, { signal });
    const isAnother = pidNow() !== null && pidNow() !== pid;
    if (isAnother && (await isReady(info.apiUrl))) return performance.now() - endedMs;
    if (performance.now() - endedMs > BACK_WITHIN_MS) throw new Error(`${unit} did not come back.`);
  }
}

async function isReady(apiUrl: string): Promise<boolean> {
  try {
    const { statusCode, body } = await request(`${apiUrl}/readyz`, { headersTimeout: 1_500, reset: true });
    await body.dump();
    return statusCode === 200;
  } catch {
    return false;
  }
}
