import type { DbTrouble } from '../db/pg-errors';
import { pauseBeforeAgain, TRIES } from '../db/try-again';
import { AppError } from '../domain/errors';

/**
 * Writes rows together. Resolves once all of them are committed, with what became of each, in their order; rejects when
 * none of them is.
 */
export type WriteBatch<Row, Result> = (rows: readonly Row[]) => Promise<readonly Result[]>;

export type GroupCommitLimits = {
  /** Rows of one statement at most. */
  readonly batchRows: number;
  /** How long the first row of a batch waits for company, in milliseconds. */
  readonly waitMs: number;
  /** Statements on their way at once. */
  readonly lanes: number;
  /** Rows that may wait; one more is refused at once, because a late answer is worth less than an early refusal. */
  readonly queueRows: number;
  /** Every row is answered within this time, and a tenth of it more at worst. */
  readonly answerWithinMs: number;
};

type Waiting<Row, Result> = {
  readonly row: Row;
  readonly lateAtMs: number;
  readonly done: (result: Result) => void;
  readonly fail: (error: unknown) => void;
};

/**
 * Commits what arrives together in one statement, so that a hundred clicks cost one round trip and one flush of the
 * log. `add` resolves after the commit of its own row and never before. While every lane is busy rows gather, so
 * batches grow with the load and nobody waits longer than a commit takes.
 */
export class GroupCommit<Row, Result> {
  private waiting: Waiting<Row, Result>[] = [];
  private readonly inFlight = new Set<readonly Waiting<Row, Result>[]>();
  private flushTimer: NodeJS.Timeout | null = null;
  private watch: NodeJS.Timeout | null = null;

  /** `classify` tells a batch that was refused for what is in it from one that may be tried again, now or later. */
  constructor(
    private readonly write: WriteBatch<Row, Result>,
    private readonly classify: (error: unknown) => DbTrouble,
    private readonly limits: GroupCommitLimits,
  ) {}

  /** Rows that wait for a lane. */
  get depth(): number {
    return this.waiting.length;
  }

  /**
   * Rejects with AppError `unavailable` at once when the queue is full, and when the time is up: the row is then either
   * not written at all or, if its statement is on the way, may still be.
   */
  add(row: Row): Promise<Result> {
    if (this.waiting.length >= this.limits.queueRows) {
      return Promise.reject(new AppError('unavailable', 'More arrives than can be recorded; try again.'));
    }
    const lateAtMs = performance.now() + this.limits.answerWithinMs;
    return new Promise((done, fail) => {
      this.waiting.push({ row, lateAtMs, done, fail });
      // One watch for all: a timer per row would cost more than the row.
      this.watch ??= setInterval(() => this.failLate(), this.limits.answerWithinMs / 10);
      this.schedule();
    });
  }

  private schedule(): void {
    if (this.inFlight.size >= this.limits.lanes) return;
    if (this.waiting.length >= this.limits.batchRows) this.flush();
    else this.flushTimer ??= setTimeout(() => this.flush(), this.limits.waitMs);
  }

  private flush(): void {
    if (this.flushTimer !== null) clearTimeout(this.flushTimer);
    this.flushTimer = null;
    const batch = this.waiting.splice(0, this.limits.batchRows);
    if (batch.length === 0) return;
    this.inFlight.add(batch);
    void this.finish(batch);
  }

  private async finish(batch: readonly Waiting<Row, Result>[]): Promise<void> {
    await this.commit(batch);
    this.inFlight.delete(batch);
    if (this.waiting.length > 0) this.schedule();
    else if (this.inFlight.size === 0) this.stopWatch();
  }

  /** Never rejects: every row's own promise tells how it went. */
  private async commit(batch: readonly Waiting<Row, Result>[], tries = 1): Promise<void> {
    let results: readonly Result[];
    try {
      results = await this.write(batch.map(({ row }) => row));
    } catch (error) {
      await this.recover(batch, error, tries);
      return;
    }
    for (const [index, { done, fail }] of batch.entries()) {
      const result = results[index];
      if (result === undefined) fail(new Error('a batch was committed without saying what became of a row'));
      else done(result);
    }
  }

  /** What did not come in time for its own deadline is not written any more: nobody waits for it. */
  private async recover(
    batch: readonly Waiting<Row, Result>[],
    error: unknown,
    tries: number,
  ): Promise<void> {
    const trouble = this.classify(error);
    if (trouble === 'this_row' && batch.length > 1) {
      // One bad row must not refuse its neighbours.
      for (const one of batch) await this.commit([one]);
      return;
    }
    const awaited = trouble === 'again' && tries < TRIES ? batch.filter(isOnTime) : [];
    for (const one of batch) if (!awaited.includes(one)) one.fail(error);
    if (awaited.length === 0) return;
    await pauseBeforeAgain();
    await this.commit(awaited, tries + 1);
  }

  private failLate(): void {
    const onTime = this.waiting.findIndex(isOnTime);
    const late = this.waiting.splice(0, onTime < 0 ? this.waiting.length : onTime);
    for (const batch of this.inFlight) late.push(...batch.filter((one) => !isOnTime(one)));
    for (const { fail } of late) fail(new AppError('unavailable', 'The database did not answer in time.'));
    if (this.waiting.length === 0 && this.inFlight.size === 0) this.stopWatch();
  }

  private stopWatch(): void {
    if (this.watch !== null) clearInterval(this.watch);
    this.watch = null;
  }
}

function isOnTime({ lateAtMs }: { readonly lateAtMs: number }): boolean {
  return lateAtMs > performance.now();
}
