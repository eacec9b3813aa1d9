import type { ClientLog } from '../audit/client-log';
import type { ProcessName } from '../instance/instance';

/** One kill and how long it took, from the kill on, until… */
export interface Outage {
  readonly name: ProcessName;
  readonly atMs: number;
  /** … instance.json named another process. */
  readonly restartedMs: number;
  /** … readiness, Temporal included. */
  readonly readyMs: number;
  /** … an event received since then was settled and a postback of it delivered. */
  readonly chainMs: number;
}

/** What was sent between the kill and the recovery. */
export function during<T extends { readonly sentAtMs: number }>(
  { atMs, chainMs }: Outage,
  items: readonly T[],
): T[] {
  return items.filter(({ sentAtMs }) => sentAtMs >= atMs && sentAtMs <= atMs + chainMs);
}

/** For people: one line per kill, times in seconds. */
export function outageTable(outages: readonly Outage[], log: ClientLog): string {
  const rows = outages.map((outage) => {
    const refusals = during(outage, log.refusals);
    const { atMs, name, restartedMs, readyMs, chainMs } = outage;
    return [
      name,
      ...[restartedMs, lastFailureMs(outage, log) - atMs, readyMs, chainMs].map(seconds),
      String(during(outage, log.unreachable).length),
      String(refusals.length),
      seconds(Math.max(0, ...refusals.map(({ tookMs }) => tookMs))),
    ];
  });
  const head = ['kill -9', 'restarted', 'refusing', 'ready', 'chain', 'unreachable', 'refused', 'slowest'];
  return [head, ...rows].map((cells) => `${cells.map((cell) => cell.padEnd(12)).join('')}\n`).join('');
}

/** When the last request of the outage was sent that was not taken. */
function lastFailureMs(outage: Outage, log: ClientLog): number {
  const failures = [...during(outage, log.refusals), ...during(outage, log.unreachable)];
  return Math.max(outage.atMs, ...failures.map(({ sentAtMs }) => sentAtMs));
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
