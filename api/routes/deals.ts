import { Router } from 'express';
import type { Db } from '../../db/knex';
import { mintId } from '../../db/mint-id';
import {
  BEGINNING_MS,
  insertDeal,
  latestDealVersion,
  listDeals,
  type StoredDeal,
} from '../../db/stores/deal-store';
import { listPlayersOfPartner, settleSoon } from '../../db/stores/due-store';
import { findPartner, lockPartner } from '../../db/stores/partner-store';
import { holdOffSettlements } from '../../db/stores/settlement-gate';
import type { PartnerId, PlayerId, WorkspaceId } from '../../domain/ids';
import type { ApiDeps } from '../deps';
import { principalOf, requireScope } from '../middleware/authenticate';
import { runOnce, sendAnswer } from '../middleware/idempotency';
import { jsonBody } from '../middleware/json-body';
import { readRequest } from '../middleware/read-request';
import { fieldProblem, notFound, parseBody, parsePathId, parseQuery } from '../middleware/validate';
import { createDealBody, dealJson, termsOf } from '../schemas/deals';
import { pageAnswer, pageQuery, toPageRequest } from '../schemas/page';
import { changeBy } from './change';

/** Deals: versioned commission terms of a partner. A version never changes; a new one is written. */
export function dealRoutes(deps: ApiDeps): Router {
  const router = Router();

  router.post(
    '/v1/partners/:partnerId/deals',
    requireScope(deps, 'setup:write'),
    jsonBody,
    async (req, res) => {
      const partnerId = parsePathId('ptn', req, 'partnerId');
      const body = parseBody(createDealBody, req);
      const answer = await runOnce(deps, req, res, async (trx) => {
        const change = changeBy(deps, res);
        await holdOffIfFirst(trx, change.workspaceId, partnerId);
        if (!(await lockPartner(trx, change.workspaceId, partnerId))) throw notFound();
        const version = (await latestDealVersion(trx, partnerId)) + 1;
        const deal: StoredDeal = {
          dealId: mintId('dea', change.nowMs),
          partnerId,
          version,
          terms: termsOf(body),
          minDeposit: body.minDeposit ?? null,
          qualificationDays: body.qualificationDays,
          holdDays: body.holdDays,
          caps: body.caps,
          validFromMs: validFrom(body.validFrom ?? null, version, change.nowMs),
          createdAtMs: change.nowMs,
        };
        await insertDeal(trx, change.workspaceId, deal);
        const reachesBack = deal.validFromMs === BEGINNING_MS;
        if (reachesBack) await settlePlayersOf(trx, change.workspaceId, deal, change.nowMs);
        await change.record(trx, 'deal.created', deal.dealId, dealJson(deal));
        return { status: 201, body: dealJson(deal) };
      });
      sendAnswer(res, answer);
    },
  );

  router.get(
    '/v1/partners/:partnerId/deals',
    readRequest(deps, 'light', async (req, res) => {
      const partnerId = parsePathId('ptn', req, 'partnerId');
      const page = toPageRequest(parseQuery(pageQuery('dea'), req));
      const { workspaceId } = principalOf(res);
      if ((await findPartner(deps.readDb, workspaceId, partnerId)) === null) throw notFound();
      res.json(pageAnswer('dea', await listDeals(deps.readDb, workspaceId, partnerId, page), dealJson));
    }),
  );

  return router;
}

/**
 * A first deal may hold from the beginning, so settlements wait for it; and they come before the partner in the order of
 * locks. Of two first deals at once the second holds them off for nothing.
 */
async function holdOffIfFirst(trx: Db, workspaceId: WorkspaceId, partnerId: PartnerId): Promise<void> {
  if ((await latestDealVersion(trx, partnerId)) === 0) await holdOffSettlements(trx, workspaceId);
}

const PLAYERS_AT_ONCE = 1_000;

/** A first deal holds from the beginning, so it decides players who came before it was written: they are settled again. */
async function settlePlayersOf(
  trx: Db,
  workspaceId: WorkspaceId,
  { partnerId }: StoredDeal,
  nowMs: number,
): Promise<void> {
  let after: PlayerId | undefined;
  for (;;) {
    const players = await listPlayersOfPartner(trx, partnerId, { limit: PLAYERS_AT_ONCE, after });
    await settleSoon(trx, workspaceId, players, nowMs);
    after = players.at(-1);
    if (players.length < PLAYERS_AT_ONCE) return;
  }
}

/** Terms may not reach into the past, where players have been bound and paid; only a first deal meets nobody paid there. */
function validFrom(given: number | null, version: number, nowMs: number): number {
  if (given === null) return version === 1 ? BEGINNING_MS : nowMs;
  if (given < nowMs) throw fieldProblem('validFrom', 'lies in the past; leave it out for "from now on"');
  return given;
}
