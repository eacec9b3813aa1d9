export type WindowLimit = {
  /** Units of one key in one window. */
  readonly limit: number;
  readonly windowMs: number;
  /** Keys that are counted in one window. */
  readonly maxKeys: number;
};

/**
 * Counts per key in windows of fixed length. Synchronous and without timers, because clicks pass through it. Bounded:
 * of a flood from more keys than it holds, the keys beyond are let pass, since a limit per key says nothing about it.
 */
export class WindowCounter {
  private counts = new Map<string, number>();
  private windowStartMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: WindowLimit) {}

  /**
   * Counts what is taken; false once the key has had its share of this window, or a smaller `limit`. What begins within
   * the share is let pass whole: something larger than all of it could never come otherwise.
   */
  take(key: string, nowMs: number, units = 1, limit = this.options.limit): boolean {
    this.turn(nowMs);
    const taken = this.counts.get(key);
    if (taken === undefined && this.counts.size >= this.options.maxKeys) return true;
    if ((taken ?? 0) >= limit) return false;
    this.counts.set(key, (taken ?? 0) + units);
    return true;
  }

  /** Whether the next `take` of the key would be refused. */
  isFull(key: string, nowMs: number, limit = this.options.limit): boolean {
    this.turn(nowMs);
    return (this.counts.get(key) ?? 0) >= limit;
  }

  /** Until the window ends, rounded up. */
  secondsLeft(nowMs: number): number {
    this.turn(nowMs);
    return Math.max(1, Math.ceil((this.windowStartMs + this.options.windowMs - nowMs) / 1_000));
  }

  private turn(nowMs: number): void {
    const { windowMs } = this.options;
    // A clock that was set back begins a new window, too: waiting for the old one could take hours.
    if (nowMs >= this.windowStartMs && nowMs - this.windowStartMs < windowMs) return;
    this.windowStartMs = Math.floor(nowMs / windowMs) * windowMs;
    this.counts = new Map();
  }
}
