import { once } from 'node:events';
import type { RequestListener, Server, ServerResponse } from 'node:http';
import request from 'supertest';
import { parseConfig } from '../../config/config';
import { insertCampaign } from '../../testing/builders/insert-campaign';
import { type IngestFixture, startIngest } from '../../testing/ingest-fixture';
import { createApp } from '../app';
import type { AppDeps } from '../deps';
import { createHttpServer, drain, listen } from '../http-server';
import { createRateLimits } from '../limits/rate-limits';
import { createApiMetrics } from '../metrics';
import { coldGate } from './cold-gate';

const T0 = Date.UTC(2026, 2, 1, 12);

let fixture: IngestFixture;
beforeAll(async () => {
  fixture = await startIngest();
  await insertCampaign(fixture.testDb.db, { workspaceId: fixture.workspaceId, slug: 'go' });
  await fixture.deps.catalog.refresh();
});
beforeEach(() => fixture.clock.set(T0));
afterAll(() => fixture.stop());

function depsWith(env: Readonly<Record<string, string>>, changed: Partial<AppDeps> = {}): AppDeps {
  const config = parseConfig(env);
  const limits = createRateLimits(config, fixture.deps.logger);
  return { ...fixture.deps, config, limits, metrics: createApiMetrics(), ...changed };
}

async function refused(deps: AppDeps): Promise<Record<string, number>> {
  const { values } = await deps.metrics.refusals.get();
  return Object.fromEntries(values.map(({ labels, value }) => [labels.reason, value]));
}

describe('the limit of clicks per second', () => {
  it('lets the limit in, refuses three times as much at once, and lets in again as time goes on', async () => {
    const deps = depsWith({ CLICKCHAIN_CLICKS_PER_SECOND: '40' });
    const app = createApp(deps);
    const before = Number((await fixture.testDb.db('clicks').count().first())?.count);
    const statuses = async (count: number) => {
      const answers = await Promise.all(Array.from({ length: count }, () => request(app).get('/c/go')));
      for (const { status, headers } of answers.filter((answer) => answer.status !== 302)) {
        expect([status, headers['retry-after']]).toEqual([503, '2']);
      }
      return answers.filter(({ status }) => status === 302).length;
    };
    expect(await statuses(30)).toBe(10);
    fixture.clock.set(T0 + 125);
    expect(await statuses(15)).toBe(5);
    fixture.clock.set(T0 + 10_000);
    expect(await statuses(10)).toBe(10);
    // Nobody was told a success without a row, and nobody refused has one.
    expect(Number((await fixture.testDb.db('clicks').count().first())?.count)).toBe(before + 25);
    expect(await refused(deps)).toEqual({ clicks_per_second: 30 });
  });

  it('is shared out among the processes, and is none of anything else', async () => {
    const deps = depsWith({ CLICKCHAIN_CLICKS_PER_SECOND: '16', CLICKCHAIN_API_PROCESSES: '2' });
    const app = createApp(deps);
    const statuses: number[] = [];
    for (let asked = 0; asked < 4; asked += 1) statuses.push((await request(app).get('/c/go')).status);
    expect(statuses).toEqual([302, 302, 503, 503]);
    await request(app).get('/v1/offers').set('authorization', `Bearer ${fixture.adminKey}`).expect(200);
  });

  it('is not used up by what one address has too much', async () => {
    const deps = depsWith({
      CLICKCHAIN_CLICKS_PER_SECOND: '12',
      CLICKCHAIN_ADDRESS_REQUESTS_PER_SECOND: '2',
      CLICKCHAIN_TRUSTED_PROXIES: '127.0.0.0/8,::1',
    });
    const app = createApp(deps);
    const click = async (address: string) =>
      (await request(app).get('/c/go').set('x-forwarded-for', address)).status;
    const flood: number[] = [];
    for (let asked = 0; asked < 5; asked += 1) flood.push(await click('203.0.113.9'));
    expect(flood).toEqual([302, 302, 429, 429, 429]);
    expect([await click('203.0.113.10'), await click('203.0.113.11')]).toEqual([302, 503]);
    expect(await refused(deps)).toEqual({ address: 3, clicks_per_second: 1 });
  });
});

