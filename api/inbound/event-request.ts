import type { RequestHandler, Response } from 'express';
import { faultPoint } from '../../config/fault-points';
import type { Acceptance } from '../../db/stores/event-store';
import type { NewEvent } from '../../db/stores/new-event';
import { withDeadline } from '../deadline';
import type { ApiDeps } from '../deps';
import { parseJsonBody } from '../middleware/json-body';
import { localsOf } from '../middleware/locals';
import { logRefusal } from '../middleware/log-refusal';
import type { IncomingEvent } from './incoming-event';
import { identifySender, readReportBytes, senderOf, verifySender } from './sender';
import { rememberingMessage } from './signed-message';

/**
 * The handlers of a route that takes one event: who reports it, then what it says in that route's dialect, and only once
 * it is stored the answer `{status, eventId, id}`. Nothing is parsed before it is known who sent it.
 */
export function eventRequest(deps: ApiDeps, translate: (body: unknown) => IncomingEvent): RequestHandler[] {
  return [
    logRefusal(deps),
    countRefusal(deps),
    identifySender(deps),
    readReportBytes,
    verifySender(deps),
    async (req, res) => {
      const sender = senderOf(res);
      const { origin, trust, message, budgetMs } = sender;
      const answer = await rememberingMessage(deps, sender, async () => {
        parseJsonBody(req);
        return takeEvent(deps, { ...translate(req.body), ...origin, trust, message }, budgetMs);
      });
      res.json(answer);
    },
  ];
}

export type EventAnswer = Acceptance & { readonly eventId: string };

/** Stores one event within the time that is left, counts it, and gives the answer. 503 when the time is over. */
export async function takeEvent(deps: ApiDeps, event: NewEvent, budgetMs: number): Promise<EventAnswer> {
  faultPoint('event-before-insert');
  const { status, id } = await withDeadline(deps.intake(event), budgetMs);
  faultPoint('event-after-commit');
  deps.metrics.events.inc({ outcome: status });
  return { status, eventId: event.senderEventId, id };
}

export function countRefusal(deps: ApiDeps): RequestHandler {
  return (_req, res, next) => {
    res.once('finish', () => {
      if (res.statusCode >= 400) deps.metrics.events.inc({ outcome: refusalOutcome(res) });
    });
    next();
  };
}

function refusalOutcome(res: Response): 'conflict' | 'unavailable' | 'refused' {
  const { errorCode } = localsOf(res);
  if (errorCode === 'event_conflict') return 'conflict';
  return res.statusCode >= 500 ? 'unavailable' : 'refused';
}
