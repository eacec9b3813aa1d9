import { z } from 'zod';
import { createWorkspace } from '../../db/seed-instance';
import { idFromUuid, parseId, uuidFromId, type WorkspaceId } from '../../domain/ids';
import { createApi } from '../../simulator/api';
import { type Endpoint, startEndpoint } from '../dispatch/sick-endpoints';
import { makeClicks, prepareStage, type Stage } from '../load/deposit-traffic';
import { seedSyntheticTraffic } from '../reports/seed-synthetic-traffic';
import type { MeasuredInstance } from '../section';
import { postQuarantined } from './quarantined-events';

/** How much the other tenant has. */
export type Burden = {
  readonly campaigns: number;
  /** Clicks, each with a keyword of its own. */
  readonly keywords: number;
  readonly quarantined: number;
  /** Clicks that are to convert while is measured. */
  readonly depositors: number;
};

/** Another tenant of the instance under measurement, with all that may weigh on everybody. */
export type Neighbour = {
  readonly stage: Stage;
  readonly adminKey: string;
  /** May read and nothing else. */
  readonly readKey: string;
  readonly campaignIds: readonly string[];
  readonly clickIds: readonly string[];
  /** His partner's server: it takes connections and never says a word. */
  readonly silent: Endpoint;
};

const DAYS = 30;
/** About as long as a link can make them. */
const KEYWORD = `repeat(md5('keyword-' || n), 8)`;

/** Makes the other tenant, and fills what is his. */
export async function moveIn(
  instance: MeasuredInstance,
  burden: Burden,
  say: (line: string) => void,
): Promise<Neighbour> {
  const silent = await startEndpoint('blackHole');
  try {
    return { ...(await fill(instance, burden, silent, say)), silent };
  } catch (error) {
    // Its open port would keep the process from its end.
    await silent.close();
    throw error;
  }
}

async function fill(
  instance: MeasuredInstance,
  burden: Burden,
  silent: Endpoint,
  say: (line: string) => void,
): Promise<Omit<Neighbour, 'silent'>> {
  const { db, http, info } = instance;
  const { workspaceId, adminKey } = await createWorkspace(db, { name: 'neighbour', nowMs: Date.now() });
  const api = createApi(http, info.apiUrl, adminKey);
  const stage = await prepareStage(api, silent.url);
  const { key: readKey } = await api.create(
    '/v1/api-keys',
    { name: 'reader', scopes: ['read'] },
    { shape: z.looseObject({ key: z.string() }), idempotencyKey: 'reader' },
  );
  say(`  a neighbour moves in: ${burden.campaigns} campaigns …`);
  const campaignIds = await addCampaigns(instance, workspaceId, stage, burden.campaigns);
  say(`  … ${burden.keywords} clicks with keywords …`);
  const traffic = { workspaceUuid: uuidFromId(workspaceId), stages: [stage], part: 0, days: DAYS };
  await seedSyntheticTraffic(db, { ...traffic, clicks: burden.keywords, keyword: KEYWORD });
  say(`  … ${burden.quarantined} events that match nothing …`);
  await postQuarantined(instance.address, stage, burden.quarantined);
  const visitors = { count: burden.depositors, firstVisitor: FIRST_VISITOR };
  const clickIds = await makeClicks(http, info.apiUrl, stage, visitors);
  return { stage, adminKey, readKey, campaignIds, clickIds };
}

/** Visitors of the tenant under measurement have the numbers before. */
const FIRST_VISITOR = 40_000;
/** Those that are changed; all of them are loaded. */
const SAMPLE = 1_000;

/** As rows: nobody makes them one by one for a measurement. The ids of some. */
async function addCampaigns(
  { db }: MeasuredInstance,
  workspaceId: WorkspaceId,
  { campaignId, runId }: Stage,
  count: number,
): Promise<string[]> {
  const model = parseId('cmp', campaignId);
  if (model === null) throw new Error(`${campaignId} is no campaign id.`);
  const campaigns: { campaign_id: string }[] = await db.transaction(async (trx) => {
    const { rows } = await trx.raw<{ rows: { campaign_id: string }[] }>(
      `INSERT INTO campaigns (campaign_id, workspace_id, slug, current_version, created_at)
       SELECT gen_random_uuid(), ?, ? || '-' || n, 1, now() FROM generate_series(1, ?::int) AS n
       RETURNING campaign_id`,
      [uuidFromId(workspaceId), runId, count],
    );
    await trx.raw(
      `INSERT INTO campaign_versions (campaign_id, version, name, offer_id, partner_id, attribution_model,
         click_window_days, on_outage, status, created_at)
       SELECT c.campaign_id, 1, c.slug, v.offer_id, v.partner_id, v.attribution_model, v.click_window_days,
         v.on_outage, v.status, now()
       FROM campaigns AS c CROSS JOIN campaign_versions AS v
       WHERE c.campaign_id = ANY(?::uuid[]) AND v.campaign_id = ? AND v.version = 1`,
      [rows.map((row) => row.campaign_id), uuidFromId(model)],
    );
    return rows;
  });
  return campaigns.slice(0, SAMPLE).map((row) => idFromUuid('cmp', row.campaign_id));
}
