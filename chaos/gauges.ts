import { readFileSync } from 'node:fs';
import { withPostgres } from './audit/collect-evidence';
import type { Gauge } from './audit/evidence';
import type { Machine } from './instance/machine';

const MEASURE_EVERY_MS = 2_000;
/** Caps, not targets: what nears them has no bound of its own. */
const CAPS = {
  'API memory in MB': 1_500,
  'worker memory in MB': 1_500,
  'database connections': 200,
} as const;

type Name = keyof typeof CAPS;

export interface Gauges {
  stop(): Gauge[];
}

/** Measures while the round lasts; `stop` gives the highest values. What cannot be measured just now is left out. */
export function startGauges(machine: Machine): Gauges {
  const highest = new Map<Name, number>();
  const note = (name: Name, value: number): void => {
    highest.set(name, Math.max(highest.get(name) ?? 0, value));
  };
  const measure = async (): Promise<void> => {
    note('API memory in MB', residentMb(machine.pidNow('api')));
    note('worker memory in MB', residentMb(machine.pidNow('worker')));
    note('database connections', await connections(machine.whereabouts().databaseUrl).catch(() => 0));
  };
  const timer = setInterval(() => void measure().catch(() => undefined), MEASURE_EVERY_MS);
  return {
    stop: () => {
      clearInterval(timer);
      return [...highest].map(([name, value]) => ({ name, highest: value, cap: CAPS[name] }));
    },
  };
}

function residentMb(pid: number | null): number {
  try {
    const [, kilobytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Math.round(Number(kilobytes ?? 0) / 1_024);
  } catch {
    return 0;
  }
}

async function connections(databaseUrl: string): Promise<number> {
  return withPostgres(databaseUrl, async (client) => {
    const { rows } = await client.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM pg_stat_activity WHERE application_name LIKE 'clickchain%'`,
    );
    return rows[0]?.count ?? 0;
  });
}
