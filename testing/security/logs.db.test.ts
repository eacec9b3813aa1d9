import { Agent, request as ask, type Server } from 'node:http';
import { createApp } from '../../api/app';
import { createHttpServer, drain, listen } from '../../api/http-server';
import { createApiMetrics } from '../../api/metrics';
import { openApiDocument } from '../../api/openapi';
import { createDb, type Db } from '../../db/knex';
import { uuidFromId } from '../../domain/ids';
import { runSweep } from '../../workers/sweep';
import { type IngestFixture, startIngest } from '../ingest-fixture';
import { until } from '../until';
import { type KeptLog, keepLog, unsafeLines } from './log-lines';
import { KEYED_BY_URL, PROTECTED, PUBLIC } from './operation-calls';
import { asHeader, encoded, HOSTILE_VALUES, SPOKEN_HEADERS } from './redirect-corpus';
import { buildTenant, type TenantWorld } from './tenant-world';

type Paths = Readonly<Record<string, Readonly<Record<string, { readonly operationId: string }>>>>;

/** Method and path of every operation, by its id. */
const described: Readonly<Record<string, { readonly method: string; readonly path: string }>> =
  Object.fromEntries(
    Object.entries((openApiDocument() as { paths: Paths }).paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { operationId }]) => [operationId, { method, path }]),
    ),
  );

let ingest: IngestFixture;
let tenant: TenantWorld;
let away: Db;
const agent = new Agent({ keepAlive: true, maxSockets: 8 });

beforeAll(async () => {
  ingest = await startIngest();
  tenant = await buildTenant(ingest.app, ingest.testDb.db, 'logged');
  await ingest.deps.catalog.refresh();
  away = createDb('postgres://clickchain:hidden-password@127.0.0.1:1/none', {
    applicationName: 'away',
    poolMax: 1,
  });
});
afterAll(async () => {
  agent.destroy();
  await away.destroy();
  await ingest.stop();
});

const ESCAPES = [
  '\u001b[2J\u001b[31mred',
  '\u009b31m',
  '\u2028forged',
  '\u2029',
  '\r\n{"level":60,"msg":"forged"}',
  '\u0007',
];

type Sent = { method?: string; path: string; headers?: Record<string, string>; body?: string };

/** Runs requests against the app over sockets, with a log of its own. */
async function logged(
  work: (send: (sent: Sent) => Promise<number>) => Promise<unknown>,
  db?: Db,
): Promise<KeptLog & { answered: number }> {
  const log = keepLog('api');
  const deps = { ...ingest.deps, logger: log.logger, metrics: createApiMetrics(), ...(db && { db }) };
  const server: Server = createHttpServer(createApp(deps));
  const port = await listen(server, 0, '127.0.0.1');
  let answered = 0;
  await work((sent) => {
    answered += 1;
    return statusOf(sent, port);
  });
  await drain(server);
  return { ...log, answered };
}

