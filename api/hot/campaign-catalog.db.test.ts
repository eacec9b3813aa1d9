import { pino } from 'pino';
import { createDb } from '../../db/knex';
import { uuidFromId } from '../../domain/ids';
import { insertCampaign } from '../../testing/builders/insert-campaign';
import { insertPartner } from '../../testing/builders/insert-partner';
import { insertWorkspace, type WorkspaceFixture } from '../../testing/builders/insert-workspace';
import { createTestDb, type TestDb } from '../../testing/test-db';
import { type CampaignCatalog, startCampaignCatalog } from './campaign-catalog';

const logger = pino({ level: 'silent' });
let testDb: TestDb;
let owner: WorkspaceFixture;
let catalog: CampaignCatalog;

beforeAll(async () => {
  testDb = await createTestDb();
  owner = await insertWorkspace(testDb.db);
  catalog = await startCampaignCatalog({ db: testDb.db, databaseUrl: testDb.url, logger });
});
afterAll(async () => {
  await catalog.stop();
  await testDb.drop();
});

/** The promise of the catalog to other processes is one second; nothing announces that it was kept. */
async function within(ms: number, isTrue: () => boolean | Promise<boolean>): Promise<boolean> {
  const deadline = Date.now() + ms;
  while (Date.now() < deadline) {
    if (await isTrue()) return true;
    await testDb.db.raw('SELECT pg_sleep(0.01)');
  }
  return false;
}

/** In one transaction, as the product does it: the announcement comes with the commit. */
async function createCampaign(slug: string): Promise<void> {
  await testDb.db.transaction((trx) => insertCampaign(trx, { workspaceId: owner.workspaceId, slug }));
}

async function listenerPids(): Promise<number[]> {
  const { rows } = await testDb.db.raw<{ rows: { pid: number }[] }>(
    `SELECT pid FROM pg_stat_activity WHERE application_name = 'clickchain-catalog' AND datname = current_database()`,
  );
  return rows.map((row) => row.pid);
}

describe('startCampaignCatalog', () => {
  it('serves what was there before it started', async () => {
    const partnerId = await insertPartner(testDb.db, { workspaceId: owner.workspaceId, code: 'early' });
    const campaignId = await insertCampaign(testDb.db, {
      workspaceId: owner.workspaceId,
      slug: 'early',
      partnerId,
      onOutage: 'landing',
    });
    const second = await startCampaignCatalog({ db: testDb.db, databaseUrl: testDb.url, logger });
    expect(second.isLoaded()).toBe(true);
    expect(second.findCampaign('early')).toMatchObject({
      campaignId,
      partnerId,
      version: 1,
      status: 'active',
      onOutage: 'landing',
      clickWindowDays: 30,
      fallbackUrl: null,
    });
    expect(second.findPartner(owner.workspaceId, 'early')).toBe(partnerId);
    await second.stop();
  });

  it('knows neither a slug that was never given, nor a code of another workspace', async () => {
    const other = await insertWorkspace(testDb.db);
    await insertPartner(testDb.db, { workspaceId: other.workspaceId, code: 'theirs' });
    await catalog.refresh();
    expect(catalog.findCampaign('nobody')).toBeNull();
    expect(catalog.findCampaign('__proto__')).toBeNull();
    expect(catalog.findPartner(owner.workspaceId, 'theirs')).toBeNull();
  });

  it('shows the writing process its change once refresh has resolved', async () => {
    await insertCampaign(testDb.db, { workspaceId: owner.workspaceId, slug: 'mine' });
    await Promise.all([catalog.refresh(), catalog.refresh(), catalog.refresh()]);
    expect(catalog.findCampaign('mine')).not.toBeNull();
  });

  it('hears within a second of a change that another process made', async () => {
    await within(1_000, async () => (await listenerPids()).length > 0);
    const partnerId = await insertPartner(testDb.db, { workspaceId: owner.workspaceId, code: 'heard' });
    await createCampaign('heard');
    expect(await within(1_000, () => catalog.findCampaign('heard') !== null)).toBe(true);
    expect(catalog.findPartner(owner.workspaceId, 'heard')).toBe(partnerId);
    await testDb
      .db('offers')
      .where('workspace_id', uuidFromId(owner.workspaceId))
      .update({ landing_url: 'https://new.example/' });
    expect(
      await within(1_000, () => catalog.findCampaign('heard')?.landingUrl === 'https://new.example/'),
    ).toBe(true);
  });

  it('reconnects when its listener is cut off, and learns what it has missed', async () => {
    const [pid] = await listenerPids();
    await testDb.db.transaction(async (trx) => {
      await trx.raw('SELECT pg_terminate_backend(?)', [pid ?? 0]);
      await insertCampaign(trx, { workspaceId: owner.workspaceId, slug: 'missed' });
    });
    expect(await within(1_500, () => catalog.findCampaign('missed') !== null)).toBe(true);
    await within(1_500, async () => (await listenerPids()).some((other) => other !== pid));
    await createCampaign('after');
    expect(await within(1_000, () => catalog.findCampaign('after') !== null)).toBe(true);
  });

  it('reads what has changed and nothing else, also after it was cut off', async () => {
    const db = createDb(testDb.url, { applicationName: 'test-own', poolMax: 2 });
    const read: string[] = [];
    db.on('query-response', ({ rows }: { rows: { slug?: string }[] }) => {
      for (const { slug } of rows) if (slug !== undefined) read.push(slug);
    });
    await createCampaign('first');
    const own = await startCampaignCatalog({ db, databaseUrl: testDb.url, logger });
    expect(read.length).toBeGreaterThan(1);
    await own.refresh();
    const [unchanged] = [own.findCampaign('first'), read.splice(0)];
    await createCampaign('second');
    expect(await within(1_000, () => own.findCampaign('second') !== null)).toBe(true);
    await testDb.db.transaction(async (trx) => {
      for (const pid of await listenerPids()) await trx.raw('SELECT pg_terminate_backend(?)', [pid]);
      await insertCampaign(trx, { workspaceId: owner.workspaceId, slug: 'third' });
    });
    expect(await within(1_500, () => own.findCampaign('third') !== null)).toBe(true);
    expect(read).toEqual(['second', 'third']);
    expect(own.findCampaign('first')).toBe(unchanged);
    await own.stop();
    await db.destroy();
  });

  it('starts without Postgres, says that it knows nothing, and stops at once', async () => {
    const nowhere = 'postgres://nobody@127.0.0.1:1/none';
    const db = createDb(nowhere, { applicationName: 'test', poolMax: 1 });
    const away = await startCampaignCatalog({ db, databaseUrl: nowhere, logger });
    expect(away.isLoaded()).toBe(false);
    expect(away.findCampaign('early')).toBeNull();
    await expect(away.refresh()).rejects.toThrow('ECONNREFUSED');
    await away.stop();
    await db.destroy();
  });

  it('keeps the last snapshot when Postgres goes away', async () => {
    const db = createDb(testDb.url, { applicationName: 'test-own', poolMax: 1 });
    const own = await startCampaignCatalog({ db, databaseUrl: testDb.url, logger });
    await db.destroy();
    await expect(own.refresh()).rejects.toThrow('Unable to acquire a connection');
    expect(own.findCampaign('early')).not.toBeNull();
    await own.stop();
  });
});
