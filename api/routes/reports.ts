import { Router } from 'express';
import { readFunnel } from '../../db/read-models/funnel';
import { readOverview } from '../../db/read-models/overview';
import { readValueReport } from '../../db/read-models/value-report';
import { readWorkspaceSettings } from '../../db/stores/workspace-settings-store';
import type { ApiDeps } from '../deps';
import { principalOf, requireScope } from '../middleware/authenticate';
import { parseQuery } from '../middleware/validate';
import { requireDays } from '../schemas/calendar';
import { overviewJson, overviewQuery } from '../schemas/overview';
import { funnelJson, funnelQuery, valueQuery, valueReportJson } from '../schemas/reports';
import { requireTimeZone } from './time-zone';

/** A leap year: enough for any comparison, and a bound on what one question reads. */
const MAX_REPORT_DAYS = 366;

/** Reports over a range of days in a time zone, read from the facts as they stand now. */
export function reportRoutes(deps: ApiDeps): Router {
  const router = Router();
  const mayRead = requireScope(deps, 'read');

  router.get('/v1/reports/value', mayRead, async (req, res) => {
    const { workspaceId } = principalOf(res);
    const query = parseQuery(valueQuery, req);
    requireDays(query, MAX_REPORT_DAYS);
    await requireTimeZone(deps.db, 'timezone', query.timezone);
    const { reportingCurrency } = await readWorkspaceSettings(deps.db, workspaceId);
    const question = {
      ...rangeOf(query),
      groupBy: query.groupBy ?? 'all',
      reporting: reportingCurrency,
    } as const;
    res.json(valueReportJson(question, await readValueReport(deps.db, workspaceId, question)));
  });

  router.get('/v1/reports/funnel', mayRead, async (req, res) => {
    const query = parseQuery(funnelQuery, req);
    requireDays(query, MAX_REPORT_DAYS);
    await requireTimeZone(deps.db, 'timezone', query.timezone);
    const question = { ...rangeOf(query), groupBy: query.groupBy ?? 'all' } as const;
    const report = await readFunnel(deps.db, principalOf(res).workspaceId, question);
    res.json(funnelJson(question, report));
  });

  router.get('/v1/reports/overview', mayRead, async (req, res) => {
    const query = parseQuery(overviewQuery, req);
    requireDays(query, MAX_REPORT_DAYS);
    await requireTimeZone(deps.db, 'timezone', query.timezone);
    const question = { ...rangeOf(query), groupBy: query.groupBy ?? 'all' } as const;
    const report = await readOverview(deps.db, principalOf(res).workspaceId, question);
    res.json(overviewJson(question, report));
  });

  return router;
}

type Range = Omit<ReturnType<typeof funnelQuery.parse>, 'groupBy'>;

function rangeOf({ from, to, timezone, campaignId, partnerId }: Range) {
  return { fromDay: from, toDay: to, timeZone: timezone, campaignId, partnerId };
}
