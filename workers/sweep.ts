import type { Logger } from 'pino';
import { createSettlementActivities } from '../activities/settlement';
import type { Db } from '../db/knex';
import { ensurePartitions } from '../db/partitions';
import { queueTimersOf } from '../db/stores/due-store';
import { expireKeptData } from '../db/stores/expiry-store';
import { OUTBOX_LANES } from '../db/stores/outbox-store';
import { releaseHeldPostbacks, sweepOrphanedPostbacks } from '../db/stores/postback-sweep-store';
import { releaseRest, sweepQuarantine } from '../db/stores/quarantine-sweep-store';
import { translateReports } from '../db/stores/report-translation-store';
import { applyRules } from '../db/stores/rule-sweep-store';
import type { SubjectKey } from '../db/stores/subject-lock';
import { findOverdueSubjects, sweepUnhandledEvents } from '../db/stores/sweep-store';
import { tryAgain } from '../db/try-again';
import type { HousekeepingPart } from '../domain/housekeeping/parts';
import { parseId } from '../domain/ids';
import { type Clock, DAY_MS, MINUTE_MS } from '../domain/time';
import { PartWatch } from './part-watch';
import { WakeUp } from './wake-up';

const SWEEP_EVERY_MS = MINUTE_MS;
const HOUSEKEEPING_EVERY_MS = DAY_MS / 24;
const SWEEP_ROWS = 500;
/** Of what was held for destinations that were resumed: of each, and in all. */
const RELEASE = { each: 500, limit: 2_000 } as const;

type SweepDeps = { readonly db: Db; readonly clock: Clock; readonly logger: Logger };

/**
 * The net under everything else: whatever a notification, a signal or a process lost, is found here within a
 * minute. Several processes may sweep at once; rows are claimed by locks.
 */
export async function runSweep(deps: SweepDeps, signal: AbortSignal): Promise<void> {
  const timer = new WakeUp();
  const watch = new PartWatch(deps);
  let housekeptAtMs = Number.NEGATIVE_INFINITY;
  while (!signal.aborted) {
    const nowMs = deps.clock.nowMs();
    await sweepOnce(deps, watch, nowMs);
    if (nowMs - housekeptAtMs >= HOUSEKEEPING_EVERY_MS && (await keepHouse(deps.db, watch, nowMs))) {
      housekeptAtMs = nowMs;
    }
    await timer.pause(SWEEP_EVERY_MS, signal);
  }
}

/**
 * One round: quarantine re-joined, unsettled events queued again, orphaned postbacks and those of resumed destinations
 * given a workflow, and what is overdue settled on the spot, whose postbacks are orphans of the next rounds; then what
 * the rules and mappings of an operator have left over. A part that fails must not hold up the others; the next round
 * follows in a minute.
 */
async function sweepOnce(deps: SweepDeps, watch: PartWatch, nowMs: number): Promise<void> {
  const { db, logger } = deps;
  const part = async (name: HousekeepingPart, work: () => Promise<number>): Promise<number> =>
    (await watch.turn(name, () => tryAgain(work))) ?? 0;
  const released = await part(
    'sweep_quarantine',
    async () => (await sweepQuarantine(db, nowMs, SWEEP_ROWS)).length,
  );
  const rest = await part('sweep_quarantine_rest', async () => (await releaseRest(db, nowMs)).length);
  const events = await part('sweep_events', () =>
    db.transaction((trx) => sweepUnhandledEvents(trx, SWEEP_ROWS, nowMs)),
  );
  const postbacks = await part('sweep_postbacks', () =>
    db.transaction((trx) => sweepOrphanedPostbacks(trx, SWEEP_ROWS, nowMs)),
  );
  const resumed = await part('sweep_held', () =>
    db.transaction((trx) => releaseHeldPostbacks(trx, RELEASE, nowMs)),
  );
  const overdue = await part('sweep_overdue', () => settleOverdue(deps, nowMs));
  if (rest + events + postbacks + resumed + overdue > 0) {
    logger.info({ released, rest, events, postbacks, resumed, overdue }, 'sweep found work');
  }
  const matched = await part('sweep_rules', async () => (await applyRules(db, nowMs)).length);
  const translated = await part(
    'sweep_reports',
    async () => (await translateReports(db, nowMs, SWEEP_ROWS)).length,
  );
  if (matched + translated > 0) logger.info({ matched, translated }, 'sweep worked off the quarantine desk');
}

/**
 * Settles what no timer has; one subject that cannot be settled must not hold up the others, and is told at the end, so
 * that somebody learns of it. Says how many were settled.
 */
async function settleOverdue(deps: SweepDeps, nowMs: number): Promise<number> {
  const { settleDue } = createSettlementActivities(deps);
  let settled = 0;
  const failures: unknown[] = [];
  for (const { key, dueAtMs } of await findOverdueSubjects(deps.db, SWEEP_ROWS, nowMs)) {
    try {
      const next = await settleDue({ subject: key, dueAtMs });
      await setTimer(deps.db, key, next.dueAtMs, nowMs);
      settled += 1;
    } catch (error) {
      deps.logger.warn({ err: error, subject: key }, 'an overdue subject could not be settled');
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, 'overdue subjects could not be settled');
  return settled;
}

/** What is settled without a workflow has nobody who would wait for the next time. */
async function setTimer(db: Db, key: SubjectKey, dueAtMs: number | null, nowMs: number): Promise<void> {
  const playerId = parseId('ply', key);
  if (playerId === null || dueAtMs === null) return;
  await queueTimersOf(db, [{ playerId, dueAtMs }], OUTBOX_LANES.timer, nowMs);
}

/**
 * Partitions for the coming months and the end of what is kept only for a time, each by itself. False when any of it
 * failed: it is tried again with the next round.
 */
async function keepHouse(db: Db, watch: PartWatch, nowMs: number): Promise<boolean> {
  let isDone = true;
  const part = async (name: HousekeepingPart, work: () => Promise<void>): Promise<void> => {
    const done = await watch.turn(name, () => work().then(() => true));
    isDone &&= done === true;
  };
  await part('partitions', () => ensurePartitions(db, nowMs));
  await expireKeptData(db, nowMs, (kind, work) => part(`retention_${kind}`, work));
  return isDone;
}
