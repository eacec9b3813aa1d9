import request from 'supertest';
import { signWebhook } from '../../clients/standard-webhooks';
import { parseConfig } from '../../config/config';
import { insertApiKey } from '../../testing/builders/insert-api-key';
import { type IngestFixture, startIngest } from '../../testing/ingest-fixture';
import { createApp } from '../app';
import type { AppDeps } from '../deps';
import { createApiMetrics } from '../metrics';
import { createRateLimits } from './rate-limits';

const T0 = Date.UTC(2026, 2, 1, 12);
/** Loopback is a trusted proxy here, so that a test can come from any address. */
const TRUST = { CLICKCHAIN_TRUSTED_PROXIES: '127.0.0.0/8,::1' };

let fixture: IngestFixture;
let otherKey: string;
let apps: AppDeps[] = [];
beforeAll(async () => {
  fixture = await startIngest();
  otherKey = await insertApiKey(fixture.testDb.db, fixture);
});
beforeEach(() => fixture.clock.set(T0));
afterEach(() => {
  for (const { limits } of apps) limits.stop();
  apps = [];
});
afterAll(() => fixture.stop());

/** An app on the same data with limits of its own. */
function appWith(env: Readonly<Record<string, string>>) {
  const config = parseConfig({ ...TRUST, ...env });
  const deps: AppDeps = {
    ...fixture.deps,
    config,
    metrics: createApiMetrics(),
    limits: createRateLimits(config, fixture.deps.logger),
  };
  apps.push(deps);
  return { app: createApp(deps), deps };
}

const refusals = async (deps: AppDeps, reason: string) =>
  (await deps.metrics.refusals.get()).values.find(({ labels }) => labels.reason === reason)?.value ?? 0;

describe('a key', () => {
  it('has its share of requests, and is told when it comes again', async () => {
    const { app, deps } = appWith({ CLICKCHAIN_KEY_REQUESTS_PER_MINUTE: '2' });
    const read = (key: string) => request(app).get('/v1/offers').set('authorization', `Bearer ${key}`);
    const first = await read(fixture.adminKey).expect(200);
    expect(first.headers['ratelimit-policy']).toBe('"requests";q=2;w=60');
    expect(first.headers.ratelimit).toMatch(/^"requests";r=1;t=(60|59)$/);
    expect(first.headers).not.toHaveProperty('retry-after');
    await read(fixture.adminKey).expect(200);
    const refused = await read(fixture.adminKey).expect(429);
    expect(refused.body).toMatchObject({ code: 'rate_limited', status: 429 });
    expect(refused.headers['content-type']).toContain('application/problem+json');
    expect(refused.headers.ratelimit).toMatch(/^"requests";r=0;t=\d+$/);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    await read(otherKey).expect(200);
    expect(await refusals(deps, 'key')).toBe(1);
  });

  it('has a share of events of its own, and loses none by them', async () => {
    const { app } = appWith({
      CLICKCHAIN_KEY_EVENTS_PER_SECOND: '1',
      CLICKCHAIN_KEY_REQUESTS_PER_MINUTE: '1',
    });
    const report = (eventId: string) =>
      request(app)
        .post('/webhooks/gaming/registration')
        .set('authorization', `Bearer ${fixture.adminKey}`)
        .send({ eventId, playerId: 'P-1', occurredAt: new Date(T0 - 60_000).toISOString() });
    const answers = await Promise.all(['E-1', 'E-2', 'E-3'].map(report));
    const statuses = answers.map(({ status }) => status);
    // Two seconds may meet in the middle of them.
    expect(statuses).toContain(429);
    expect(statuses).toContain(200);
    await request(app).get('/v1/offers').set('authorization', `Bearer ${fixture.adminKey}`).expect(200);
    const kept = await fixture.testDb.db('events');
    expect(kept.length).toBe(statuses.filter((status) => status === 200).length);
  });

  it('is asked about nothing that is public, nor about health and metrics', async () => {
    const { app } = appWith({ CLICKCHAIN_KEY_REQUESTS_PER_MINUTE: '1' });
    for (let times = 0; times < 5; times += 1) {
      for (const path of ['/healthz', '/readyz', '/metrics']) {
        const { status } = await request(app).get(path).set('authorization', `Bearer ${fixture.adminKey}`);
        expect([path, status]).toEqual([path, 200]);
      }
    }
  });

  it('is served while the Redis of the limits is away', async () => {
    const { app } = appWith({
      CLICKCHAIN_REDIS_URL: 'redis://127.0.0.1:1',
      CLICKCHAIN_KEY_REQUESTS_PER_MINUTE: '1',
    });
    const read = () => request(app).get('/v1/offers').set('authorization', `Bearer ${fixture.adminKey}`);
    expect([(await read()).status, (await read()).status]).toEqual([200, 429]);
  });
});

