import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from '../../embedded/process-table';
import { until } from '../../testing/until';

export type ClockRole = 'api' | 'workers';

const NOTICED_WITHIN_MS = 60_000;

/** Sets the clock of a role, and waits until every process of it that runs, and at least one, goes by it. */
export async function setClock(folder: string, role: ClockRole, ms: number): Promise<void> {
  writeFileSync(join(folder, role), String(ms));
  await until(
    `the clock of ${role} to be ${ms} ms off`,
    async () => {
      const shown = clocksOf(folder, role);
      return shown.length > 0 && shown.every((shift) => shift === ms);
    },
    NOTICED_WITHIN_MS,
  );
}

function clocksOf(folder: string, role: ClockRole): number[] {
  return readdirSync(folder).flatMap((name) => {
    const [, pid] = new RegExp(`^${role}\\.(\\d+)$`).exec(name) ?? [];
    return pid !== undefined && isAlive(Number(pid))
      ? [Number(readFileSync(join(folder, name), 'utf8'))]
      : [];
  });
}
