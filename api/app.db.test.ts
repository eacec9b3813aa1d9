import request from 'supertest';
import { createLogger } from '../config/logger';
import { createDb } from '../db/knex';
import { HOUR_MS } from '../domain/time';
import { type IngestFixture, startIngest } from '../testing/ingest-fixture';
import { createApp } from './app';
import type { ApiDeps } from './deps';
import { createApiMetrics } from './metrics';

let fixture: IngestFixture;
beforeAll(async () => {
  fixture = await startIngest();
});
afterAll(() => fixture.stop());

function call(method: 'get' | 'post', path: string, key = fixture.adminKey): request.Test {
  return request(fixture.app)[method](path).set('authorization', `Bearer ${key}`);
}

/** An app on the same data that differs in the named dependencies. */
const appWith = (changed: Partial<ApiDeps>) =>
  createApp({ ...fixture.deps, metrics: createApiMetrics(), ...changed });

describe('a problem', () => {
  it('has the shape of RFC 9457 and names the request', async () => {
    const answer = await call('get', '/v1/nothing').set('x-request-id', 'my-request-1');
    expect(answer.status).toBe(404);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(answer.headers['x-request-id']).toBe('my-request-1');
    expect(answer.body).toEqual({
      type: 'urn:clickchain:problem:not_found',
      title: 'Nothing with this id',
      status: 404,
      detail: expect.stringContaining('GET'),
      code: 'not_found',
      requestId: 'my-request-1',
    });
  });

  it.each([['short'], ['has spaces in it'], ['x'.repeat(65)], ['control\u0007character']])(
    'gets an id of ours when the sender’s is %j',
    async (id) => {
      // Node's own client refuses to send a control character, so the header goes through as it may.
      const header = id.includes('\u0007') ? 'control%07character' : id;
      const answer = await call('get', '/healthz').set('x-request-id', header);
      expect(answer.headers['x-request-id']).toMatch(/^req-[0-9a-f-]{36}$/);
    },
  );

  it.each([
    ['malformed JSON', '{"name":', 'application/json', 400, 'malformed_json'],
    ['a form', 'name=x', 'application/x-www-form-urlencoded', 415, 'unsupported_media_type'],
    ['another charset', '{}', 'application/json; charset=utf-16', 415, 'unsupported_media_type'],
    ['no object', '[]', 'application/json', 400, 'invalid_request'],
    ['a body above 1 MB', `{"name":"${'x'.repeat(1_048_576)}"}`, 'application/json', 413, 'body_too_large'],
  ])('answers %s', async (_name, body, type, status, code) => {
    const answer = await call('post', '/v1/offers').set('content-type', type).send(body);
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ code, status });
  });

  it('answers a compressed body and an absent one', async () => {
    const packed = await call('post', '/v1/offers').set('content-encoding', 'gzip').send({ name: 'x' });
    expect(packed.body.code).toBe('unsupported_media_type');
    expect((await call('post', '/v1/offers')).body.code).toBe('invalid_request');
  });

  it('answers a path and a query that cannot be read', async () => {
    expect((await call('get', '/v1/offers/%E0%A4%A')).body).toMatchObject({
      status: 400,
      code: 'invalid_request',
    });
    expect((await call('get', '/v1/offers/not-an-id')).body.code).toBe('not_found');
    const twice = await call('get', '/v1/offers?limit=1&limit=2');
    expect(twice.body).toMatchObject({ code: 'invalid_request', errors: [{ path: 'limit' }] });
  });
});

describe('a list', () => {
  it('comes in pages that neither miss nor repeat', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    for (const name of names) {
      fixture.clock.set(fixture.clock.nowMs() + 1);
      await call('post', '/v1/offers').send({ name, landingUrl: 'https://x.example/' }).expect(201);
    }
    const seen: string[] = [];
    let cursor = '';
    do {
      const { body } = await call('get', `/v1/offers?limit=2${cursor && `&cursor=${cursor}`}`).expect(200);
      seen.push(...body.data.map(({ name }: { name: string }) => name));
      cursor = body.nextCursor ?? '';
    } while (cursor !== '');
    expect(seen).toEqual(names);
    expect((await call('get', '/v1/offers')).body).toMatchObject({ nextCursor: null });
  });

  it.each([
    ['limit=0', 'limit'],
    ['limit=1001', 'limit'],
    ['limit=-1', 'limit'],
    ['limit=ten', 'limit'],
    ['cursor=nonsense', 'cursor'],
    [`cursor=${Buffer.from('ptn_01j00000000000000000000000').toString('base64url')}`, 'cursor'],
    ['color=red', 'color'],
  ])('refuses ?%s', async (query, path) => {
    const answer = await call('get', `/v1/offers?${query}`);
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toMatchObject([{ path }]);
  });
});

