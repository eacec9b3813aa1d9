import type { Db } from '../db/knex';
import {
  claimOutbox,
  deferOutbox,
  type LaneGroup,
  type OutboxKind,
  type OutboxRow,
  parkOutbox,
  postponeOutbox,
  removeFromOutbox,
} from '../db/stores/outbox-store';
import { MINUTE_MS, SECOND_MS } from '../domain/time';
import { admitClicks } from './admit-clicks';
import { prepareDispatch } from './dispatch';
import { failureReason } from './failure-reason';
import { classifyTrouble } from './temporal-trouble';
import type { WorkflowStarter } from './workflow-starter';

const MAX_RETRY_DELAY_MS = MINUTE_MS;
/** When Temporal has too much to do; its limits are per second. */
const BUSY_PAUSE_MS = SECOND_MS;
/**
 * Failures after which a row is parked: a quarter of an hour, which outlasts a restart of Temporal, and is over before
 * the failures of one row become what everybody else waits for.
 */
export const MAX_TRIES = 20;

/** What one batch may take. */
export type BatchShare = {
  readonly group: LaneGroup;
  readonly rows: number;
  /** Calls to Temporal at once; more only queue up inside its single frontend. */
  readonly concurrency: number;
  /** After so long no further call is begun, and what is left of the batch stays for the next one. */
  readonly atMostMs?: number;
};

/** A slow Temporal must not keep a transaction open until Postgres ends it, nor a process that is told to stop. */
const AT_MOST_MS = 15 * SECOND_MS;

export type CallsByKind = Readonly<Record<OutboxKind, number>>;

export type RelayFailure = {
  readonly row: OutboxRow;
  readonly error: unknown;
  /** Whether it was one failure too many. */
  readonly isParked: boolean;
};

export type RelayBatchResult = {
  /** Rows claimed; a full batch means there is probably more. */
  readonly claimed: number;
  /** Rows that are gone from the outbox, with or without a call. */
  readonly relayed: number;
  /** Rows of each kind for which Temporal was called, whatever it answered. */
  readonly calls: CallsByKind;
  /** True when Temporal does not answer, or not for us: the rows stay as they are, and the relay should pause. */
  readonly temporalAway: boolean;
  /** Why it is taken for away. */
  readonly awayBecause: unknown;
  readonly failures: readonly RelayFailure[];
};

/**
 * Carries one batch from the outbox to Temporal, in one transaction that holds the rows' locks. A crash anywhere
 * leaves the rows in place, and every call to Temporal may be repeated without effect.
 */
export async function relayBatch(
  db: Db,
  starter: WorkflowStarter,
  share: BatchShare,
  nowMs: number,
): Promise<RelayBatchResult> {
  return db.transaction(async (trx) => {
    const rows = await claimOutbox(trx, share.group, share.rows, nowMs);
    if (rows.length === 0) return NOTHING_DUE;
    const batch = new Batch(performance.now() + (share.atMostMs ?? AT_MOST_MS));
    const clicks = rows.filter((row) => row.kind === 'click');
    const unadmitted = await admitClicks(
      db,
      clicks.map((row) => row.refUuid),
      nowMs,
    );
    const { callOf, journeyOf } = await prepareDispatch(trx, starter, rows, nowMs);
    await forEachConcurrently(groupBy(rows, journeyOf), share.concurrency, async (group) => {
      let isHeld = false;
      for (const row of group) {
        const error = unadmitted.get(row.refUuid);
        if (isHeld) batch.postpone(row);
        else if (error !== undefined) batch.fail(row, error);
        else isHeld = (await batch.carry(row, callOf(row))) === 'busy';
      }
    });
    return batch.conclude(trx, rows.length, nowMs);
  });
}

const NOTHING_DUE: RelayBatchResult = {
  claimed: 0,
  relayed: 0,
  calls: { event: 0, postback: 0, timer: 0, click: 0 },
  temporalAway: false,
  awayBecause: null,
  failures: [],
};

/** What became of the rows of one batch. */
class Batch {
  private readonly calls = { ...NOTHING_DUE.calls };
  private readonly done: bigint[] = [];
  private readonly postponed: bigint[] = [];
  private readonly failed: { row: OutboxRow; error: unknown }[] = [];
  private away: { because: unknown } | null = null;

  constructor(private readonly endsAt: number) {}

  async carry(row: OutboxRow, call: (() => Promise<void>) | null): Promise<'tried' | 'busy' | 'left'> {
    if (this.away !== null || performance.now() >= this.endsAt) return 'left';
    try {
      if (call !== null) {
        this.calls[row.kind] += 1;
        await call();
      }
      this.done.push(row.outboxId);
    } catch (error) {
      switch (classifyTrouble(error)) {
        case 'away':
          this.away = { because: error };
          break;
        case 'busy':
          this.postpone(row);
          return 'busy';
        case 'faulty':
          this.fail(row, error);
          break;
      }
    }
    return 'tried';
  }

  /** Once more in a moment, and what comes after it in its journey behind it. */
  postpone(row: OutboxRow): void {
    this.postponed.push(row.outboxId);
  }

  fail(row: OutboxRow, error: unknown): void {
    this.failed.push({ row, error });
  }

  /** Writes down what became of each row; one that was not tried stays as it is. */
  async conclude(trx: Db, claimed: number, nowMs: number): Promise<RelayBatchResult> {
    await removeFromOutbox(trx, this.done);
    await postponeOutbox(trx, this.postponed, nowMs + BUSY_PAUSE_MS);
    const failures = this.failed.map((failure) => ({
      ...failure,
      isParked: this.isPoison(failure.row, claimed),
    }));
    for (const { row, error, isParked } of failures) {
      if (isParked) await parkOutbox(trx, row, failureReason(error), nowMs);
      else await deferOutbox(trx, row.outboxId, failureReason(error), nowMs + retryDelayMs(row));
    }
    return {
      claimed,
      relayed: this.done.length,
      calls: this.calls,
      temporalAway: this.away !== null,
      awayBecause: this.away?.because ?? null,
      failures,
    };
  }

  /** When every row of a batch fails, it is no fault of theirs: a server in trouble must not fill the parking place. */
  private isPoison(row: OutboxRow, claimed: number): boolean {
    return row.attempts + 1 >= MAX_TRIES && (claimed === 1 || this.done.length > 0);
  }
}

function retryDelayMs(row: OutboxRow): number {
  return Math.min(SECOND_MS * 2 ** row.attempts, MAX_RETRY_DELAY_MS);
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return [...groups.values()];
}

async function forEachConcurrently<T>(
  items: readonly T[],
  concurrency: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  const lane = async (): Promise<void> => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
}
