import type { Spread } from '../output/spread';
import type { Address } from './http-line';

/** What a load generator is to do. It stops by itself. */
export type LoadJob = {
  readonly target: Address;
  /** Sent in turn, again and again. */
  readonly requests: readonly string[];
  /** Not counted; but what it acknowledges has to be there, too. */
  readonly warmUpSeconds: number;
  readonly seconds: number;
  readonly shape:
    | { readonly kind: 'closed'; readonly connections: number }
    | { readonly kind: 'open'; readonly ratePerSecond: number; readonly mostConnections: number };
};

/** One request and its answer. Times are those of the generator's `performance.now()`. */
export type LoadSample = {
  readonly intendedMs: number;
  readonly sentMs: number;
  readonly doneMs: number;
  readonly outcome: LoadOutcome;
};
export type LoadOutcome = 'acknowledged' | 'refused' | 'other' | 'unanswered';

/** In ms. A closed loop intends what it sends, so its two are one. */
export type Latency = { readonly fromIntended: Spread | null; readonly fromSent: Spread | null };

export type LoadResult = {
  readonly seconds: number;
  /** Of the measured part. `refused`: 503 or 429. `unanswered`: the connection failed or was cut. */
  readonly counts: Readonly<Record<LoadOutcome, number>>;
  readonly acknowledgedPerSecond: number;
  readonly acknowledged: Latency;
  readonly refused: Latency;
  readonly other: Latency;
  /** How late the generator was: what it adds to the latency from the intended time. */
  readonly lateness: Spread | null;
  /** Every click that was acknowledged, also during the warm-up. */
  readonly clickIds: readonly string[];
};
