import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';

/** One time at which something is due: the earliest that was set. A later one is known again when that has passed. */
export class DueTimer {
  private dueAtMs: number | null = null;
  private hasPassed = false;
  private waiting: CancellationScope | null = null;

  /** The time that is waited for; null when nothing is due. */
  get setForMs(): number | null {
    return this.dueAtMs;
  }

  get isDue(): boolean {
    return this.hasPassed;
  }

  /** Waits for `dueAtMs` unless something earlier is waited for already. */
  set(dueAtMs: number): void {
    if (this.dueAtMs !== null && this.dueAtMs <= dueAtMs) return;
    this.waiting?.cancel();
    this.dueAtMs = dueAtMs;
    this.hasPassed = false;
    const waiting = new CancellationScope();
    this.waiting = waiting;
    waiting
      .run(() => sleep(Math.max(1, dueAtMs - Date.now()), { summary: 'hold or review' }))
      .then(
        () => {
          if (this.waiting === waiting) this.hasPassed = true;
        },
        (error: unknown) => {
          if (!isCancellation(error)) throw error;
        },
      );
  }

  /** Gives the time that has passed, and waits for nothing. */
  take(): number {
    if (this.dueAtMs === null || !this.hasPassed) throw new Error('nothing is due');
    const { dueAtMs } = this;
    this.dueAtMs = null;
    this.hasPassed = false;
    this.waiting = null;
    return dueAtMs;
  }
}
