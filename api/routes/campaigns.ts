import { type Request, type Response, Router } from 'express';
import type { z } from 'zod';
import type { Db } from '../../db/knex';
import { mintId } from '../../db/mint-id';
import {
  appendCampaignVersion,
  type Campaign,
  findCampaign,
  insertCampaign,
  listCampaigns,
  lockCampaign,
} from '../../db/stores/campaign-store';
import type { ApiDeps } from '../deps';
import { principalOf, requireScope } from '../middleware/authenticate';
import { runOnce, sendAnswer } from '../middleware/idempotency';
import { jsonBody } from '../middleware/json-body';
import { readRequest } from '../middleware/read-request';
import { notFound, parseBody, parsePathId, parseQuery } from '../middleware/validate';
import {
  campaignChangeJson,
  campaignJson,
  changeCampaignBody,
  createCampaignBody,
} from '../schemas/campaigns';
import { pageAnswer, pageQuery, toPageRequest } from '../schemas/page';
import { changeBy, publishChange } from './change';
import { requireReferences } from './references';

/** Campaigns: a slug to advertise, tied to an offer and, by default, a partner. Each change is a new version. */
export function campaignRoutes(deps: ApiDeps): Router {
  const router = Router();
  const maySetUp = requireScope(deps, 'setup:write');
  const toJson = (campaign: Campaign) => campaignJson(campaign, deps.config.publicUrl);

  router.post('/v1/campaigns', maySetUp, jsonBody, (req, res) => createCampaign(deps, req, res));

  router.get(
    '/v1/campaigns',
    readRequest(deps, 'light', async (req, res) => {
      const page = toPageRequest(parseQuery(pageQuery('cmp'), req));
      const campaigns = await listCampaigns(deps.readDb, principalOf(res).workspaceId, page);
      res.json(pageAnswer('cmp', campaigns, toJson));
    }),
  );

  router.get(
    '/v1/campaigns/:campaignId',
    readRequest(deps, 'light', async (req, res) => {
      const campaignId = parsePathId('cmp', req, 'campaignId');
      const campaign = await findCampaign(deps.readDb, principalOf(res).workspaceId, campaignId);
      if (campaign === null) throw notFound();
      res.json(toJson(campaign));
    }),
  );

  router.patch('/v1/campaigns/:campaignId', maySetUp, jsonBody, async (req, res) => {
    const campaignId = parsePathId('cmp', req, 'campaignId');
    const body = parseBody(changeCampaignBody, req);
    const change = changeBy(deps, res);
    const campaign = await deps.db.transaction(async (trx) => {
      if (!(await lockCampaign(trx, change.workspaceId, campaignId))) throw notFound();
      await requireReferences(trx, change.workspaceId, body);
      const current = await findCampaign(trx, change.workspaceId, campaignId);
      if (current === null) throw notFound();
      const next = nextVersion(current, body, change.nowMs);
      await appendCampaignVersion(trx, next);
      await change.record(trx, 'campaign.changed', campaignId, {
        version: next.version,
        ...campaignChangeJson(body),
      });
      return next;
    });
    await publishChange(deps);
    res.json(toJson(campaign));
  });

  return router;
}

async function createCampaign(deps: ApiDeps, req: Request, res: Response): Promise<void> {
  const body = parseBody(createCampaignBody, req);
  const answer = await runOnce(deps, req, res, async (trx: Db) => {
    const change = changeBy(deps, res);
    await requireReferences(trx, change.workspaceId, body);
    const campaign = await insertCampaign(trx, {
      campaignId: mintId('cmp', change.nowMs),
      workspaceId: change.workspaceId,
      slug: body.slug,
      version: 1,
      name: body.name,
      offerId: body.offerId,
      partnerId: body.partnerId ?? null,
      attributionModel: body.attribution.model,
      clickWindowDays: body.attribution.clickWindowDays,
      viewWindowHours: body.attribution.viewWindowHours,
      halfLifeDays: body.attribution.halfLifeDays,
      paysRegistrations: body.paysRegistrations,
      onOutage: body.onOutage,
      countries: body.countries ?? null,
      pricing: body.pricing,
      budget: body.budget,
      status: body.status,
      createdAtMs: change.nowMs,
      updatedAtMs: change.nowMs,
    });
    await change.record(trx, 'campaign.created', campaign.campaignId, campaignChangeJson(body));
    return {
      status: 201,
      body: campaignJson(campaign, deps.config.publicUrl),
      location: `/v1/campaigns/${campaign.campaignId}`,
    };
  });
  await publishChange(deps);
  sendAnswer(res, answer);
}

function nextVersion(
  current: Campaign,
  change: z.output<typeof changeCampaignBody>,
  nowMs: number,
): Campaign {
  return {
    ...current,
    version: current.version + 1,
    name: change.name ?? current.name,
    offerId: change.offerId ?? current.offerId,
    partnerId: change.partnerId === undefined ? current.partnerId : change.partnerId,
    attributionModel: change.attribution?.model ?? current.attributionModel,
    clickWindowDays: change.attribution?.clickWindowDays ?? current.clickWindowDays,
    viewWindowHours: change.attribution?.viewWindowHours ?? current.viewWindowHours,
    halfLifeDays: change.attribution?.halfLifeDays ?? current.halfLifeDays,
    paysRegistrations: change.paysRegistrations ?? current.paysRegistrations,
    onOutage: change.onOutage ?? current.onOutage,
    countries: change.countries === undefined ? current.countries : change.countries,
    pricing: change.pricing ?? current.pricing,
    budget: change.budget === undefined ? current.budget : change.budget,
    status: change.status ?? current.status,
    updatedAtMs: nowMs,
  };
}
