import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../time';

/** How often a part runs, and how many of its turns may fail or stay away before somebody has to look. */
type Rhythm = { readonly everyMs: number; readonly lateAfterTurns: number };

const EVERY_MINUTE = { everyMs: MINUTE_MS, lateAfterTurns: 10 } as const;
const EVERY_HOUR = { everyMs: HOUR_MS, lateAfterTurns: 3 } as const;
/** Loops that look again and again; five minutes without a round that went well. */
const ALWAYS = { everyMs: SECOND_MS, lateAfterTurns: 300 } as const;

/** Everything that the workers do without anybody asking for it, and that nobody would miss for days. */
export const HOUSEKEEPING_PARTS = {
  sweep_quarantine: EVERY_MINUTE,
  sweep_quarantine_rest: EVERY_MINUTE,
  sweep_events: EVERY_MINUTE,
  sweep_postbacks: EVERY_MINUTE,
  sweep_held: EVERY_MINUTE,
  sweep_overdue: EVERY_MINUTE,
  sweep_rules: EVERY_MINUTE,
  sweep_reports: EVERY_MINUTE,
  partitions: EVERY_HOUR,
  retention_click_raw: EVERY_HOUR,
  retention_impression_raw: EVERY_HOUR,
  retention_event_raw: EVERY_HOUR,
  retention_unmapped_report_raw: EVERY_HOUR,
  retention_velocity_hits: EVERY_HOUR,
  retention_idempotency_keys: EVERY_HOUR,
  retention_signed_messages: EVERY_HOUR,
  retention_secrets: EVERY_HOUR,
  rollups: ALWAYS,
  screening: ALWAYS,
  relay_events: ALWAYS,
  relay_duties: ALWAYS,
  relay_starts: ALWAYS,
} as const satisfies Readonly<Record<string, Rhythm>>;
export type HousekeepingPart = keyof typeof HOUSEKEEPING_PARTS;

/** What is let go when its time is over: a table, or old secrets. */
export type RetentionKind<Part = HousekeepingPart> = Part extends `retention_${infer Kind}` ? Kind : never;

const PARTS = Object.keys(HOUSEKEEPING_PARTS) as HousekeepingPart[];

/** What the processes have noted of a part, whichever of them did it. */
export type PartNote = {
  /** Null: never. */
  readonly succeededAtMs: number | null;
  /** Since the last success; null when nothing has failed since. */
  readonly failing: { readonly sinceMs: number; readonly code: string } | null;
};

export type PartState = {
  readonly part: HousekeepingPart;
  /** Since when it has not succeeded. */
  readonly sinceMs: number;
  readonly isLate: boolean;
  /** What it fails with; null when it simply does not run. */
  readonly failingWith: string | null;
};

/**
 * How each part stands. What has noted no failure may just have been stopped together with the rest, so its absence
 * counts from when somebody began to watch.
 */
export function partStates(
  notes: ReadonlyMap<string, PartNote>,
  { nowMs, watchedSinceMs }: { readonly nowMs: number; readonly watchedSinceMs: number },
): PartState[] {
  return PARTS.map((part) => {
    const { everyMs, lateAfterTurns } = HOUSEKEEPING_PARTS[part];
    const { succeededAtMs, failing } = notes.get(part) ?? { succeededAtMs: null, failing: null };
    const sinceMs =
      failing === null
        ? Math.max(succeededAtMs ?? watchedSinceMs, watchedSinceMs)
        : (succeededAtMs ?? failing.sinceMs);
    const isLate = nowMs - sinceMs > everyMs * lateAfterTurns;
    return { part, sinceMs, isLate, failingWith: failing?.code ?? null };
  });
}
