import type { IncomingMessage } from 'node:http';
import { findLatestClick, type SendingSource } from '../../db/stores/event-origin-store';
import { withDeadline } from '../deadline';
import type { ApiDeps } from '../deps';
import { takeEvent } from '../inbound/event-request';
import { type Parameters, pairsToParameters } from '../inbound/parameters';
import { asPublic, needsClick, publicOrigin } from '../inbound/public-report';
import { namesClick, translateS2s } from '../inbound/s2s';
import { ANSWER_WITHIN_MS, addressCheck } from '../inbound/sender';
import { takeVisitorShare } from '../limits/refuse';
import { PUBLIC_REPORT_UNITS } from '../limits/work-units';
import { toAppError } from '../middleware/problem';
import { rawQueryOf } from './browser-request';
import { sendPixel } from './gif';
import type { HotRoute } from './hot-listener';
import { readVisitorCookie } from './visitor-cookie';

/**
 * `GET /px/{event}.gif`: a conversion as a picture on a page. Always public: it takes the parameters of `/postback`,
 * installs, leads, registrations and sales only. Without a click id the visitor's latest click stands in, of the workspace
 * that the page speaks for: by `source`, by the host, or because there is only one.
 */
export function pixelRoute(deps: ApiDeps): HotRoute {
  const refuseAddress = addressCheck(deps);
  return {
    pattern: '/px/:event.gif',
    path: /^\/px\/([^/?#]+)\.gif\/?(?:[?#]|$)/,
    answer: async (req, res, event) => {
      if (req.method === 'HEAD') {
        sendPixel(res);
        return;
      }
      try {
        // One unit was taken at the gate, as for a click.
        takeVisitorShare(deps, req, res, PUBLIC_REPORT_UNITS - 1);
        await withDeadline(report({ deps, refuseAddress }, { req, event }), ANSWER_WITHIN_MS);
      } catch (error) {
        const refusal = toAppError(error);
        const isOurs = refusal.code === 'unavailable' || refusal.code === 'internal';
        deps.metrics.events.inc({
          outcome: isOurs ? 'unavailable' : refusal.code === 'event_conflict' ? 'conflict' : 'refused',
        });
        const level = refusal.code === 'internal' ? 'error' : isOurs ? 'warn' : 'debug';
        const requestId = res.getHeader('x-request-id');
        deps.logger[level]({ err: error, requestId }, 'pixel not recorded');
        sendPixel(res, isOurs || refusal.code === 'rate_limited' ? 'unavailable' : 'answered');
        return;
      }
      sendPixel(res);
    },
  };
}

type Pixel = { readonly req: IncomingMessage; readonly event: string };
type Surroundings = { readonly deps: ApiDeps; readonly refuseAddress: ReturnType<typeof addressCheck> };

async function report({ deps, refuseAddress }: Surroundings, { req, event }: Pixel): Promise<void> {
  const { source, ...parameters } = parametersOf(req, event);
  const said = { source: source ?? null, workspaceId: deps.catalog.workspaceOfHost(req.headers.host) };
  const store = async (fact: ReturnType<typeof asPublic>, { origin, ipAllowList }: SendingSource) => {
    refuseAddress(req, { origin, ipAllowList });
    await takeEvent(deps, { ...fact, ...origin }, ANSWER_WITHIN_MS);
  };
  if (namesClick(parameters)) {
    const fact = asPublic(translateS2s(parameters));
    await store(fact, await publicOrigin(deps, fact.clickRef, said));
    return;
  }
  // The cookie is every workspace's that has brought this visitor: his click is looked for in the one that is said.
  const visitorId = readVisitorCookie(req.headers.cookie);
  if (visitorId === null) throw needsClick();
  const sender = await publicOrigin(deps, null, said);
  const clickId = await findLatestClick(deps.db, sender.origin.workspaceId, visitorId, deps.clock.nowMs());
  if (clickId === null) throw needsClick();
  await store(asPublic(translateS2s({ ...parameters, click_id: clickId })), sender);
}

/** What the page says; the name of the event comes from the path, and a key has no place in a page. */
function parametersOf(req: IncomingMessage, event: string): Parameters {
  const { key: _key, status: _status, ...parameters } = pairsToParameters(rawQueryOf(req));
  return { ...parameters, event };
}
