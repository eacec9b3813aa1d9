import { uuidFromId } from '../domain/ids';
import { insertCampaign, insertOffer } from '../testing/builders/insert-campaign';
import { insertPartner } from '../testing/builders/insert-partner';
import { insertWorkspace, type WorkspaceFixture } from '../testing/builders/insert-workspace';
import { createTestDb, type TestDb } from '../testing/test-db';
import { type CatalogMark, type CatalogRows, readCatalog } from './catalog';
import { createDb, type Db } from './knex';
import { mintId } from './mint-id';

let testDb: TestDb;
let owner: WorkspaceFixture;

beforeAll(async () => {
  testDb = await createTestDb();
  owner = await insertWorkspace(testDb.db);
});
afterAll(() => testDb.drop());

type Reading = { mark: CatalogMark; isWhole: boolean; slugs: string[]; offers: number; codes: string[] };

async function read(since: CatalogMark | null): Promise<Reading> {
  const parts: CatalogRows[] = [];
  const { mark, isWhole } = await readCatalog(testDb.db, since, (part) => parts.push(part));
  return {
    ...{ mark, isWhole },
    slugs: parts.flatMap(({ campaigns }) => campaigns.map(({ slug }) => slug)).sort(),
    offers: parts.flatMap(({ offers }) => offers).length,
    codes: parts.flatMap(({ partners }) => partners.map(({ code }) => code)).sort(),
  };
}

const campaign = (slug: string) => insertCampaign(testDb.db, { workspaceId: owner.workspaceId, slug });

describe('readCatalog', () => {
  it('reads everything once, then only what has changed', async () => {
    for (const slug of ['one', 'two', 'three']) await campaign(slug);
    const first = await read(null);
    expect(first).toMatchObject({ isWhole: true, slugs: ['one', 'three', 'two'], offers: 3 });
    expect(await read(first.mark)).toMatchObject({ isWhole: false, slugs: [], offers: 0, codes: [] });
    await testDb.db('campaigns').where({ slug: 'two' }).update({ current_version: 1 });
    const second = await read(first.mark);
    expect(second).toMatchObject({ isWhole: false, slugs: ['two'], offers: 0, codes: [] });
    await insertPartner(testDb.db, { workspaceId: owner.workspaceId, code: 'new' });
    expect(await read(second.mark)).toMatchObject({ slugs: [], codes: ['new'] });
    expect((await read(first.mark)).slugs).toEqual(['two']);
  });

  it('misses nothing of transactions that commit in another order than they began', async () => {
    const { mark: before } = await read(null);
    const early = await testDb.db.transaction();
    await insertCampaign(early, { workspaceId: owner.workspaceId, slug: 'began-first' });
    const late = await testDb.db.transaction();
    await insertCampaign(late, { workspaceId: owner.workspaceId, slug: 'began-second' });
    await late.commit();
    const between = await read(before);
    expect(between.slugs).toEqual(['began-second']);
    await campaign('began-third');
    const beside = await read(between.mark);
    expect(beside.slugs).toEqual(['began-third']);
    await early.commit();
    const after = await read(beside.mark);
    expect(after.slugs).toEqual(['began-first']);
    expect((await read(after.mark)).slugs).toEqual([]);
    // Who had read nothing meanwhile finds all of them, too.
    expect((await read(before)).slugs).toEqual(['began-first', 'began-second', 'began-third']);
  });

  it('finds a version that is committed after its campaign', async () => {
    const { mark } = await read(null);
    const [campaignId, offerId] = [mintId('cmp', Date.now()), await insertOffer(testDb.db, owner)];
    await testDb.db('campaigns').insert({
      ...{ campaign_id: uuidFromId(campaignId), workspace_id: uuidFromId(owner.workspaceId) },
      ...{ slug: 'slow', current_version: 1, created_at: new Date() },
    });
    const seen = await read(mark);
    expect(seen.slugs).toEqual([]);
    await testDb.db('campaign_versions').insert({
      ...{ campaign_id: uuidFromId(campaignId), version: 1, name: 'Slow', offer_id: uuidFromId(offerId) },
      ...{ attribution_model: 'last_touch', click_window_days: 30, on_outage: 'refuse', status: 'active' },
      created_at: new Date(),
    });
    expect((await read(seen.mark)).slugs).toEqual(['slow']);
  });

  it('reads everything of another server, whose transactions have other numbers', async () => {
    const whole = await read(null);
    const elsewhere = { ...whole.mark, server: 'another' };
    expect(await read(elsewhere)).toMatchObject({ isWhole: true, slugs: whole.slugs });
  });

  it('is not misled by marks of the server from which a dump was restored', async () => {
    const { mark } = await read(null);
    await testDb.db.raw(`SET session_replication_role = replica;
      UPDATE campaigns SET changed_in = '9000000000' WHERE slug = 'one';
      SET session_replication_role = origin`);
    expect((await read(mark)).slugs).toEqual([]);
    await testDb.db('campaigns').where({ slug: 'one' }).update({ current_version: 1 });
    expect((await read(mark)).slugs).toEqual(['one']);
  });

  it('looks at no more of the tables for one change among thousands', async () => {
    await testDb.db.raw(
      `INSERT INTO campaigns (campaign_id, workspace_id, slug, current_version, created_at)
       SELECT gen_random_uuid(), ?, 'many-' || n, 1, now() FROM generate_series(1, 5000) AS n`,
      [uuidFromId(owner.workspaceId)],
    );
    await testDb.db.raw(
      `INSERT INTO campaign_versions (campaign_id, version, name, offer_id, attribution_model, click_window_days, on_outage,
         status, created_at)
       SELECT campaign_id, 1, slug, (SELECT offer_id FROM offers LIMIT 1), 'last_touch', 30, 'refuse', 'active', now()
       FROM campaigns WHERE starts_with(slug, 'many-')`,
    );
    await testDb.db.raw('ANALYZE campaigns, campaign_versions, offers, partners');
    const { mark } = await read(null);
    await testDb.db('campaigns').where({ slug: 'many-77' }).update({ current_version: 1 });
    // A session tells its own counters.
    const db = createDb(testDb.url, { applicationName: 'test-own', poolMax: 1 });
    const before = await tuplesRead(db);
    const slugs: string[] = [];
    await readCatalog(db, mark, ({ campaigns }) => slugs.push(...campaigns.map(({ slug }) => slug)));
    const looked = (await tuplesRead(db)) - before;
    await db.destroy();
    expect(slugs).toEqual(['many-77']);
    expect(looked).toBeLessThan(100);
  });
});

/** Rows that were looked at in the tables of the catalog, by index or one after the other. */
async function tuplesRead(db: Db): Promise<number> {
  // They are told when the session is idle next.
  await db.raw('SELECT pg_stat_force_next_flush()');
  const { rows } = await db.raw<{ rows: { count: number }[] }>(
    `SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::int AS count FROM pg_stat_user_tables
     WHERE relname IN ('campaigns', 'campaign_versions', 'offers', 'partners')`,
  );
  return rows[0]?.count ?? 0;
}
