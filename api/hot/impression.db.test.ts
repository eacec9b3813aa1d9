import request from 'supertest';
import { createDb, type Db } from '../../db/knex';
import { expireKeptData } from '../../db/stores/expiry-store';
import { uuidFromId } from '../../domain/ids';
import { DAY_MS } from '../../domain/time';
import { insertCampaign } from '../../testing/builders/insert-campaign';
import { insertPartner } from '../../testing/builders/insert-partner';
import { type IngestFixture, startIngest } from '../../testing/ingest-fixture';
import { createApp } from '../app';

let ingest: IngestFixture;
let db: Db;

beforeAll(async () => {
  ingest = await startIngest();
  db = ingest.testDb.db;
});
afterAll(() => ingest.stop());

const fetchPicture = (path: string, app = ingest.app) => request(app).get(path).responseType('blob');
const counted = async (outcome: string) =>
  (await ingest.deps.metrics.impressions.get()).values.find(({ labels }) => labels.outcome === outcome)
    ?.value ?? 0;

async function campaign(slug: string, status: 'active' | 'paused' = 'active') {
  const campaignId = await insertCampaign(db, { workspaceId: ingest.workspaceId, slug, status });
  await ingest.deps.catalog.refresh();
  return campaignId;
}

describe('GET /i/{slug}.gif', () => {
  it('records the impression with everything the link says, and answers with a picture', async () => {
    const campaignId = await campaign('seen.here');
    const partnerId = await insertPartner(db, { workspaceId: ingest.workspaceId, code: 'aff7' });
    await ingest.deps.catalog.refresh();
    const answer = await fetchPicture('/i/seen.here.gif?p=aff7&sub1=a&s2=b&clickid=theirs&sub3={macro}')
      .set('user-agent', 'Secret/1.0')
      .set('referer', 'https://site.example/page');
    expect([answer.status, answer.headers['content-type'], answer.body.length]).toEqual([
      200,
      'image/gif',
      43,
    ]);
    expect(answer.headers['cache-control']).toContain('no-store');
    const row = await db('impressions').where('campaign_id', uuidFromId(campaignId)).first();
    expect(row).toMatchObject({
      workspace_id: uuidFromId(ingest.workspaceId),
      partner_id: uuidFromId(partnerId),
      partner_reason: null,
      shown_at: new Date(ingest.clock.nowMs()),
      viewable_at: null,
      external_id: 'theirs',
      subs: { sub1: 'a', sub2: 'b' },
    });
    expect(await db('impression_raw').where('impression_id', row.impression_id).first()).toMatchObject({
      user_agent: 'Secret/1.0',
      referrer: 'https://site.example/page',
    });
    expect(await db('outbox').count('* as n').first()).toEqual({ n: 0n });
    expect(await counted('recorded')).toBe(1);
  });

  it('knows the visitor again by the cookie, each picture being an impression of its own', async () => {
    const campaignId = await campaign('again');
    const first = await fetchPicture('/i/again.gif');
    const cookie = String(first.headers['set-cookie']?.[0]).split(';')[0] ?? '';
    expect(cookie).toMatch(/^cc_vid=vis_/);
    await fetchPicture('/i/again.gif').set('cookie', cookie);
    const rows = await db('impressions').where('campaign_id', uuidFromId(campaignId)).select('visitor_id');
    expect(rows).toHaveLength(2);
    expect(new Set(rows.map((row) => row.visitor_id)).size).toBe(1);
  });

  it.each([
    ['an unknown slug', '/i/nobody.gif', 'unknown_campaign'],
    ['a paused campaign', '/i/resting.gif', 'paused'],
  ])('%s: a picture, counted, not recorded', async (_what, path, outcome) => {
    if (outcome === 'paused') await campaign('resting', 'paused');
    const before = [await counted(outcome), await db('impressions').count('* as n').first()];
    const answer = await fetchPicture(path);
    expect([answer.status, answer.body.length]).toEqual([200, 43]);
    expect([(await counted(outcome)) - 1, await db('impressions').count('* as n').first()]).toEqual(before);
  });

  it('HEAD records nothing', async () => {
    const campaignId = await campaign('head');
    expect((await request(ingest.app).head('/i/head.gif')).status).toBe(200);
    expect(await db('impressions').where('campaign_id', uuidFromId(campaignId))).toEqual([]);
  });

  it('while Postgres is away: the picture, and 503', async () => {
    await campaign('away');
    const away = createDb('postgres://nobody@127.0.0.1:1/none', { applicationName: 'away', poolMax: 1 });
    const answer = await fetchPicture('/i/away.gif', createApp({ ...ingest.deps, db: away }));
    expect([answer.status, answer.body.length, answer.headers['retry-after']]).toEqual([503, 43, '2']);
    expect(await counted('refused')).toBe(1);
    await away.destroy();
  });

  it('its personal data expires, the fact stays', async () => {
    const before = await db('impressions').count('* as n').first();
    await expireKeptData(db, ingest.clock.nowMs() + 31 * DAY_MS);
    expect(await db('impression_raw').count('* as n').first()).toEqual({ n: 0n });
    expect(await db('impressions').count('* as n').first()).toEqual(before);
  });
});
