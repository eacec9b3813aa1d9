import { Router } from 'express';
import type { Db } from '../../db/knex';
import { mintId } from '../../db/mint-id';
import { settleSoon } from '../../db/stores/due-store';
import { insertRate, listRates, type StoredRate } from '../../db/stores/fx-rate-store';
import { listPlayersWaitingForRate } from '../../db/stores/waiting-for-rate-store';
import { AppError } from '../../domain/errors';
import { isSameRate } from '../../domain/fx/rate';
import type { PlayerId, WorkspaceId } from '../../domain/ids';
import { MAX_CLOCK_LEAD_MS } from '../../domain/time';
import type { ApiDeps } from '../deps';
import { principalOf, requireScope } from '../middleware/authenticate';
import { runOnce, sendAnswer } from '../middleware/idempotency';
import { jsonBody } from '../middleware/json-body';
import { readRequest } from '../middleware/read-request';
import { fieldProblem, parseBody, parseQuery } from '../middleware/validate';
import { createRateBody, rateJson, rateListQuery } from '../schemas/fx-rates';
import { pageAnswer, toPageRequest } from '../schemas/page';
import { changeBy } from './change';

/** Dated exchange rates. What was converted by one is never converted anew, so none is changed or removed. */
export function fxRateRoutes(deps: ApiDeps): Router {
  const router = Router();

  router.post('/v1/fx-rates', requireScope(deps, 'setup:write'), jsonBody, async (req, res) => {
    const body = parseBody(createRateBody, req);
    const answer = await runOnce(deps, req, res, async (trx) => {
      const change = changeBy(deps, res);
      const { ratedAt: ratedAtMs, ...terms } = body;
      if (ratedAtMs > change.nowMs + MAX_CLOCK_LEAD_MS)
        throw fieldProblem('ratedAt', 'must not lie in the future');
      const rate: StoredRate = {
        ...terms,
        rateId: mintId('fxr', change.nowMs),
        ratedAtMs,
        createdBy: principalOf(res).actor,
        createdAtMs: change.nowMs,
      };
      const stored = await insertRate(trx, change.workspaceId, rate);
      if (!stored.inserted) return { status: 200, body: rateJson(sameRate(stored.rate, rate)) };
      await settleWaiting(trx, change.workspaceId, rate, change.nowMs);
      await change.record(trx, 'fx_rate.created', rate.rateId, rateJson(rate));
      return { status: 201, body: rateJson(stored.rate) };
    });
    sendAnswer(res, answer);
  });

  router.get(
    '/v1/fx-rates',
    readRequest(deps, 'light', async (req, res) => {
      const query = parseQuery(rateListQuery, req);
      const rates = await listRates(deps.readDb, principalOf(res).workspaceId, query, toPageRequest(query));
      res.json(pageAnswer('fxr', rates, rateJson));
    }),
  );

  return router;
}

const PLAYERS_AT_ONCE = 1_000;

/** Players whose conversions wait for a rate of this pair are settled again; who waits for another keeps waiting. */
async function settleWaiting(
  trx: Db,
  workspaceId: WorkspaceId,
  rate: StoredRate,
  nowMs: number,
): Promise<void> {
  let after: PlayerId | undefined;
  for (;;) {
    const page = { limit: PLAYERS_AT_ONCE, after };
    const players = await listPlayersWaitingForRate(trx, workspaceId, rate, page);
    await settleSoon(trx, workspaceId, players, nowMs);
    after = players.at(-1);
    if (players.length < PLAYERS_AT_ONCE) return;
  }
}

/** A repeated request finds its rate known; another one of the same moment would make two truths. */
function sameRate(known: StoredRate, given: StoredRate): StoredRate {
  if (isSameRate(known.rate, given.rate) && known.source === given.source) return known;
  throw new AppError(
    'rate_conflict',
    `The rate of this moment is known to be ${known.rate} by ${known.source}; record a correction under a later time.`,
  );
}
