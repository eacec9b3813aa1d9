import { once } from 'node:events';
import type { Server } from 'node:http';
import { createDb } from '../../db/knex';
import { databaseAnswers } from '../../db/server-pulse';
import { insertCampaign } from '../../testing/builders/insert-campaign';
import { type IngestFixture, startIngest } from '../../testing/ingest-fixture';
import { type ProxyMode, startTcpProxy, type TcpProxy, throughProxy } from '../../testing/tcp-proxy';
import { until } from '../../testing/until';
import { createApp } from '../app';
import type { AppDeps } from '../deps';
import { startCampaignCatalog } from '../hot/campaign-catalog';
import { createHttpServer, drain, listen } from '../http-server';
import { createApiMetrics } from '../metrics';

/** An answer must come within two seconds; on a machine that does other things as well, with this much on top. */
const ANSWERED_WITHIN_MS = 2_000;
const SLACK_MS = 1_500;

let fixture: IngestFixture;
let proxy: TcpProxy;
let deps: AppDeps;
let server: Server;
let base: string;

beforeAll(async () => {
  fixture = await startIngest();
  await insertCampaign(fixture.testDb.db, { workspaceId: fixture.workspaceId, slug: 'go' });
  const { hostname, port } = new URL(fixture.testDb.url);
  proxy = await startTcpProxy({ host: hostname, port: Number(port) });
  const databaseUrl = throughProxy(fixture.testDb.url, proxy);
  // Short, so that the test need not wait for what a black hole has swallowed.
  const db = createDb(databaseUrl, { applicationName: 'frozen', poolMax: 3, statementTimeoutMs: 2_000 });
  const { logger } = fixture.deps;
  deps = {
    ...fixture.deps,
    db,
    clock: { nowMs: () => Date.now() },
    metrics: createApiMetrics(),
    catalog: await startCampaignCatalog({ db, databaseUrl, logger }),
    databaseAnswers: () => databaseAnswers(databaseUrl),
  };
  server = createHttpServer(createApp(deps));
  base = `http://127.0.0.1:${await listen(server, 0, '127.0.0.1')}`;
});
afterAll(async () => {
  proxy.setMode('reset');
  await drain(server);
  await deps.catalog.stop();
  await deps.db.destroy();
  await proxy.stop();
  await fixture.stop();
});

const headers = () => ({ authorization: `Bearer ${fixture.adminKey}`, 'content-type': 'application/json' });

/** One of each kind: a read, a write, a click, an event. */
async function askAll(): Promise<{ status: number; retryAfter: string | null; ms: number }[]> {
  const startedMs = performance.now();
  const asked = [
    fetch(`${base}/v1/offers`, { headers: headers() }),
    fetch(`${base}/v1/offers`, {
      method: 'POST',
      headers: headers(),
      body: JSON.stringify({ name: 'x', landingUrl: 'https://x.example/' }),
    }),
    fetch(`${base}/c/go`, { redirect: 'manual' }),
    fetch(`${base}/webhooks/gaming/registration`, {
      method: 'POST',
      headers: headers(),
      body: JSON.stringify({ eventId: 'E-1', playerId: 'P-1', occurredAt: '2026-03-01T12:00:00Z' }),
    }),
  ];
  return Promise.all(
    asked.map(async (answer) => {
      const { status, headers: told } = await answer;
      return { status, retryAfter: told.get('retry-after'), ms: performance.now() - startedMs };
    }),
  );
}

describe.each<ProxyMode>(['hold', 'black-hole'])('while Postgres is silent (%s)', (mode) => {
  it('answers 503 within two seconds on every kind of route, and serves again when it is back', async () => {
    expect((await askAll()).map(({ status }) => status)).toEqual([200, 201, 302, 200]);
    proxy.setMode(mode);
    const answers = await askAll();
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503, 503]);
    expect(answers.map(({ retryAfter }) => retryAfter)).toEqual(['2', '2', '2', '2']);
    for (const { ms } of answers) expect(ms).toBeLessThan(ANSWERED_WITHIN_MS + SLACK_MS);
    // The event loop is alive meanwhile.
    expect((await fetch(`${base}/healthz`)).status).toBe(200);
    proxy.setMode('pass');
    await until('everything to be served again', async () =>
      (await askAll()).every(({ status }) => status < 400),
    );
  });
});

describe('a statement that is only slow', () => {
  it('is waited for, because Postgres answers', async () => {
    const slow = createApp({ ...deps, metrics: createApiMetrics() });
    const own = createHttpServer(slow);
    const port = await listen(own, 0, '127.0.0.1');
    // Somebody holds the table for longer than the question whether Postgres is there takes.
    const holder = await fixture.testDb.db.transaction();
    await holder.raw('LOCK TABLE offers IN ACCESS EXCLUSIVE MODE');
    const asked = once(own, 'request');
    const answer = fetch(`http://127.0.0.1:${port}/v1/offers`, { headers: headers() });
    await asked;
    await holder.raw('SELECT pg_sleep(0.9)');
    await holder.rollback();
    expect((await answer).status).toBe(200);
    await drain(own);
  });
});
