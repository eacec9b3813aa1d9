import request from 'supertest';
import { createWorkspace } from '../db/seed-instance';
import { insertApiKey } from '../testing/builders/insert-api-key';
import { type IngestFixture, startIngest } from '../testing/ingest-fixture';
import { openApiDocument } from './openapi';

/** A well-formed id that names nothing. */
const NOBODY = '01j00000000000000000000000';

let fixture: IngestFixture;
beforeAll(async () => {
  fixture = await startIngest();
});
afterAll(() => fixture.stop());

type Call = { method: 'get' | 'post' | 'patch' | 'delete'; path: string };

function send({ method, path }: Call, key: string | null, body?: object): request.Test {
  const call = request(fixture.app)[method](path);
  if (key !== null) call.set('authorization', `Bearer ${key}`);
  return body === undefined ? call : call.send(body);
}

/** Every operation of the description that needs a key, with ids that name nothing in its path. */
function protectedCalls(): (Call & { scope: string })[] {
  const { paths } = openApiDocument() as {
    paths: Record<string, Record<string, { security?: unknown[]; description?: string }>>;
  };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, operation]) => operation.security !== undefined && path.startsWith('/v1/'))
      .map(([method, operation]) => ({
        method: method as Call['method'],
        path: path.replace(/\{(\w+)Id\}/g, (_all, thing: string) => `${PREFIXES[thing] ?? thing}_${NOBODY}`),
        scope: /scope `([^`]+)`/.exec(operation.description ?? '')?.[1] ?? 'unknown',
      })),
  );
}

const PREFIXES: Readonly<Record<string, string>> = {
  offer: 'off',
  partner: 'ptn',
  campaign: 'cmp',
  source: 'src',
  destination: 'dst',
  key: 'key',
  click: 'clk',
  conversion: 'cnv',
  player: 'ply',
  postback: 'pbk',
  event: 'evt',
  payout: 'pay',
};

describe('every protected operation', () => {
  it.each(protectedCalls().map((call) => [`${call.method} ${call.path}`, call] as const))(
    '%s wants a live key with its scope',
    async (_name, call) => {
      const { db } = fixture.deps;
      const other = call.scope === 'read' ? 'setup:write' : 'read';
      const lesser = await insertApiKey(db, { workspaceId: fixture.workspaceId, scopes: [other] });
      const codes = [
        (await send(call, null)).body.code,
        (await send(call, 'ck_unknown')).body.code,
        (await send(call, lesser)).body.code,
      ];
      expect(codes).toEqual(['unauthorized', 'unauthorized', 'missing_scope']);
      const admitted = await send(call, fixture.adminKey);
      expect([401, 403, 500]).not.toContain(admitted.status);
    },
  );
});

describe('a key', () => {
  it('is refused from the moment it is revoked', async () => {
    const created = await send({ method: 'post', path: '/v1/api-keys' }, fixture.adminKey, {
      name: 'reporting',
      scopes: ['read'],
    });
    expect(created.status).toBe(201);
    const { key, keyId } = created.body;
    expect((await send({ method: 'get', path: '/v1/offers' }, key)).status).toBe(200);
    const revoke: Call = { method: 'delete', path: `/v1/api-keys/${keyId}` };
    const revoked = await send(revoke, fixture.adminKey);
    expect(revoked.body).toMatchObject({ keyId, revokedAt: expect.any(String) });
    expect((await send({ method: 'get', path: '/v1/offers' }, key)).status).toBe(401);
    expect((await send(revoke, fixture.adminKey)).body).toEqual(revoked.body);
  });

  it('is asked for by name, and only as Bearer', async () => {
    const answer = await request(fixture.app)
      .get('/v1/offers')
      .set('authorization', `Basic ${fixture.adminKey}`);
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer');
  });

  it('is never stored as it is, and never shown again', async () => {
    const created = await send({ method: 'post', path: '/v1/api-keys' }, fixture.adminKey, {
      name: 'x',
      scopes: ['read', 'read'],
    });
    const { rows } = await fixture.deps.db.raw('SELECT * FROM api_keys, audit');
    const listed = await send({ method: 'get', path: '/v1/api-keys' }, fixture.adminKey);
    expect(created.body.scopes).toEqual(['read']);
    expect(JSON.stringify(rows)).not.toContain(created.body.key);
    expect(listed.text).not.toContain('"key"');
    expect(listed.text).not.toMatch(/"ck_/);
  });

  it.each([
    ['no scope', { name: 'x', scopes: [] }, 'scopes'],
    ['an unknown scope', { name: 'x', scopes: ['root'] }, 'scopes.0'],
    ['an empty name', { name: '  ', scopes: ['read'] }, 'name'],
    ['a workspace', { name: 'x', scopes: ['read'], workspaceId: 'wsp_1' }, 'workspaceId'],
  ])('is not made with %s', async (_name, body, path) => {
    const answer = await send({ method: 'post', path: '/v1/api-keys' }, fixture.adminKey, body);
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toContainEqual({ path, message: expect.any(String) });
  });
});

describe('another workspace', () => {
  it('sees, changes and tests nothing of ours', async () => {
    const stranger = (
      await createWorkspace(fixture.deps.db, { name: 'stranger', nowMs: fixture.clock.nowMs() })
    ).adminKey;
    const create = async (path: string, body: object) =>
      (await send({ method: 'post', path }, fixture.adminKey, body).expect(201)).body;
    const offer = await create('/v1/offers', { name: 'o', landingUrl: 'https://casino.example/' });
    const partner = await create('/v1/partners', { name: 'p' });
    const campaign = await create('/v1/campaigns', { slug: 'ours', name: 'c', offerId: offer.offerId });
    const source = await create('/v1/sources', { name: 's', kind: 'gaming' });
    const destination = await create('/v1/destinations', {
      name: 'd',
      kind: 'webhook',
      url: 'https://hook.example/',
      events: ['deposit'],
    });
    const ours: [string, object][] = [
      [`/v1/offers/${offer.offerId}`, { name: 'stolen' }],
      [`/v1/partners/${partner.partnerId}`, { name: 'stolen' }],
      [`/v1/campaigns/${campaign.campaignId}`, { name: 'stolen' }],
      [`/v1/sources/${source.sourceId}`, { name: 'stolen' }],
      [`/v1/destinations/${destination.destinationId}`, { name: 'stolen' }],
    ];
    for (const [path, change] of ours) {
      const before = await send({ method: 'get', path }, fixture.adminKey);
      expect((await send({ method: 'get', path }, stranger)).body.code).toBe('not_found');
      expect((await send({ method: 'patch', path }, stranger, change)).body.code).toBe('not_found');
      expect((await send({ method: 'get', path }, fixture.adminKey)).body).toEqual(before.body);
    }
    const deal = { kind: 'cpa', cpa: { amount: '10', currency: 'EUR' } };
    const dealPath = `/v1/partners/${partner.partnerId}/deals`;
    expect((await send({ method: 'post', path: dealPath }, stranger, deal)).status).toBe(404);
    expect((await send({ method: 'get', path: dealPath }, stranger)).status).toBe(404);
    const test: Call = { method: 'post', path: `/v1/destinations/${destination.destinationId}/test` };
    expect((await send(test, stranger)).status).toBe(404);
    const [key] = (await send({ method: 'get', path: '/v1/api-keys' }, fixture.adminKey)).body.data;
    expect((await send({ method: 'delete', path: `/v1/api-keys/${key.keyId}` }, stranger)).status).toBe(404);
    const borrowed = await send({ method: 'post', path: '/v1/campaigns' }, stranger, {
      slug: 'theirs',
      name: 'c',
      offerId: offer.offerId,
    });
    expect(borrowed.body).toMatchObject({ code: 'invalid_request', errors: [{ path: 'offerId' }] });
    for (const path of ['/v1/offers', '/v1/partners', '/v1/campaigns', '/v1/destinations']) {
      expect((await send({ method: 'get', path }, stranger)).body).toEqual({ data: [], nextCursor: null });
    }
  });
});
