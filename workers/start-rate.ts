import { SECOND_MS } from '../domain/time';

/** What may be saved up while nothing is started: enough for a short burst, too little to flood Temporal. */
const SAVED_MS = SECOND_MS / 2;
/** With a backlog: the time between two batches. Smaller ones would cost more statements per start. */
const BATCH_MS = SECOND_MS / 4;

/**
 * How many journeys may be started now: a bucket that fills by `perSecond`, up to half a second's worth. What was
 * started is taken out afterwards, so it may be a little overdrawn and then fills for longer.
 */
export class StartRate {
  private saved: number;
  private readonly mostSaved: number;
  private readonly batch: number;

  constructor(
    private readonly perSecond: number,
    private filledAtMs: number,
  ) {
    this.mostSaved = Math.max(1, (perSecond * SAVED_MS) / SECOND_MS);
    this.batch = Math.max(1, (perSecond * BATCH_MS) / SECOND_MS);
    this.saved = this.mostSaved;
  }

  /** Whole starts that may be made now; 0 until there is a batch's worth. */
  allowedAt(nowMs: number): number {
    this.fill(nowMs);
    return this.saved < this.batch ? 0 : Math.floor(this.saved);
  }

  /** Until the next batch may be started. */
  msUntilAllowed(nowMs: number): number {
    this.fill(nowMs);
    const missing = this.batch - this.saved;
    return missing <= 0 ? 0 : Math.ceil((missing / this.perSecond) * SECOND_MS);
  }

  spend(starts: number): void {
    this.saved -= starts;
  }

  /** A clock that was set back fills nothing, and counts on from where it is. */
  private fill(nowMs: number): void {
    const passedMs = Math.max(0, nowMs - this.filledAtMs);
    this.filledAtMs = nowMs;
    this.saved = Math.min(this.mostSaved, this.saved + (passedMs / SECOND_MS) * this.perSecond);
  }
}
