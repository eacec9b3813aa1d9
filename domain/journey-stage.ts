import type { Outcome } from './fraud/verdict';

/**
 * How far a click's journey has come, as operators see it. Stages are computed from facts and the clock:
 *
 *   waiting → installed → registered → converted     by the proven events credited to the click, in any order
 *   waiting | installed | registered → expired       when the window ends without a first deposit
 *   any → blocked                                    by a blocking verdict on the click
 *
 * Invariants: converted outranks expired, so a player who registered in time may still convert after the window;
 * blocked outranks everything.
 */
export const JOURNEY_STAGES = [
  'waiting',
  'installed',
  'registered',
  'converted',
  'expired',
  'blocked',
] as const;
export type JourneyStage = (typeof JOURNEY_STAGES)[number];

export type JourneyFacts = {
  readonly clickOutcome: Outcome;
  readonly installed: boolean;
  readonly registered: boolean;
  /** A confirmed first deposit is credited to the click, whether or not it was charged back later. */
  readonly converted: boolean;
  readonly expiresAtMs: number;
};

export function journeyStage(facts: JourneyFacts, nowMs: number): JourneyStage {
  if (facts.clickOutcome === 'block') return 'blocked';
  if (facts.converted) return 'converted';
  if (nowMs > facts.expiresAtMs) return 'expired';
  if (facts.registered) return 'registered';
  return facts.installed ? 'installed' : 'waiting';
}
