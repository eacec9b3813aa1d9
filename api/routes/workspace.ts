import { Router } from 'express';
import { readWorkspaceSettings, updateReportingCurrency } from '../../db/stores/workspace-settings-store';
import type { ApiDeps } from '../deps';
import { principalOf, requireScope } from '../middleware/authenticate';
import { jsonBody } from '../middleware/json-body';
import { readRequest } from '../middleware/read-request';
import { parseBody } from '../middleware/validate';
import { changeWorkspaceBody, workspaceJson } from '../schemas/workspace';
import { changeBy } from './change';

/** The workspace of the asking key. */
export function workspaceRoutes(deps: ApiDeps): Router {
  const router = Router();

  router.get(
    '/v1/workspace',
    readRequest(deps, 'light', async (_req, res) => {
      const { workspaceId } = principalOf(res);
      res.json(workspaceJson(workspaceId, await readWorkspaceSettings(deps.readDb, workspaceId)));
    }),
  );

  router.patch('/v1/workspace', requireScope(deps, 'setup:write'), jsonBody, async (req, res) => {
    const { reportingCurrency } = parseBody(changeWorkspaceBody, req);
    const change = changeBy(deps, res);
    const { workspaceId } = change;
    const settings = await deps.db.transaction(async (trx) => {
      if (reportingCurrency !== undefined) await updateReportingCurrency(trx, workspaceId, reportingCurrency);
      await change.record(trx, 'workspace.changed', workspaceId, { reportingCurrency });
      return readWorkspaceSettings(trx, workspaceId);
    });
    res.json(workspaceJson(workspaceId, settings));
  });

  return router;
}
