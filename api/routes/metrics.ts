import { Router } from 'express';
import { type Backlog, readBacklog } from '../../db/read-models/backlog';
import { readPartNotes } from '../../db/stores/housekeeping-store';
import { AppError } from '../../domain/errors';
import { type PartState, partStates } from '../../domain/housekeeping/parts';
import { SECOND_MS } from '../../domain/time';
import { withDeadline } from '../deadline';
import type { ApiDeps } from '../deps';
import type { ApiMetrics } from '../metrics';

/** Several scrapers, or an impatient one, cost one question in this time. */
const BACKLOG_FRESH_MS = 5_000;
const BACKLOG_WITHIN_MS = 1_000;

/** Prometheus metrics. Public: keep the port on loopback or behind a proxy that guards the path. */
export function metricsRoutes(deps: ApiDeps): Router {
  const router = Router();
  const watchedSinceMs = deps.clock.nowMs();
  let askedAtMs = Number.NEGATIVE_INFINITY;

  router.get('/metrics', async (_req, res) => {
    const nowMs = deps.clock.nowMs();
    if (nowMs - askedAtMs >= BACKLOG_FRESH_MS) {
      askedAtMs = nowMs;
      await refreshBacklog(deps, { nowMs, watchedSinceMs });
    }
    const text = await deps.metrics.exposition().catch((error: unknown) => {
      throw new AppError('unavailable', 'A process of this API does not tell its metrics.', { cause: error });
    });
    res.set('content-type', deps.metrics.registry.contentType).send(text);
  });

  return router;
}

/** While Postgres is away the gauges are absent: an old number would look like a standstill, a zero like success. */
async function refreshBacklog(
  deps: ApiDeps,
  times: { readonly nowMs: number; readonly watchedSinceMs: number },
): Promise<void> {
  clearBacklog(deps.metrics);
  try {
    const reading = Promise.all([readBacklog(deps.db, times.nowMs), readPartNotes(deps.db)]);
    const [backlog, notes] = await withDeadline(reading, BACKLOG_WITHIN_MS);
    showBacklog(deps.metrics, backlog);
    showParts(deps.metrics, partStates(notes, times), times.nowMs);
  } catch (error) {
    deps.logger.warn({ err: error }, 'backlog not measured');
  }
}

function showParts({ backlog }: ApiMetrics, states: readonly PartState[], nowMs: number): void {
  for (const { part, sinceMs, isLate } of states) {
    backlog.housekeepingAge.set({ part }, (nowMs - sinceMs) / SECOND_MS);
    backlog.housekeepingLate.set({ part }, isLate ? 1 : 0);
  }
}

function clearBacklog({ backlog }: ApiMetrics): void {
  for (const gauge of Object.values(backlog)) gauge.remove({});
  backlog.outboxDepth.reset();
  backlog.outboxOldestSeconds.reset();
  backlog.destinationsFailing.reset();
  backlog.housekeepingAge.reset();
  backlog.housekeepingLate.reset();
}

function showBacklog({ backlog }: ApiMetrics, measured: Backlog): void {
  for (const { lane, kind, depth } of measured.outbox) backlog.outboxDepth.set({ lane, kind }, depth);
  for (const [lane, seconds] of measured.outboxOldestSeconds) {
    backlog.outboxOldestSeconds.set({ lane }, seconds);
  }
  backlog.outboxParked.set(measured.outboxParked);
  backlog.eventsUnhandled.set(measured.eventsUnhandled);
  backlog.quarantineWaiting.set(measured.quarantineWaiting);
  backlog.quarantineExpired.set(measured.quarantineExpired);
  backlog.reviewsWaiting.set(measured.reviewsWaiting);
  backlog.postbacksPending.set(measured.postbacksPending);
  backlog.postbacksHeld.set(measured.postbacksHeld);
  backlog.postbacksDead.set(measured.postbacksDead);
  backlog.destinationsFailing.set({ state: 'warned' }, measured.destinationsWarned);
  backlog.destinationsFailing.set({ state: 'disabled' }, measured.destinationsDisabled);
}