function statusOf({ method = 'GET', path, headers = {}, body }: Sent, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = ask({ agent, host: '127.0.0.1', port, path, method, headers }, (res) => {
      res.resume();
      res.once('end', () => resolve(res.statusCode ?? 0));
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

describe('one request is one line of JSON', () => {
  it('whatever its headers, path and query hold', async () => {
    const values = [...ESCAPES, ...HOSTILE_VALUES].map((value) => value.slice(0, 300));
    const log = await logged((send) =>
      Promise.all(
        values.flatMap((value) => [
          send({ path: `/v1/${encoded(value)}?${encoded(value)}=${encoded(value)}`, headers: spoken(value) }),
          send({
            path: `/v1/offers/${encoded(value)}`,
            headers: { authorization: `Bearer ${asHeader(value)}` },
          }),
        ]),
      ),
    );
    expect(unsafeLines(log)).toEqual([]);
    expect(log.lines().filter((line) => line.includes('"msg":"request"'))).toHaveLength(log.answered);
    expect(log.text()).not.toContain('"forged"');
  });

  it('also for events that are refused, whose bodies are described', async () => {
    const log = await logged((send) =>
      Promise.all(
        ESCAPES.map((value) =>
          send({
            method: 'POST',
            path: '/webhooks/gaming/deposit',
            headers: { authorization: `Bearer ${tenant.sourceKey}`, 'content-type': 'application/json' },
            body: JSON.stringify({ eventId: value, [value]: value, currency: value, type: value }),
          }),
        ),
      ),
    );
    expect(unsafeLines(log)).toEqual([]);
    expect(log.lines().filter((line) => line.includes('event request refused'))).toHaveLength(ESCAPES.length);
  });

  it('a user agent of a megabyte is refused by the server and leaves nothing', async () => {
    const log = await logged(async (send) => {
      const statuses = [
        await send({ path: '/healthz', headers: { 'user-agent': 'x'.repeat(1_000_000) } }).catch(() => 431),
        await send({ path: '/v1/offers', headers: { 'user-agent': 'x'.repeat(15_000) } }),
      ];
      expect(statuses).toEqual([431, 401]);
    });
    for (const line of log.lines()) expect(line.length).toBeLessThan(2_000);
  });

  it('when the database is away', async () => {
    const headers = { authorization: `Bearer ${tenant.adminKey}` };
    const log = await logged(async (send) => {
      for (const path of [
        '/v1/offers',
        `/c/${tenant.ids.slug}?sub1=%1b%5b31m`,
        '/px/lead.gif?click_id=%1b',
        '/readyz',
      ]) {
        await send({ path, headers });
      }
    }, away);
    expect(unsafeLines(log)).toEqual([]);
    expect(log.text()).not.toContain('hidden-password');
    expect(log.text()).not.toContain(tenant.adminKey);
  });
});

function spoken(value: string): Record<string, string> {
  return Object.fromEntries(SPOKEN_HEADERS.map((name) => [name, asHeader(value)]));
}

describe('no secret is written', () => {
  it('by the API: every operation once, with keys, secrets and cookies', async () => {
    const cookie = 'cc_vid=vis_01j00000000000000000000000; session=in-the-cookie';
    const fill = (path: string): string =>
      path.replace(/\{(\w+)\}/g, (_all, name: string) => tenant.ids[name] ?? 'x');
    const log = await logged(async (send) => {
      for (const [operationId, { body, query }] of Object.entries(PROTECTED)) {
        const { method, path } = described[operationId] ?? { method: 'get', path: '/' };
        await send({
          method: method.toUpperCase(),
          path: `${fill(path)}?${query?.(tenant.ids) ?? ''}&token=in-the-query`,
          headers: {
            authorization: `Bearer ${tenant.adminKey}`,
            'content-type': 'application/json',
            'idempotency-key': `once-${operationId}`,
            cookie,
          },
          ...(body && {
            body: JSON.stringify({ ...body(tenant.ids, `log-${operationId}`), password: 'in-the-body' }),
          }),
        });
      }
      for (const pathOf of Object.values(KEYED_BY_URL)) {
        await send({ path: pathOf(tenant.sourceKey, tenant.ids), headers: { cookie } });
        await send({ path: `${pathOf(tenant.sourceKey, tenant.ids)}&event=no-such&clickid=` });
      }
      for (const pathOf of Object.values(PUBLIC))
        await send({ path: pathOf(tenant.ids), headers: { cookie } });
    });
    expect(unsafeLines(log)).toEqual([]);
    expect(log.lines().length).toBeGreaterThan(100);
    const hidden = [...tenant.secrets, 'in-the-query', 'in-the-cookie', 'in-the-body', 'vis_01j0000000'];
    expect(hidden.filter((secret) => log.text().includes(secret))).toEqual([]);
  });

  it('by paths that somebody has mistyped, whatever is wrong with them', async () => {
    const { sourceKey, adminKey, sourceSecret } = tenant;
    const bare = sourceKey.slice('ck_'.length);
    const cut = sourceKey.slice(0, 30);
    const paths = [
      ...[sourceKey, bare, cut, `x${sourceKey}`, sourceKey.replace('_', '%5F'), `${sourceKey}.`].flatMap(
        (key) => [
          `/webhooks/appsflier/${key}`,
          `/webhook/adjust/${key}/`,
          `//webhooks//adjust//${key}`,
          `/webhooks/adjust%2F${key}`,
          `/${key}/webhooks/adjust`,
          `/postback/key=${key}`,
          `/postback&key=${key}`,
          `/${'long/'.repeat(37)}${key}`,
        ],
      ),
      `/v1/offers/${adminKey}`,
      `/v1/${encodeURIComponent(sourceSecret)}`,
      `/v1/${sourceSecret}`,
    ];
    const log = await logged((send) =>
      Promise.all(paths.map((path) => send({ path, headers: { authorization: `Bearer ${bare}` } }))),
    );
    expect(log.lines().filter((line) => line.includes('"msg":"request"'))).toHaveLength(paths.length);
    const hidden = [bare, bare.slice(0, 20), adminKey.slice(3), sourceSecret.slice('whsec_'.length, 30)];
    expect(hidden.filter((secret) => log.text().includes(secret))).toEqual([]);
    expect(log.text()).toContain('/webhooks/appsflier/[hidden]');
  });

  it('by its form, in any field and any text', () => {
    const { logger, text } = keepLog('any');
    const { sourceKey, sourceSecret } = tenant;
    logger.warn({ url: `https://x/?a=1&key=${sourceKey}&b=2` }, `refused ${sourceSecret}`);
    logger.warn({ err: new Error(`GET /webhooks/adjust/${sourceKey}: 404\n${sourceKey}\u0001${sourceKey}`) });
    logger.warn({ [sourceKey]: encodeURIComponent(`/a/${sourceSecret}`) });
    logger.warn({
      constraint: 'postback_attempts_postback_id_run_attempt_key',
      check: 'payouts_amount_check',
    });
    expect(text()).not.toContain(sourceKey.slice(3));
    expect(text()).not.toContain(sourceSecret.slice('whsec_'.length, 30));
    expect(text()).toContain('key=ck_[hidden]&b=2');
    expect(text()).toContain('postback_attempts_postback_id_run_attempt_key');
    expect(
      text()
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
    ).toHaveLength(4);
  });

  it('by the database’s own errors, which quote the row that they refuse', async () => {
    const { logger, text } = keepLog('api');
    const broken = ingest.testDb.db('sources').insert({
      source_id: uuidFromId(tenant.sourceId),
      workspace_id: uuidFromId(tenant.workspaceId),
      brand_id: uuidFromId(tenant.brandId),
      name: 'x',
      kind: 'no such kind',
      secret: tenant.sourceSecret,
      created_at: new Date(),
    });
    await broken.catch((error: unknown) => logger.error({ err: error }, 'request failed'));
    expect(text()).toContain('_check');
    expect(text()).not.toContain(tenant.sourceSecret);
  });

  it('by the worker: what fails there quotes what strangers have sent', async () => {
    const log = keepLog('worker');
    const stop = new AbortController();
    const sweep = runSweep({ db: away, clock: ingest.clock, logger: log.logger }, stop.signal);
    await until('the sweep to complain', async () => log.lines().length > 0);
    stop.abort();
    await sweep;
    log.logger.warn(
      { err: new Error(`refused: \u001b[31m\r\n${ESCAPES.join('')}`), key: tenant.sourceKey },
      'delivery',
    );
    expect(unsafeLines(log)).toEqual([]);
    expect(log.text()).not.toContain('hidden-password');
    expect(log.text()).not.toContain(tenant.sourceKey);
  });
});
