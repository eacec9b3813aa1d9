import type { NewEvent } from '../../db/stores/new-event';
import { acceptReport } from '../../db/stores/report-store';
import { unknownWords } from '../../domain/report/worded-report';
import { withDeadline } from '../deadline';
import type { ApiDeps } from '../deps';
import { type EventAnswer, takeEvent } from './event-request';
import { asPublic, neverPublic, publicRaw } from './public-report';
import { knownEvent, type S2sReport, unfit } from './s2s';

/** Whose report it is, and how far he is trusted. */
export type Reporter = Pick<NewEvent, 'workspaceId' | 'brandId' | 'sourceId' | 'trust' | 'message'>;

export type ReportAnswer = EventAnswer & { readonly reason?: 'unmapped_status' };

/**
 * Stores one report within the time that is left: as an event when its words are understood, by everybody or by the
 * mappings of its source, and else in its own words. Throws 400 and 401 as for an event of the kind that it states.
 */
export async function takeReport(
  deps: ApiDeps,
  given: S2sReport,
  reporter: Reporter,
  budgetMs: number,
): Promise<ReportAnswer> {
  if (unknownWords(given.report).length === 0) {
    const event = knownEvent(given);
    const isPublic = reporter.trust === 'public';
    return takeEvent(deps, { ...(isPublic ? asPublic(event) : event), ...reporter }, budgetMs);
  }
  const { report, spelling } = given;
  const raw = reporter.trust === 'public' ? publicRaw(given.raw) : given.raw;
  const taken = await withDeadline(
    acceptReport(deps.intakeDb, { ...reporter, report, raw }, deps.clock.nowMs()),
    budgetMs,
  );
  if (taken.status !== 'refused') {
    const { senderEventId, ...acceptance } = taken;
    deps.metrics.events.inc({ outcome: acceptance.status });
    return { ...acceptance, eventId: senderEventId };
  }
  throw taken.because === 'never_public' ? neverPublic(taken.kind) : unfit(taken.problems, spelling);
}
