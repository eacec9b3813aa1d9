import type { RequestListener } from 'node:http';
import request from 'supertest';
import type { Db } from '../../db/knex';
import { outboxRowId } from '../../db/stores/outbox-store';
import { type ClickId, uuidFromId, type WorkspaceId } from '../../domain/ids';
import { DAY_MS } from '../../domain/time';
import { insertApiKey } from '../builders/insert-api-key';
import { insertCampaign } from '../builders/insert-campaign';
import { insertChain } from '../builders/insert-chain';
import { insertWorkspace, type WorkspaceFixture } from '../builders/insert-workspace';

/** A workspace with one thing of every kind that the API knows, and the id of each by its parameter's name. */
export type TenantWorld = WorkspaceFixture & {
  readonly adminKey: string;
  /** By the name of the path parameter that takes it; references in bodies use the same names. */
  readonly ids: Readonly<Record<string, string>>;
  /** The key and the signing secret of `ids.sourceId`. */
  readonly sourceKey: string;
  readonly sourceSecret: string;
  /** Everything that must never appear in a log. */
  readonly secrets: readonly string[];
};

type Json = Readonly<Record<string, unknown>>;

/** Builds one tenant; `name` keeps slugs and codes of several apart. */
export async function buildTenant(app: RequestListener, db: Db, name: string): Promise<TenantWorld> {
  const workspace = await insertWorkspace(db);
  const adminKey = await insertApiKey(db, { workspaceId: workspace.workspaceId });
  const create = async (path: string, body: Json): Promise<Record<string, string>> => {
    const answer = await request(app).post(path).set('authorization', `Bearer ${adminKey}`).send(body);
    if (answer.status >= 300) throw new Error(`POST ${path}: ${answer.text}`);
    return answer.body as Record<string, string>;
  };
  const externalId = `player-of-${name}`;
  const chain = await insertChain(db, workspace, { clickedAtMs: Date.now() - DAY_MS, externalId });
  const offer = await create('/v1/offers', { name, landingUrl: 'https://casino.example/?c={click_id}' });
  // As made before slugs were the workspace's: only such have a short link outside of the first workspace.
  await insertCampaign(db, { workspaceId: workspace.workspaceId, slug: `short-${name}` });
  const campaign = await create('/v1/campaigns', { slug: `slug-${name}`, name, offerId: offer.offerId });
  const source = await create('/v1/sources', { name, kind: 'gaming' });
  const destination = await create('/v1/destinations', WEBHOOK);
  const key = await create('/v1/api-keys', { name, scopes: ['read'] });
  const value = await createValueSettings(create, campaign.campaignId ?? '', name);
  const desk = await createDeskSettings(create, source.sourceId ?? '', name);
  const waiting = await request(app)
    .post('/webhooks/gaming/registration')
    .set('authorization', `Bearer ${source.key}`)
    .send({
      eventId: `waiting-${name}`,
      playerId: 'nobody',
      occurredAt: new Date(Date.now() - DAY_MS),
      clickId: 'unknown',
    });
  const ids = {
    offerId: offer.offerId,
    partnerId: chain.partnerId,
    campaignId: campaign.campaignId,
    sourceId: source.sourceId,
    destinationId: destination.destinationId,
    keyId: key.keyId,
    clickId: chain.clickId,
    conversionId: chain.depositId,
    playerId: chain.playerId,
    postbackId: chain.postbackId,
    eventId: waiting.body.id as string,
    payoutId: (
      await create(`/v1/partners/${chain.partnerId}/payouts`, { currency: 'EUR', reference: `wire-${name}` })
    ).payoutId,
    ...value,
    ...desk,
    outboxId: await parkRow(db, workspace.workspaceId, chain.clickId),
    externalId,
    slug: `short-${name}`,
    workspaceId: workspace.workspaceId,
  };
  return {
    ...workspace,
    adminKey,
    ids: complete(ids),
    sourceKey: source.key ?? '',
    sourceSecret: source.secret ?? '',
    secrets: [adminKey, source.key, source.secret, destination.secret, key.key].map(String),
  };
}

const WEBHOOK = { name: 'Hook', kind: 'webhook', url: 'https://hook.example/', events: ['deposit'] };

type Create = (path: string, body: Json) => Promise<Record<string, string>>;

async function createValueSettings(create: Create, campaignId: string, name: string) {
  const days = { from: '2026-01-01', to: '2026-01-31', timeZone: 'UTC' };
  const cost = await create('/v1/costs', {
    campaignId,
    day: '2026-01-01',
    money: { amount: '10', currency: 'EUR' },
  });
  const goal = await create('/v1/goals', { name, metric: 'registrations', target: 10, ...days });
  const scenario = await create('/v1/scenarios', { name, kind: 'weekend', tag: 'weekend', ...days });
  await create('/v1/fx-rates', {
    from: 'EUR',
    to: 'USD',
    rate: '1.1',
    source: name,
    ratedAt: '2026-01-01T00:00:00Z',
  });
  return { costId: cost.costId, goalId: goal.goalId, scenarioId: scenario.scenarioId };
}

async function createDeskSettings(create: Create, sourceId: string, name: string) {
  const rule = await create('/v1/quarantine/rules', { name, event: 'clickRef', click: 'externalId' });
  const mapping = await create('/v1/status-mappings', {
    sourceId,
    word: `word-${name}`,
    kind: 'registration',
  });
  return { ruleId: rule.ruleId, mappingId: mapping.mappingId };
}

/** A row that was given up on its way to Temporal. */
async function parkRow(db: Db, workspaceId: WorkspaceId, clickId: ClickId): Promise<string> {
  const [row] = await db('outbox')
    .insert({
      lane: 2,
      kind: 'click',
      workspace_id: uuidFromId(workspaceId),
      ref_id: uuidFromId(clickId),
      available_at: new Date(),
      attempts: 1,
      last_error: 'a test',
      parked_at: new Date(),
    })
    .returning('outbox_id');
  return outboxRowId(BigInt(row.outbox_id));
}

/** A builder that answers another shape would otherwise make every call a plain 404. */
function complete(ids: Readonly<Record<string, string | null | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(ids).map(([name, id]) => {
      if (!id) throw new Error(`the tenant has no ${name}`);
      return [name, id];
    }),
  );
}
