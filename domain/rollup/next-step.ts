import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../time';

/** Every time zone of today differs from UTC by whole quarters of an hour, so any local day is made of them. */
export const QUARTER_MS = 15 * MINUTE_MS;
/** Rows of younger moments may still be on their way into the database. */
export const FOLD_LAG_MS = 10 * SECOND_MS;
/** After this a quarter of an hour is counted anew: what was on its way for longer, or was dated behind, is in it then. */
export const CLOSE_LAG_MS = 5 * MINUTE_MS;

/** How far traffic is counted, in milliseconds. */
export type Progress = {
  /** Everything before is counted. */
  readonly foldedMs: number;
  /** Everything before was counted anew after its end; a whole quarter, and not after `foldedMs`. */
  readonly closedMs: number;
};

/** What is counted next: a piece that is added, or a quarter whose counts are replaced. */
export type RollupStep =
  | { readonly kind: 'fold'; readonly fromMs: number; readonly toMs: number }
  | { readonly kind: 'close'; readonly fromMs: number; readonly toMs: number; readonly endsHour: boolean };

/**
 * The next step, or null while there is none. Quarters are closed as soon as they may be, so a past that was never
 * counted is counted once only; a piece never reaches beyond its quarter, which bounds what one statement reads.
 */
export function nextStep({ foldedMs, closedMs }: Progress, nowMs: number): RollupStep | null {
  const closeMs = closedMs + QUARTER_MS;
  if (closeMs + CLOSE_LAG_MS <= nowMs) {
    return { kind: 'close', fromMs: closedMs, toMs: closeMs, endsHour: closeMs % HOUR_MS === 0 };
  }
  const quarterEndMs = (Math.floor(foldedMs / QUARTER_MS) + 1) * QUARTER_MS;
  const toMs = Math.min(quarterEndMs, Math.floor((nowMs - FOLD_LAG_MS) / SECOND_MS) * SECOND_MS);
  return toMs > foldedMs ? { kind: 'fold', fromMs: foldedMs, toMs } : null;
}

/** The progress after a step. A quarter may be closed before it was folded to its end. */
export function afterStep({ foldedMs, closedMs }: Progress, step: RollupStep): Progress {
  if (step.kind === 'fold') return { foldedMs: step.toMs, closedMs };
  return { foldedMs: Math.max(foldedMs, step.toMs), closedMs: step.toMs };
}
