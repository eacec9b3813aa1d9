import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../../testing/until';
import type { Inject } from './arena';

/**
 * W: Temporal loses everything in the middle of the traffic, and the instance gives it back from Postgres by itself. An
 * operator who has not seen that asks for it once more.
 */
export const lostTemporal: Inject = async (arena, { variant, holdMs }) => {
  const { machine } = arena;
  arena.temporalWasLost = true;
  const saidBefore = timesSaid(machine.output());
  await machine.loseTemporal(variant === 'damaged' ? 'damaged' : 'wiped');
  await until(
    'the instance to start its journeys again',
    async () => timesSaid(machine.output()) > saidBefore,
    STARTED_AGAIN_WITHIN_MS,
  );
  await delay(holdMs);
  const { code, output } = await machine.run('rebuild-journeys', '--no-wait');
  if (code !== 0) throw new Error(`rebuild-journeys ended with ${code}:\n${output}`);
};

const STARTED_AGAIN_WITHIN_MS = 120_000;

function timesSaid(output: string): number {
  return output.split("Temporal's database was").length;
}
