import { Router } from 'express';
import { mintId } from '../../db/mint-id';
import {
  findPartner,
  insertPartner,
  listPartners,
  type Partner,
  updatePartner,
} from '../../db/stores/partner-store';
import type { PartnerId } from '../../domain/ids';
import type { ApiDeps } from '../deps';
import { principalOf, requireScope } from '../middleware/authenticate';
import { runOnce, sendAnswer } from '../middleware/idempotency';
import { jsonBody } from '../middleware/json-body';
import { readRequest } from '../middleware/read-request';
import { notFound, parseBody, parsePathId, parseQuery } from '../middleware/validate';
import { pageAnswer, pageQuery, toPageRequest } from '../schemas/page';
import { changePartnerBody, createPartnerBody, partnerJson } from '../schemas/partners';
import { changeBy, publishChange } from './change';

/** Partners: affiliates, publishers or teams that send traffic. */
export function partnerRoutes(deps: ApiDeps): Router {
  const router = Router();
  const maySetUp = requireScope(deps, 'setup:write');

  router.post('/v1/partners', maySetUp, jsonBody, async (req, res) => {
    const body = parseBody(createPartnerBody, req);
    const answer = await runOnce(deps, req, res, async (trx) => {
      const change = changeBy(deps, res);
      const partnerId = mintId('ptn', change.nowMs);
      const partner: Partner = {
        partnerId,
        workspaceId: change.workspaceId,
        name: body.name,
        code: body.code ?? madeUpCode(partnerId),
        createdAtMs: change.nowMs,
      };
      await insertPartner(trx, partner);
      await change.record(trx, 'partner.created', partnerId, { name: partner.name, code: partner.code });
      return { status: 201, body: partnerJson(partner), location: `/v1/partners/${partnerId}` };
    });
    await publishChange(deps);
    sendAnswer(res, answer);
  });

  router.get(
    '/v1/partners',
    readRequest(deps, 'light', async (req, res) => {
      const page = toPageRequest(parseQuery(pageQuery('ptn'), req));
      const partners = await listPartners(deps.readDb, principalOf(res).workspaceId, page);
      res.json(pageAnswer('ptn', partners, partnerJson));
    }),
  );

  router.get(
    '/v1/partners/:partnerId',
    readRequest(deps, 'light', async (req, res) => {
      const partnerId = parsePathId('ptn', req, 'partnerId');
      const partner = await findPartner(deps.readDb, principalOf(res).workspaceId, partnerId);
      if (partner === null) throw notFound();
      res.json(partnerJson(partner));
    }),
  );

  router.patch('/v1/partners/:partnerId', maySetUp, jsonBody, async (req, res) => {
    const partnerId = parsePathId('ptn', req, 'partnerId');
    const body = parseBody(changePartnerBody, req);
    const change = changeBy(deps, res);
    const partner = await deps.db.transaction(async (trx) => {
      const updated = await updatePartner(trx, change.workspaceId, partnerId, body);
      if (updated === null) throw notFound();
      await change.record(trx, 'partner.changed', partnerId, body);
      return updated;
    });
    await publishChange(deps);
    res.json(partnerJson(partner));
  });

  return router;
}

/** The random end of the id: short enough for a link, and no two partners ever share it in practice. */
function madeUpCode(partnerId: PartnerId): string {
  return partnerId.slice(-10);
}