describe('an address', () => {
  const publicReport = (app: ReturnType<typeof createApp>, address: string) =>
    request(app).get('/postback?event=lead&click_id=nobody').set('x-forwarded-for', address);

  it('has its share of public reports, each of which costs as much as twenty clicks, in each second', async () => {
    const { app, deps } = appWith({ CLICKCHAIN_ADDRESS_REQUESTS_PER_SECOND: '40' });
    const statusOf = async (address: string) => (await publicReport(app, address)).status;
    expect([await statusOf('203.0.113.9'), await statusOf('203.0.113.9')]).not.toContain(429);
    const refused = await publicReport(app, '203.0.113.9');
    expect(refused.status).toBe(429);
    expect(refused.headers).toMatchObject({
      'ratelimit-policy': '"address";q=40;w=1',
      ratelimit: '"address";r=0;t=1',
      'retry-after': '1',
    });
    expect(await statusOf('203.0.113.10')).not.toBe(429);
    fixture.clock.set(T0 + 1_000);
    expect(await statusOf('203.0.113.9')).not.toBe(429);
    expect(await refusals(deps, 'address')).toBe(1);
  });

  it('is the /64 of IPv6, and nobody when it is loopback', async () => {
    const { app } = appWith({ CLICKCHAIN_ADDRESS_REQUESTS_PER_SECOND: '1' });
    const statusOf = async (address: string) => (await publicReport(app, address)).status;
    expect(await statusOf('2001:db8:1:2::1')).not.toBe(429);
    expect(await statusOf('2001:db8:1:2:ffff::9')).toBe(429);
    expect(await statusOf('2001:db8:1:3::1')).not.toBe(429);
    for (let times = 0; times < 3; times += 1) expect(await statusOf('127.0.0.1')).not.toBe(429);
  });

  it('cannot blame another one: only a trusted proxy is believed', async () => {
    const { app } = appWith({ CLICKCHAIN_ADDRESS_REQUESTS_PER_SECOND: '1' });
    const statusOf = async (hops: string) => (await publicReport(app, hops)).status;
    expect(await statusOf('198.51.100.1, 203.0.113.9')).not.toBe(429);
    expect(await statusOf('198.51.100.2, 203.0.113.9')).toBe(429);
    expect(await statusOf('198.51.100.1')).not.toBe(429);
  });
});

describe('wrong credentials', () => {
  it('close the door to strangers of their address, and to nobody who was let in before', async () => {
    const { app, deps } = appWith({ CLICKCHAIN_ADDRESS_AUTH_FAILURES_PER_MINUTE: '3' });
    const ask = (key: string, address = '203.0.113.9') =>
      request(app).get('/v1/offers').set('authorization', `Bearer ${key}`).set('x-forwarded-for', address);
    await ask(fixture.adminKey).expect(200);
    for (let tried = 0; tried < 3; tried += 1) await ask(`ck_guess-${tried}`).expect(401);
    const refused = await ask('ck_guess-3').expect(429);
    expect(refused.body.code).toBe('rate_limited');
    expect(refused.headers['retry-after']).toBe('60');
    // Right or wrong, what was never seen is not looked at.
    await ask(otherKey).expect(429);
    await ask(fixture.adminKey).expect(200);
    await ask(otherKey, '203.0.113.10').expect(200);
    fixture.clock.set(T0 + 60_000);
    await ask('ck_guess-4').expect(401);
    expect(await refusals(deps, 'auth_failures')).toBe(2);
  });

  describe('that are signatures', () => {
    let sources: readonly { readonly sourceId: string; readonly secret: string }[];
    beforeAll(async () => {
      const created = ['one', 'two'].map((name) =>
        request(fixture.app)
          .post('/v1/sources')
          .set('authorization', `Bearer ${fixture.adminKey}`)
          .send({ name, kind: 'gaming' })
          .expect(201),
      );
      sources = (await Promise.all(created)).map(({ body }) => body);
    });

    /** Signed by `secret`, which is good or not, in the name of a source. */
    function report(
      app: ReturnType<typeof createApp>,
      given: { sourceId?: string; secret?: string; atMs?: number; address?: string },
    ) {
      const timestampSeconds = (given.atMs ?? T0) / 1_000;
      const { secret = `whsec_${Buffer.alloc(32).toString('base64')}` } = given;
      const body = JSON.stringify({
        eventId: 'S-1',
        playerId: 'P-1',
        occurredAt: new Date(T0).toISOString(),
      });
      return request(app)
        .post(`/webhooks/gaming/registration?source=${given.sourceId ?? sources[0]?.sourceId}`)
        .set('x-forwarded-for', given.address ?? '203.0.113.9')
        .set('content-type', 'application/json')
        .set('webhook-id', 'm-1')
        .set('webhook-timestamp', String(timestampSeconds))
        .set('webhook-signature', signWebhook({ secrets: [secret], id: 'm-1', timestampSeconds, body }))
        .send(body);
    }

    it.each([
      ['wrong', {}],
      ['old', { atMs: T0 - 600_000 }],
      ['of nobody', { sourceId: 'nobody' }],
      ['old and of nobody', { sourceId: 'nobody', atMs: T0 - 600_000 }],
    ])('count, too, when they are %s', async (_what, given) => {
      const { app } = appWith({ CLICKCHAIN_ADDRESS_AUTH_FAILURES_PER_MINUTE: '1' });
      expect([(await report(app, given)).status, (await report(app, given)).status]).toEqual([401, 429]);
    });

    it('excuse nobody who merely knows the name of a source that signs elsewhere', async () => {
      const { app } = appWith({ CLICKCHAIN_ADDRESS_AUTH_FAILURES_PER_MINUTE: '1' });
      const source = { ...sources[0], address: '203.0.113.20' };
      const statuses: number[] = [];
      for (const given of [source, { address: '203.0.113.20' }, source, {}, {}]) {
        statuses.push((await report(app, given)).status);
      }
      expect(statuses).toEqual([200, 401, 200, 401, 429]);
    });
  });
});

