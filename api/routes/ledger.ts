import { Router } from 'express';
import { listLedgerEntries } from '../../db/read-models/ledger-entries';
import { readTrialBalance } from '../../db/read-models/trial-balance';
import type { ApiDeps } from '../deps';
import { principalOf, requireScope } from '../middleware/authenticate';
import { parseQuery } from '../middleware/validate';
import { ledgerCursor, ledgerEntryJson, ledgerListQuery, trialBalanceJson } from '../schemas/ledger';

/** The ledger: its entries, and the balance of every account. */
export function ledgerRoutes(deps: ApiDeps): Router {
  const router = Router();
  const mayRead = requireScope(deps, 'read');

  router.get('/v1/ledger/entries', mayRead, async (req, res) => {
    const { limit, cursor, from: fromMs, to: toMs, account, partnerId } = parseQuery(ledgerListQuery, req);
    const filter = { account, partnerId, fromMs, toMs };
    const page = { limit, afterEntryId: cursor ?? null };
    const { workspaceId } = principalOf(res);
    const { items, nextEntryId } = await listLedgerEntries(deps.db, workspaceId, filter, page);
    const nextCursor = nextEntryId === null ? null : ledgerCursor(nextEntryId);
    res.json({ data: items.map(ledgerEntryJson), nextCursor });
  });

  router.get('/v1/ledger/trial-balance', mayRead, async (_req, res) => {
    res.json(trialBalanceJson(await readTrialBalance(deps.db, principalOf(res).workspaceId)));
  });

  return router;
}