describe('while Postgres is away', () => {
  const away = createDb('postgres://nobody:nothing@127.0.0.1:1/none', {
    applicationName: 'test',
    poolMax: 2,
  });
  afterAll(() => away.destroy());

  it('answers 503 with Retry-After within two seconds', async () => {
    const app = appWith({ db: away });
    const startedAt = performance.now();
    const answers = await Promise.all([
      request(app).get('/v1/offers').set('authorization', 'Bearer ck_x'),
      request(app).post('/v1/offers').set('authorization', 'Bearer ck_x').send({}),
      request(app).get('/readyz'),
    ]);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503]);
    expect(answers.map(({ headers }) => headers['retry-after'])).toEqual(['2', '2', '2']);
    expect(answers[0]?.body.code).toBe('unavailable');
    expect((await request(app).get('/healthz')).status).toBe(200);
  });

  it('still answers a scrape, without gauges that nobody measured', async () => {
    const { text } = await request(appWith({ db: away }))
      .get('/metrics')
      .expect(200);
    expect(text).toContain('clickchain_events_total');
    expect(text).not.toMatch(/^clickchain_events_unhandled \d/m);
    expect(text).not.toMatch(/^clickchain_outbox_depth\{/m);
  });
});

describe('operation', () => {
  it('is ready with Postgres, and reports Temporal without needing it', async () => {
    const ready = await request(fixture.app).get('/readyz').expect(200);
    expect(ready.body).toEqual({
      status: 'ready',
      checks: { postgres: 'ok', migrations: 'ok', temporal: 'ok' },
      warnings: [],
    });
    const alone = await request(appWith({ temporalReachable: async () => false })).get('/readyz');
    expect(alone.body).toMatchObject({ status: 'ready', checks: { temporal: 'failed' } });
  });

  it('stays ready, and says which part of the housekeeping has not succeeded for too long', async () => {
    const { db, clock } = fixture.deps;
    const hoursAgo = (hours: number) => new Date(clock.nowMs() - hours * HOUR_MS);
    const failing = { failing_since: hoursAgo(4), error_code: '55P03', last_error: 'inside' };
    await db('housekeeping').insert([
      { part: 'retention_event_raw', succeeded_at: hoursAgo(5), ...failing },
      { part: 'partitions', succeeded_at: hoursAgo(2), ...failing },
      { part: 'rollups', succeeded_at: hoursAgo(0) },
    ]);
    const app = appWith({});
    const { body } = await request(app).get('/readyz').expect(200);
    expect(body.status).toBe('ready');
    expect(body.warnings).toEqual([
      expect.stringMatching(
        /^housekeeping: retention_event_raw has not succeeded since \d{4}-\d\d-\d\dT.*Z; it fails with 55P03$/,
      ),
    ]);
    const { text } = await request(app).get('/metrics').expect(200);
    expect(text).toMatch(/^clickchain_housekeeping_late\{part="retention_event_raw"\} 1$/m);
    expect(text).toMatch(/^clickchain_housekeeping_late\{part="partitions"\} 0$/m);
    expect(text).toMatch(/^clickchain_housekeeping_age_seconds\{part="partitions"\} 72\d\d/m);
    await db('housekeeping').delete();
  });

  it('is not ready before the last migration', async () => {
    const { db } = fixture.deps;
    const [first] = await db('knex_migrations').orderBy('id').limit(1);
    await db('knex_migrations').where({ id: first.id }).delete();
    const answer = await request(fixture.app).get('/readyz');
    await db('knex_migrations').insert(first);
    expect(answer.status).toBe(503);
    expect(answer.body.checks).toMatchObject({ postgres: 'ok', migrations: 'failed' });
    expect(answer.body.warnings).toEqual([`migrations are missing: ${first.name}`]);
  });

  it('is not ready on a schema of a newer version, unless that still serves this one', async () => {
    const { db } = fixture.deps;
    await db('knex_migrations').insert({ name: '998_newer', breaking: false });
    await request(fixture.app).get('/readyz').expect(200);
    await db('knex_migrations').insert({ name: '999_breaking', breaking: true });
    const answer = await request(fixture.app).get('/readyz');
    await db('knex_migrations').where('name', '>', '998').delete();
    expect(answer.status).toBe(503);
    expect(answer.body).toMatchObject({ status: 'not_ready', checks: { migrations: 'failed' } });
    expect(answer.body.warnings).toEqual([expect.stringContaining('999_breaking, which no longer serves')]);
  });

  it('measures by route and never by path', async () => {
    const app = appWith({});
    const path = '/v1/offers/off_01j00000000000000000000000';
    await request(app).get(path).set('authorization', `Bearer ${fixture.adminKey}`).expect(404);
    await request(app).get('/v1/secret-looking-path');
    const { text } = await request(app).get('/metrics').expect(200);
    expect(text).toContain('route="/v1/offers/:offerId",status="404"');
    expect(text).toContain('route="unmatched"');
    expect(text).not.toContain('secret-looking');
    expect(text).toMatch(/^clickchain_outbox_depth\{lane="events",kind="event"\} 0$/m);
    expect(text).toMatch(/^clickchain_outbox_oldest_seconds\{lane="starts"\} 0$/m);
    expect(text).toMatch(/^clickchain_outbox_parked 0$/m);
    expect(text).toMatch(/^clickchain_postbacks_pending 0$/m);
  });

  it('documents itself without a request to anybody else', async () => {
    await request(fixture.app).get('/').expect(302).expect('location', '/docs');
    const page = await request(fixture.app).get('/docs').expect(200);
    const policy = page.headers['content-security-policy'];
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(page.text).not.toMatch(/https?:\/\//);
    const script = await request(fixture.app).get('/docs/redoc.js').expect(200);
    expect(script.headers['content-type']).toMatch('javascript');
    const { body } = await request(fixture.app).get('/openapi.json').expect(200);
    expect(body).toMatchObject({ openapi: '3.1.0', info: { title: 'Clickchain' } });
  });

  it('sends headers that keep data from being read as a page', async () => {
    const { headers } = await request(fixture.app).get('/healthz');
    expect(headers).toMatchObject({
      'content-security-policy': "default-src 'none';frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
    });
    expect(headers).not.toHaveProperty('x-powered-by');
  });
});

describe('the log', () => {
  async function logOf(work: (app: ReturnType<typeof createApp>) => Promise<unknown>): Promise<string> {
    const lines: string[] = [];
    const logger = createLogger({ level: 'trace', name: 'test' }, { write: (line) => lines.push(line) });
    await work(appWith({ logger }));
    return lines.join('');
  }

  it('holds no key, no secret, no cookie and no query', async () => {
    let secrets: string[] = [];
    const text = await logOf(async (app) => {
      const source = await request(app)
        .post('/v1/sources?token=in-the-query')
        .set('authorization', `Bearer ${fixture.adminKey}`)
        .set('cookie', 'cc_vid=in-the-cookie')
        .send({ name: 's', kind: 'gaming' });
      secrets = [source.body.key, source.body.secret];
      await request(app).get('/v1/offers').set('authorization', 'Bearer ck_wrong-key-of-somebody');
    });
    expect(text).toContain('"route":"/v1/sources"');
    const hidden = [...secrets, fixture.adminKey, 'in-the-query', 'in-the-cookie', 'ck_wrong-key'];
    for (const secret of hidden) expect(text).not.toContain(secret);
  });

  it('is one line of JSON per request, whatever the path holds', async () => {
    const text = await logOf(async (app) => {
      await request(app).get('/v1/%0d%0aforged%1b[31m%e2%80%a8');
    });
    const lines = text.trimEnd().split('\n');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ status: 404, code: 'not_found', route: 'unmatched' });
    expect(text.trimEnd()).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
  });

  it('keeps a refused event with its outcome, masked', async () => {
    const text = await logOf(async (app) => {
      await request(app)
        .post('/webhooks/gaming/deposit')
        .set('authorization', `Bearer ${fixture.adminKey}`)
        .send({ eventId: 'e-1', playerId: 'jane@example.com', amount: '-5', currency: 'EUR' });
    });
    const refusal = text.split('\n').find((line) => line.includes('event request refused'));
    expect(JSON.parse(refusal ?? '{}')).toMatchObject({
      status: 400,
      code: 'invalid_request',
      body: { fields: { eventId: 'e-1', amount: '-5', playerId: '[string]' } },
    });
    expect(text).not.toContain('jane');
  });
});
