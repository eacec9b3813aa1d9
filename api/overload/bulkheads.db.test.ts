import request from 'supertest';
import { apiPools } from '../../config/api-pool';
import { parseConfig } from '../../config/config';
import { createDb, type Db } from '../../db/knex';
import { insertApiKey } from '../../testing/builders/insert-api-key';
import { insertCampaign } from '../../testing/builders/insert-campaign';
import { insertWorkspace } from '../../testing/builders/insert-workspace';
import { type IngestFixture, startIngest } from '../../testing/ingest-fixture';
import { until } from '../../testing/until';
import { createApp } from '../app';
import type { AppDeps } from '../deps';
import { createApiMetrics } from '../metrics';

/** What a process alone has for reads. */
const POOL = apiPools(parseConfig({})).reads;

let ingest: IngestFixture;
let deps: AppDeps;
let pools: readonly Db[];
let app: ReturnType<typeof createApp>;
let otherKey: string;

beforeAll(async () => {
  ingest = await startIngest();
  const { db, url } = ingest.testDb;
  await insertCampaign(db, { workspaceId: ingest.workspaceId, slug: 'go' });
  await ingest.deps.catalog.refresh();
  otherKey = await insertApiKey(db, await insertWorkspace(db));
  const [intakeDb, readDb, clickDb] = ['intake', 'reads', 'clicks'].map((applicationName) =>
    createDb(url, { applicationName, poolMax: POOL }),
  ) as [Db, Db, Db];
  pools = [intakeDb, readDb, clickDb];
  deps = { ...ingest.deps, intakeDb, readDb, clickDb, metrics: createApiMetrics() };
  app = createApp(deps);
});
afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.destroy()));
  await ingest.stop();
});

const get = (path: string, key = ingest.adminKey) =>
  request(app).get(path).set('authorization', `Bearer ${key}`);
const post = (path: string, body: object) =>
  request(app).post(path).set('authorization', `Bearer ${ingest.adminKey}`).send(body);

let reports = 0;
const report = () => {
  reports += 1;
  const event = { eventId: `E-${reports}`, playerId: `P-${reports}`, occurredAt: '2026-03-01T12:00:00Z' };
  return post('/webhooks/gaming/registration', event);
};
const offer = () => post('/v1/offers', { name: 'x', landingUrl: 'https://x.example/' });

/** Takes every connection of a pool, as statements do that do not end; gives them back. */
async function takeAll(pool: Db): Promise<() => Promise<void>> {
  const held = await Promise.all(Array.from({ length: POOL }, () => pool.transaction()));
  return async () => {
    await Promise.all(held.map((trx) => trx.rollback()));
  };
}

it('while every connection of reads is taken, events, clicks and set-up go on', async () => {
  const giveBack = await takeAll(deps.readDb as Db);
  expect((await report()).status).toBe(200);
  expect((await request(app).get('/c/go')).status).toBe(302);
  expect((await offer()).status).toBe(201);
  await request(app).get('/readyz').expect(200);
  await get('/v1/offers').expect(503).expect('retry-after', '2');
  await giveBack();
  await get('/v1/offers').expect(200);
});

it('while every connection of set-up is taken, events and reads go on', async () => {
  const setUp = createDb(ingest.testDb.url, { applicationName: 'set-up', poolMax: POOL });
  const own = createApp({ ...deps, db: setUp });
  const giveBack = await takeAll(setUp);
  const authorization = `Bearer ${ingest.adminKey}`;
  const event = { eventId: 'E-own', playerId: 'P-own', occurredAt: '2026-03-01T12:00:00Z' };
  const read = await request(own).get('/v1/offers').set({ authorization });
  const reported = await request(own)
    .post('/webhooks/gaming/registration')
    .set({ authorization })
    .send(event);
  expect([read.status, reported.status]).toEqual([200, 200]);
  await giveBack();
  await setUp.destroy();
});

describe('a workspace that asks for more than its share', () => {
  it('is told to wait, and nobody else waits for it', async () => {
    const holder = await ingest.testDb.db.transaction();
    await holder.raw('LOCK TABLE scenarios IN ACCESS EXCLUSIVE MODE');
    const slow = () => get('/v1/reports/value?from=2026-01-01&to=2026-01-02&groupBy=scenario').then(String);
    const underWay = [slow(), slow()];
    await until('both reports to wait in Postgres', async () => {
      const { rows } = await ingest.testDb.db.raw<{ rows: object[] }>(
        `SELECT FROM pg_stat_activity WHERE application_name = 'reads' AND wait_event_type = 'Lock'`,
      );
      return rows.length === underWay.length;
    });
    const answer = await get('/v1/reports/funnel?from=2026-01-01&to=2026-01-02').expect(429);
    expect(answer.headers['retry-after']).toBe('2');
    expect(answer.body).toMatchObject({ code: 'rate_limited' });
    expect((await report()).status).toBe(200);
    await get('/v1/reports/funnel?from=2026-01-01&to=2026-01-02', otherKey).expect(200);
    await holder.rollback();
    await Promise.all(underWay);
    await get('/v1/reports/funnel?from=2026-01-01&to=2026-01-02').expect(200);
    const { values } = await deps.metrics.refusals.get();
    expect(values.map(({ labels, value }) => [labels.reason, value])).toContainEqual(['workspace_reads', 1]);
  });
});
