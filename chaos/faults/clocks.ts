import { setTimeout as delay } from 'node:timers/promises';
import { WINDOW_DAYS } from '../audit/client-log';
import { LATE_HABITS, LIFELIKE_HABITS } from '../traffic/habits';
import type { Inject } from './arena';

const WRONG_BY_MS = 3 * 3_600_000;
const WINDOW_MS = WINDOW_DAYS * 86_400_000;
/** Longer than it takes to bring a click to Temporal, shorter than a round. */
const UNTIL_WINDOW_ENDS_MS = 20_000;

const SHIFTS: Readonly<Record<string, { readonly api?: number; readonly workers?: number }>> = {
  api_ahead: { api: WRONG_BY_MS },
  api_behind: { api: -WRONG_BY_MS },
  worker_ahead: { workers: WRONG_BY_MS },
  worker_behind: { workers: -WRONG_BY_MS },
  both_ahead: { api: WRONG_BY_MS, workers: WRONG_BY_MS },
};

/** F18: a clock is three hours off, and steps back when it is set right. */
export const wrongClock: Inject = async ({ machine }, { variant, holdMs }) => {
  const { api = 0, workers = 0 } = SHIFTS[variant] ?? {};
  await machine.shiftClock('api', api);
  await machine.shiftClock('workers', workers);
  await delay(holdMs);
  await machine.shiftClock('api', 0);
  await machine.shiftClock('workers', 0);
};

/**
 * F17, F21: the clicks of this time were made almost a whole window ago, because the API's clock is as much behind. So
 * their windows end together and soon, and events can fall on the last millisecond or the one after it.
 */
export function oldClicks(visitors: 'late' | 'usual'): Inject {
  return async ({ machine, traffic }, { holdMs }) => {
    await machine.shiftClock('api', UNTIL_WINDOW_ENDS_MS - WINDOW_MS);
    if (visitors === 'late') traffic.behave(LATE_HABITS);
    const bursting = visitors === 'late' ? null : traffic.burst(EXPIRING_AT_ONCE);
    await delay(holdMs);
    traffic.behave(LIFELIKE_HABITS);
    // A story of an old click is one only if its click, too, is made under this clock, however late it is answered.
    await bursting;
    await traffic.clicked();
    await machine.shiftClock('api', 0);
  };
}

const EXPIRING_AT_ONCE = 300;
