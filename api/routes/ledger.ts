import { Router } from 'express';
import { listLedgerEntries } from '../../db/read-models/ledger-entries';
import { readTrialBalance } from '../../db/read-models/trial-balance';
import type { ApiDeps } from '../deps';
import { principalOf } from '../middleware/authenticate';
import { readRequest } from '../middleware/read-request';
import { parseQuery } from '../middleware/validate';
import { ledgerCursor, ledgerEntryJson, ledgerListQuery, trialBalanceJson } from '../schemas/ledger';

/** The ledger: its entries, and the balance of every account. */
export function ledgerRoutes(deps: ApiDeps): Router {
  const router = Router();

  router.get(
    '/v1/ledger/entries',
    readRequest(deps, 'light', async (req, res) => {
      const { limit, cursor, from: fromMs, to: toMs, account, partnerId } = parseQuery(ledgerListQuery, req);
      const filter = { account, partnerId, fromMs, toMs };
      const page = { limit, afterEntryId: cursor ?? null };
      const { workspaceId } = principalOf(res);
      const { items, nextEntryId } = await listLedgerEntries(deps.readDb, workspaceId, filter, page);
      const nextCursor = nextEntryId === null ? null : ledgerCursor(nextEntryId);
      res.json({ data: items.map(ledgerEntryJson), nextCursor });
    }),
  );

  router.get(
    '/v1/ledger/trial-balance',
    readRequest(deps, 'heavy', async (_req, res) => {
      res.json(trialBalanceJson(await readTrialBalance(deps.readDb, principalOf(res).workspaceId)));
    }),
  );

  return router;
}