describe('what a request holds', () => {
  const withBody = (app: ReturnType<typeof createApp>, bytes: number, address: string) =>
    request(app)
      .post('/postback')
      .set('x-forwarded-for', address)
      .set('content-type', 'application/json')
      .send(`{"event":"lead","click_id":"nobody","x":"${'x'.repeat(bytes)}"}`);

  it('counts against its address: two kilobytes are one more request, and nobody else’s', async () => {
    const { app, deps } = appWith({ CLICKCHAIN_ADDRESS_REQUESTS_PER_SECOND: '50' });
    const parse = jest.spyOn(JSON, 'parse');
    const statuses: number[] = [];
    for (let sent = 0; sent < 4; sent += 1) {
      statuses.push((await withBody(app, 16_000, '203.0.113.9')).status);
    }
    const parsed = parse.mock.calls.filter(([text]) => text.length > 16_000);
    parse.mockRestore();
    expect(statuses.map((status) => status === 429)).toEqual([false, false, true, true]);
    expect(parsed).toHaveLength(2);
    expect((await withBody(app, 16_000, '203.0.113.10')).status).not.toBe(429);
    expect(await refusals(deps, 'address')).toBe(2);
  });

  it('counts in the link of a click', async () => {
    const { app } = appWith({ CLICKCHAIN_ADDRESS_REQUESTS_PER_SECOND: '5' });
    const click = async (bytes: number) =>
      (
        await request(app)
          .get(`/c/none?a=${'x'.repeat(bytes)}`)
          .set('x-forwarded-for', '203.0.113.9')
      ).status;
    expect([await click(10), await click(10_000), await click(10)]).toEqual([404, 404, 429]);
  });

  it('counts against the share of a key, and of a share that is smaller is all of it', async () => {
    const { app } = appWith({
      CLICKCHAIN_KEY_REQUESTS_PER_MINUTE: '10',
      CLICKCHAIN_KEY_EVENTS_PER_SECOND: '3',
    });
    const send = (path: string, bytes: number) =>
      request(app)
        .post(path)
        .set('authorization', `Bearer ${fixture.adminKey}`)
        .send({ note: 'x'.repeat(bytes) });
    expect([(await send('/v1/offers', 9_000)).status, (await send('/v1/offers', 9_000)).status]).toEqual([
      400, 400,
    ]);
    expect((await send('/v1/offers', 10)).status).toBe(429);
    // All of a second’s share, of which another may have begun meanwhile.
    expect([400, 429]).toContain((await send('/conversions/track', 500_000)).status);
  });
});

describe('strangers', () => {
  const from = (app: ReturnType<typeof createApp>, path: string, address = '203.0.113.9') =>
    request(app).get(path).set('x-forwarded-for', address);

  it('are counted by address whatever they ask for, and are refused before anything is done', async () => {
    const { app, deps } = appWith({ CLICKCHAIN_ADDRESS_REQUESTS_PER_SECOND: '4' });
    for (const [path, status] of [
      ['/v1/offers', 401],
      ['/no-such-path', 404],
      ['/openapi.json', 200],
      ['/webhooks/adjust/nobody?a=1', 401],
      ['/v1/offers', 429],
      ['/openapi.json', 429],
    ] as const) {
      expect([path, (await from(app, path)).status]).toEqual([path, status]);
    }
    await from(app, '/v1/offers', '203.0.113.10').expect(401);
    for (const path of ['/healthz', '/readyz']) await from(app, path).expect(200);
    fixture.clock.set(T0 + 1_000);
    await from(app, '/v1/offers').expect(401);
    expect(await refusals(deps, 'address')).toBe(2);
  });

  it('take nothing from a key of the same address that was accepted before', async () => {
    const { app } = appWith({ CLICKCHAIN_ADDRESS_REQUESTS_PER_SECOND: '3' });
    const known = async () =>
      (await from(app, '/v1/offers').set('authorization', `Bearer ${fixture.adminKey}`)).status;
    const unknown = async () => (await from(app, '/no-such-path')).status;
    for (let asked = 0; asked < 5; asked += 1) expect(await known()).toBe(200);
    for (let asked = 0; asked < 3; asked += 1) expect(await unknown()).toBe(404);
    expect([await unknown(), await known()]).toEqual([429, 200]);
  });
});
