import { Router } from 'express';
import { readFunnel } from '../../db/read-models/funnel';
import { readOverview } from '../../db/read-models/overview';
import { readValueReport } from '../../db/read-models/value-report';
import { readWorkspaceSettings } from '../../db/stores/workspace-settings-store';
import type { ApiDeps } from '../deps';
import { principalOf } from '../middleware/authenticate';
import { readRequest } from '../middleware/read-request';
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

  router.get(
    '/v1/reports/value',
    readRequest(deps, 'heavy', async (req, res) => {
      const { workspaceId } = principalOf(res);
      const query = parseQuery(valueQuery, req);
      requireDays(query, MAX_REPORT_DAYS);
      await requireTimeZone(deps.readDb, 'timezone', query.timezone);
      const { reportingCurrency } = await readWorkspaceSettings(deps.readDb, workspaceId);
      const question = {
        ...rangeOf(query),
        groupBy: query.groupBy ?? 'all',
        reporting: reportingCurrency,
      } as const;
      res.json(valueReportJson(question, await readValueReport(deps.readDb, workspaceId, question)));
    }),
  );

  router.get(
    '/v1/reports/funnel',
    readRequest(deps, 'heavy', async (req, res) => {
      const query = parseQuery(funnelQuery, req);
      requireDays(query, MAX_REPORT_DAYS);
      await requireTimeZone(deps.readDb, 'timezone', query.timezone);
      const question = { ...rangeOf(query), groupBy: query.groupBy ?? 'all' } as const;
      const report = await readFunnel(deps.readDb, principalOf(res).workspaceId, question);
      res.json(funnelJson(question, report));
    }),
  );

  router.get(
    '/v1/reports/overview',
    readRequest(deps, 'heavy', async (req, res) => {
      const query = parseQuery(overviewQuery, req);
      requireDays(query, MAX_REPORT_DAYS);
      await requireTimeZone(deps.readDb, 'timezone', query.timezone);
      const question = { ...rangeOf(query), groupBy: query.groupBy ?? 'all' } as const;
      const report = await readOverview(deps.readDb, principalOf(res).workspaceId, question);
      res.json(overviewJson(question, report));
    }),
  );

  return router;
}

type Range = Omit<ReturnType<typeof funnelQuery.parse>, 'groupBy'>;

function rangeOf({ from, to, timezone, campaignId, partnerId }: Range) {
  return { fromDay: from, toDay: to, timeZone: timezone, campaignId, partnerId };
}
