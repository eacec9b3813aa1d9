import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../../testing/until';
import type { Machine } from '../instance/machine';
import type { ReleaseName } from '../releases';
import type { Inject } from './arena';

const DEPLOYED_WITHIN_MS = 120_000;

/**
 * F22: workers are stopped in order and come back with other code while journeys are open. Journeys that have met the
 * new code stand still under the old; so whoever goes back goes forward again in the end.
 */
export const otherCode: Inject = async ({ machine }, { variant, holdMs }) => {
  const releases: readonly ReleaseName[] = variant === 'rollback' ? ['next', 'current', 'next'] : ['next'];
  for (const release of releases) {
    await deploy(machine, release);
    await delay(holdMs / releases.length);
  }
};

async function deploy(machine: Machine, release: ReleaseName): Promise<void> {
  if (machine.releases === null) throw new Error('the round has no other release');
  machine.releases.deploy(release);
  const before = await machine.pid('worker');
  await machine.signal('worker', 'SIGTERM');
  await until(
    `a worker of the release ${release}`,
    async () => ![before, null].includes(machine.pidNow('worker')),
    DEPLOYED_WITHIN_MS,
  );
}
