import { type Request, type Response, Router } from 'express';
import { unknownWords } from '../../domain/report/worded-report';
import { withDeadline } from '../deadline';
import type { ApiDeps } from '../deps';
import { countRefusal } from '../inbound/event-request';
import { type Parameters, queryParameters, refuseMany } from '../inbound/parameters';
import { asPublic, publicOrigin, requireClick } from '../inbound/public-report';
import { knownEvent, readS2s, type S2sReport } from '../inbound/s2s';
import {
  ANSWER_WITHIN_MS,
  addressCheck,
  identifySender,
  readReportBytes,
  type Sender,
  senderOrPublic,
  verifySender,
} from '../inbound/sender';
import { rememberingMessage } from '../inbound/signed-message';
import { type ReportAnswer, takeReport } from '../inbound/take-report';
import { bearerKey } from '../middleware/authenticate';
import { logRefusal } from '../middleware/log-refusal';
import { bodyParameters, parseParametersBody } from '../middleware/parameters-body';

/**
 * `GET|POST /postback`: server-to-server reports as networks and trackers send them, in the query, a form or JSON.
 * With `key=`, an Authorization header or a signature they are the source's; without, public.
 */
export function s2sPostbackRoutes(deps: ApiDeps): Router {
  const router = Router();
  const refuseAddress = addressCheck(deps);
  const handlers = [
    logRefusal(deps),
    countRefusal(deps),
    identifySender(deps, { keyOf: keyOfRequest, orPublic: true }),
    readReportBytes,
    verifySender(deps),
    async (req: Request, res: Response) => {
      const sender = senderOrPublic(res);
      if (sender !== null) {
        const { origin, trust, message, budgetMs } = sender;
        const taken = await rememberingMessage(deps, sender, async () =>
          takeReport(deps, reportOf(req, res), { ...origin, trust, message }, budgetMs),
        );
        answer(req, res, taken);
        return;
      }
      const report = reportOf(req, res);
      const clickRef = requirePublic(report);
      const startedMs = performance.now();
      const said = {
        source: typeof req.query.source === 'string' ? req.query.source : null,
        workspaceId: deps.catalog.workspaceOfHost(req.headers.host),
      };
      const source = await withDeadline(publicOrigin(deps, clickRef, said), ANSWER_WITHIN_MS);
      refuseAddress(req, source);
      const budgetMs = ANSWER_WITHIN_MS - (performance.now() - startedMs);
      answer(req, res, await takeReport(deps, report, { ...source.origin, trust: 'public' }, budgetMs));
    },
  ];
  // Express would answer HEAD by the handlers of GET, and a link checker is no report.
  router.head('/postback', (_req, res) => {
    res.status(405).setHeader('allow', 'GET, POST').end();
  });
  router.get('/postback', handlers);
  router.post('/postback', handlers);
  return router;
}

/** The click of a public report. Throws what can be refused before anybody asks where it belongs: 400, 401. */
function requirePublic(report: S2sReport): string {
  const isKnown = unknownWords(report.report).length === 0;
  const clickRef = isKnown ? asPublic(knownEvent(report)).clickRef : (report.report.fields.clickId ?? null);
  return requireClick(clickRef);
}

/** Names of parameters that say how the request is meant and nothing about the event; a key is never stored. */
const CONTROLS: ReadonlySet<string> = new Set(['key', 'source', 'return']);

function reportOf(req: Request, res: Response): S2sReport {
  parseParametersBody(req);
  const parameters = parametersOf(req, senderOrPublic(res));
  // For the log of a refusal, which shows a body.
  req.body = parameters;
  return readS2s(parameters);
}

/** A signature covers the body and not the query: of a signed request only the body counts. */
function parametersOf(req: Request, sender: Sender | null): Parameters {
  const body = bodyParameters(req);
  // Known senders report what they like; a query has a bound of its own.
  if (sender === null) refuseMany(body);
  const all = { ...(sender?.trust === 'signed' ? {} : queryParameters(req)), ...body };
  return Object.fromEntries(Object.entries(all).filter(([name]) => !CONTROLS.has(name)));
}

function keyOfRequest(req: Request): string | null {
  const { key } = req.query;
  return bearerKey(req) ?? (typeof key === 'string' && key !== '' ? key : null);
}

/** JSON, or the short text that the sender has asked for with `return=`. */
function answer(req: Request, res: Response, taken: ReportAnswer): void {
  const wanted = req.query.return;
  res.setHeader('cache-control', 'no-store');
  if (typeof wanted === 'string' && /^[\w-]{1,20}$/.test(wanted)) res.type('text/plain').send(wanted);
  else res.json(taken);
}
