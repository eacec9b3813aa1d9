import { Router } from 'express';
import { mintId } from '../../db/mint-id';
import { findOffer, insertOffer, listOffers, type Offer, updateOffer } from '../../db/stores/offer-store';
import type { ApiDeps } from '../deps';
import { principalOf, requireScope } from '../middleware/authenticate';
import { runOnce, sendAnswer } from '../middleware/idempotency';
import { jsonBody } from '../middleware/json-body';
import { readRequest } from '../middleware/read-request';
import { notFound, parseBody, parsePathId, parseQuery } from '../middleware/validate';
import { changeOfferBody, createOfferBody, offerChangeJson, offerJson } from '../schemas/offers';
import { pageAnswer, pageQuery, toPageRequest } from '../schemas/page';
import { changeBy, publishChange } from './change';

/** Offers: what is advertised and where a click lands. */
export function offerRoutes(deps: ApiDeps): Router {
  const router = Router();
  const maySetUp = requireScope(deps, 'setup:write');

  router.post('/v1/offers', maySetUp, jsonBody, async (req, res) => {
    const body = parseBody(createOfferBody, req);
    const answer = await runOnce(deps, req, res, async (trx) => {
      const change = changeBy(deps, res);
      const offer: Offer = {
        offerId: mintId('off', change.nowMs),
        workspaceId: change.workspaceId,
        name: body.name,
        landingUrl: body.landingUrl,
        fallbackUrl: body.fallbackUrl ?? null,
        payout: body.payout ?? null,
        createdAtMs: change.nowMs,
      };
      await insertOffer(trx, offer);
      await change.record(trx, 'offer.created', offer.offerId, offerChangeJson(body));
      return { status: 201, body: offerJson(offer), location: `/v1/offers/${offer.offerId}` };
    });
    await publishChange(deps);
    sendAnswer(res, answer);
  });

  router.get(
    '/v1/offers',
    readRequest(deps, 'light', async (req, res) => {
      const page = toPageRequest(parseQuery(pageQuery('off'), req));
      const offers = await listOffers(deps.readDb, principalOf(res).workspaceId, page);
      res.json(pageAnswer('off', offers, offerJson));
    }),
  );

  router.get(
    '/v1/offers/:offerId',
    readRequest(deps, 'light', async (req, res) => {
      const offer = await findOffer(
        deps.readDb,
        principalOf(res).workspaceId,
        parsePathId('off', req, 'offerId'),
      );
      if (offer === null) throw notFound();
      res.json(offerJson(offer));
    }),
  );

  router.patch('/v1/offers/:offerId', maySetUp, jsonBody, async (req, res) => {
    const offerId = parsePathId('off', req, 'offerId');
    const body = parseBody(changeOfferBody, req);
    const change = changeBy(deps, res);
    const offer = await deps.db.transaction(async (trx) => {
      const updated = await updateOffer(trx, change.workspaceId, offerId, body);
      if (updated === null) throw notFound();
      await change.record(trx, 'offer.changed', offerId, offerChangeJson(body));
      return updated;
    });
    await publishChange(deps);
    res.json(offerJson(offer));
  });

  return router;
}
