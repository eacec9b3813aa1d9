import { setTimeout as delay } from 'node:timers/promises';
import type { Inject } from './arena';

/** W: Temporal loses everything in the middle of the traffic, and gets it back from Postgres by the operator's command. */
export const wipedTemporal: Inject = async (arena, { holdMs }) => {
  const { machine } = arena;
  arena.temporalWasLost = true;
  await machine.wipeTemporal();
  await machine.pid('temporal');
  await delay(holdMs);
  const { code, output } = await machine.run('rebuild-journeys', '--no-wait');
  if (code !== 0) throw new Error(`rebuild-journeys ended with ${code}:\n${output}`);
};
