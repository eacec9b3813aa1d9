import request from 'supertest';
import { type IngestFixture, startIngest } from '../testing/ingest-fixture';

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
