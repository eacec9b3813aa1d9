import { setTimeout as delay } from 'node:timers/promises';
import { DISORDERLY_HABITS, LIFELIKE_HABITS, REPEATING_HABITS } from '../traffic/habits';
import type { Habits } from '../traffic/stories';
import type { Inject } from './arena';

/** F15, F16: those who come from now on repeat themselves, or tell everything in the wrong order. */
function visitorsWho(habits: Habits): Inject {
  return async ({ traffic }, { holdMs }) => {
    traffic.behave(habits);
    await delay(holdMs);
    traffic.behave(LIFELIKE_HABITS);
  };
}

export const repeating = visitorsWho(REPEATING_HABITS);
export const disorderly = visitorsWho(DISORDERLY_HABITS);

const BURST_VISITORS = 600;
const BURSTS = 3;

/** F20: many times what comes usually, all at once; what is refused comes again. */
export const overload: Inject = async ({ traffic }, { holdMs }) => {
  const bursts = Array.from({ length: BURSTS }, async (_, number) => {
    await delay((number * holdMs) / BURSTS);
    await traffic.burst(BURST_VISITORS);
  });
  await Promise.all(bursts);
};
