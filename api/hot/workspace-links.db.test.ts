import request from 'supertest';
import type { Db } from '../../db/knex';
import { mintId } from '../../db/mint-id';
import { changeWorkspaceHost, createWorkspace } from '../../db/seed-instance';
import { uuidFromId, type WorkspaceId } from '../../domain/ids';
import { recordTestClick } from '../../testing/builders/record-test-click';
import { type IngestFixture, startIngest } from '../../testing/ingest-fixture';

type Tenant = { readonly workspaceId: WorkspaceId; readonly key: string; readonly name: string };

let ingest: IngestFixture;
let db: Db;
/** The first workspace of the instance, and two that came later. */
let home: Tenant;
let one: Tenant;
let two: Tenant;

beforeAll(async () => {
  ingest = await startIngest();
  db = ingest.testDb.db;
  // Ids of one millisecond have no order, and the first workspace is the one with the lowest.
  ingest.clock.set(ingest.clock.nowMs() + 1);
  home = { workspaceId: ingest.workspaceId, key: ingest.adminKey, name: 'acme' };
  [one, two] = [await tenant('one'), await tenant('two')];
});
afterAll(() => ingest.stop());

async function tenant(name: string): Promise<Tenant> {
  const made = await createWorkspace(db, { name, nowMs: ingest.clock.nowMs() });
  return { workspaceId: made.workspaceId, key: made.adminKey, name };
}

async function post(path: string, body: object, { key }: Tenant) {
  return request(ingest.app).post(path).set('authorization', `Bearer ${key}`).send(body);
}

/** A campaign of the tenant whose landing page tells whose it is. */
async function campaign(slug: string, of: Tenant) {
  const landingUrl = `https://casino.example/${of.name}`;
  const { offerId } = (await post('/v1/offers', { name: slug, landingUrl }, of)).body;
  return post('/v1/campaigns', { slug, name: slug, offerId }, of);
}

async function host(name: string, of: Tenant, isRemoved = false): Promise<string> {
  const input = { workspaceName: of.name, host: name, isRemoved, nowMs: ingest.clock.nowMs() };
  const outcome = await changeWorkspaceHost(db, input);
  await ingest.deps.catalog.refresh();
  return outcome;
}

async function landing(path: string, on = 'shared.example'): Promise<string | number> {
  const answer = await request(ingest.app).get(path).set('host', on);
  return answer.status === 302 ? new URL(String(answer.headers.location)).pathname.slice(1) : answer.status;
}

const pathOf = (answer: { body: { clickUrl: string } }) => new URL(answer.body.clickUrl).pathname;

describe('a slug', () => {
  it('is its workspace’s own: two have the same, and neither learns of the other', async () => {
    const [first, second] = [await campaign('go', one), await campaign('go', two)];
    expect([first.status, second.status]).toEqual([201, 201]);
    expect([await landing(pathOf(first)), await landing(pathOf(second))]).toEqual(['one', 'two']);
    expect((await campaign('go', one)).body).toMatchObject({
      code: 'already_exists',
      detail: 'slug: is taken by another campaign.',
    });
  });

  it('makes a short link for the first workspace only, so that nobody can take one from it', async () => {
    await campaign('summer', one);
    expect(await landing('/c/summer')).toBe(404);
    const own = await campaign('summer', home);
    expect(pathOf(own)).toBe('/c/summer');
    expect(await landing('/c/summer')).toBe('acme');
  });

  it('goes on leading where it led before slugs were the workspace’s', async () => {
    const old = await campaign('old', two);
    await db('campaigns')
      .where('campaign_id', uuidFromId(old.body.campaignId))
      .update({ has_short_link: true });
    await ingest.deps.catalog.refresh();
    expect(await landing('/c/old')).toBe('two');
    expect(pathOf(await campaign('old', home))).toBe(`/c/${home.workspaceId}/old`);
    expect(await landing('/c/old')).toBe('two');
  });

  it('counts impressions by the same links', async () => {
    await campaign('seen', two);
    await request(ingest.app).get(`/i/${two.workspaceId}/seen.gif`).expect(200);
    await request(ingest.app).get('/i/seen.gif').expect(200);
    const rows = await db('impressions').where('workspace_id', uuidFromId(two.workspaceId));
    expect(rows).toHaveLength(1);
  });
});

describe('a host of a workspace', () => {
  it('leads to its campaigns, in every spelling, and to nobody else’s', async () => {
    const [mine, theirs] = [await campaign('offer', one), await campaign('offer', two)];
    expect(await host('one.example', one)).toBe('changed');
    expect(await landing('/c/offer', 'one.example')).toBe('one');
    expect(await landing('/c/offer', 'ONE.example:8080')).toBe('one');
    expect(await landing(pathOf(mine), 'one.example')).toBe('one');
    expect(await landing(pathOf(theirs), 'one.example')).toBe(404);
    expect(await landing('/c/offer')).toBe(404);
    const shown = await request(ingest.app)
      .get(`/v1/campaigns/${mine.body.campaignId}`)
      .set('authorization', `Bearer ${one.key}`);
    expect(shown.body.clickUrl).toBe('http://one.example:8080/c/offer');
  });

  it('is one workspace’s until it is taken back', async () => {
    expect(await host('taken.example', one)).toBe('changed');
    expect(await host('taken.example', one)).toBe('changed');
    expect(await host('taken.example', two)).toBe('taken');
    expect(await host('taken.example', two, true)).toBe('unknown');
    expect(await host('taken.example', one, true)).toBe('changed');
    expect(await host('taken.example', two)).toBe('changed');
    expect(await host('free.example', { ...one, name: 'nobody' })).toBe('missing');
  });
});

describe('a pixel that names no click', () => {
  const eventsOf = async ({ workspaceId }: Tenant) =>
    db('events').where('workspace_id', uuidFromId(workspaceId)).pluck('click_id');

  it('reports into the workspace that it says, and into no other that has seen the visitor', async () => {
    const visitorId = mintId('vis', ingest.clock.nowMs());
    const clickOf = async (of: Tenant, slug: string) => {
      const { campaignId } = (await campaign(slug, of)).body;
      return recordTestClick(db, {
        ...{ workspaceId: of.workspaceId, campaignId, visitorId, clickedAtMs: ingest.clock.nowMs() - 1 },
      });
    };
    const own = await clickOf(one, 'px');
    const foreign = await clickOf(two, 'px');
    const pixel = (query: string, on = 'shared.example') =>
      request(ingest.app).get(`/px/lead.gif${query}`).set('host', on).set('cookie', `cc_vid=${visitorId}`);
    await pixel('');
    expect([await eventsOf(one), await eventsOf(two)]).toEqual([[], []]);
    const { body: source } = await post('/v1/sources', { name: 'page', kind: 'gaming' }, one);
    await pixel(`?source=${source.sourceId}`);
    expect([await eventsOf(one), await eventsOf(two)]).toEqual([[uuidFromId(own)], []]);
    await host('two.example', two);
    await pixel('', 'two.example');
    expect(await eventsOf(two)).toEqual([uuidFromId(foreign)]);
  });

  it('keeps to the addresses of the source that it names', async () => {
    const { body: source } = await post(
      '/v1/sources',
      { name: 'inside', kind: 'gaming', ipAllowList: ['192.0.2.1'] },
      one,
    );
    const before = await eventsOf(one);
    await request(ingest.app).get(`/px/lead.gif?click_id=x&source=${source.sourceId}`).expect(200);
    expect(await eventsOf(one)).toEqual(before);
  });
});