describe('a process whose event loop is late', () => {
  it('refuses clicks and everything else, answers probes, and serves again in time', async () => {
    let isLate = true;
    const deps = depsWith({}, { isLate: () => isLate });
    const app = createApp(deps);
    const offers = () => request(app).get('/v1/offers').set('authorization', `Bearer ${fixture.adminKey}`);
    const answer = await offers().expect(503);
    expect(answer.body).toMatchObject({ code: 'overloaded', status: 503 });
    expect(answer.headers).toMatchObject({ 'retry-after': '2', 'x-request-id': answer.body.requestId });
    await request(app).get('/c/go').expect(503).expect('retry-after', '2');
    for (const path of ['/healthz', '/readyz', '/metrics']) await request(app).get(path).expect(200);
    expect(await refused(deps)).toEqual({ event_loop: 2 });
    isLate = false;
    await offers().expect(200);
    await request(app).get('/c/go').expect(302);
  });
});

describe('a process that begins to fall behind', () => {
  it('refuses the address that sends much, and nobody else', async () => {
    let isStrained = false;
    const env = {
      CLICKCHAIN_ADDRESS_REQUESTS_PER_SECOND: '400',
      CLICKCHAIN_TRUSTED_PROXIES: '127.0.0.0/8,::1',
    };
    const config = parseConfig(env);
    const limits = createRateLimits(config, fixture.deps.logger, () => isStrained);
    const deps = depsWith(env, { limits });
    const app = createApp(deps);
    const ask = async (path: string, address: string) =>
      (await request(app).get(path).set('x-forwarded-for', address)).status;
    const report = '/postback?event=lead&click_id=nobody';
    for (let sent = 0; sent < 6; sent += 1) expect(await ask(report, '203.0.113.9')).not.toBe(429);
    isStrained = true;
    expect([await ask(report, '203.0.113.9'), await ask('/c/go', '203.0.113.9')]).toEqual([429, 429]);
    for (let visitor = 10; visitor < 20; visitor += 1) {
      expect(await ask('/c/go', `203.0.113.${visitor}`)).toBe(302);
    }
    expect(await refused(deps)).toEqual({ address: 2 });
  });
});

describe('requests in flight', () => {
  let server: Server;
  let working: ServerResponse[];
  let base: string;
  let deps: AppDeps;
  const app: RequestListener = (req, res) => {
    if (req.url === '/healthz') res.end();
    else working.push(res);
  };

  beforeEach(async () => {
    working = [];
    deps = depsWith({});
    server = createHttpServer(coldGate(deps, app, 2));
    base = `http://127.0.0.1:${await listen(server, 0, '127.0.0.1')}`;
  });
  afterEach(() => drain(server));

  it('are bounded: one more is refused, probes are not, and room is given back', async () => {
    const first = fetch(`${base}/v1/offers`);
    await once(server, 'request');
    const second = fetch(`${base}/v1/offers`);
    await once(server, 'request');
    const third = await fetch(`${base}/v1/offers`, { method: 'POST', body: 'x'.repeat(100_000) });
    expect([third.status, third.headers.get('retry-after')]).toEqual([503, '2']);
    expect((await fetch(`${base}/healthz`)).status).toBe(200);
    expect((await deps.metrics.inFlight.get()).values[0]?.value).toBe(2);
    for (const res of working) res.end();
    await Promise.all([first, second]);
    const another = fetch(`${base}/v1/offers`);
    await once(server, 'request');
    working.at(-1)?.end();
    expect((await another).status).toBe(200);
    expect(await refused(deps)).toEqual({ in_flight: 1 });
  });

  it('are given back by clients that go away, too', async () => {
    const leaving = new AbortController();
    const answers = [1, 2].map(() => fetch(`${base}/v1/offers`, { signal: leaving.signal }));
    await once(server, 'request');
    if (working.length < 2) await once(server, 'request');
    const closed = Promise.all(working.map((res) => once(res, 'close')));
    leaving.abort();
    await Promise.allSettled(answers);
    await closed;
    expect((await deps.metrics.inFlight.get()).values[0]?.value).toBe(0);
  });
});
