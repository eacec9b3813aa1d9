import type { Habits } from './stories';

/** Half of all visitors do something: many chains in few clicks, for the runs of `npm test`. */
export const BUSY_HABITS: Habits = {
  shapes: [
    ['waiting', 68],
    ['registered', 8],
    ['converted', 8],
    ['converted_again', 3],
    ['below_minimum', 3],
    ['deposit_first', 3],
    ['by_player_only', 2],
    ['deposits_swapped', 2],
    ['charged_back', 3],
  ],
  repeatOneIn: 6,
  copyOneIn: 12,
  maxPauseMs: 1_500,
};

/** Fifty clicks make five events, as in life; one in twenty comes again or several times at once, some in disorder. */
export const LIFELIKE_HABITS: Habits = {
  shapes: [
    ['waiting', 1_905],
    ['registered', 24],
    ['converted', 24],
    ['converted_again', 8],
    ['below_minimum', 6],
    ['deposit_first', 3],
    ['by_player_only', 2],
    ['deposits_swapped', 2],
    ['charged_back', 6],
    ['refund_first', 2],
    ['lively', 10],
    ['lead_only', 10],
    ['excluded', 4],
  ],
  repeatOneIn: 40,
  copyOneIn: 40,
  maxPauseMs: 4_000,
};

/** Visitors whose first event falls on the last millisecond of the window, or on the first after it. */
export const LATE_HABITS: Habits = {
  ...LIFELIKE_HABITS,
  shapes: [
    ['waiting', 60],
    ['window_last_ms', 10],
    ['window_over', 10],
    ['converted', 5],
  ],
};

/** As usual, and every event several times: one after the other, and up to fifty at once. */
export const REPEATING_HABITS: Habits = {
  ...LIFELIKE_HABITS,
  shapes: [
    ['waiting', 90],
    ['converted', 6],
    ['charged_back', 2],
    ['lively', 2],
  ],
  repeatOneIn: 2,
  copyOneIn: 2,
};

/** Nobody tells things in the order in which they happened. */
export const DISORDERLY_HABITS: Habits = {
  ...LIFELIKE_HABITS,
  shapes: [
    ['waiting', 85],
    ['deposit_first', 4],
    ['by_player_only', 3],
    ['deposits_swapped', 4],
    ['refund_first', 4],
  ],
};
