import { isDeepStrictEqual } from 'node:util';
import request from 'supertest';
import { openApiDocument } from '../../api/openapi';
import { hashApiKey } from '../../db/new-secret';
import type { Scope } from '../../db/stores/api-key-store';
import { uuidFromId } from '../../domain/ids';
import { insertApiKey } from '../builders/insert-api-key';
import { type IngestFixture, startIngest } from '../ingest-fixture';
import { type Fingerprint, fingerprinter } from './database-fingerprint';
import { KEYED_BY_URL, PROTECTED, PUBLIC } from './operation-calls';
import { buildTenant, type TenantWorld } from './tenant-world';

type Operation = {
  readonly operationId: string;
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** In OpenAPI form. */
  readonly path: string;
  readonly isProtected: boolean;
  readonly scope: Scope;
  /** The properties that its body knows. */
  readonly known: readonly string[];
};

const operations = describedOperations();
const protectedOnes = operations.filter(({ isProtected }) => isProtected);
const writing = protectedOnes.filter(({ operationId }) => PROTECTED[operationId]?.body !== undefined);
const asRow = (operation: Operation) => [operation.operationId, operation] as const;

let ingest: IngestFixture;
let owner: TenantWorld;
let stranger: TenantWorld;
let revokedKey: string;
let lesserKeys: { readonly reader: string; readonly writer: string };
let fingerprint: (workspaceId: TenantWorld['workspaceId']) => Promise<Fingerprint>;

beforeAll(async () => {
  ingest = await startIngest();
  const { db } = ingest.testDb;
  owner = await buildTenant(ingest.app, db, 'owner');
  stranger = await buildTenant(ingest.app, db, 'stranger');
  revokedKey = await insertApiKey(db, { workspaceId: owner.workspaceId });
  await db('api_keys')
    .where({ key_hash: hashApiKey(revokedKey) })
    .update({ revoked_at: new Date() });
  lesserKeys = { reader: await newKey('read'), writer: await newKey('setup:write') };
  fingerprint = await fingerprinter(db);
  await ingest.deps.catalog.refresh();
});
afterAll(() => ingest.stop());

let calls = 0;

/** A key of the owner's that is bound to no source. */
function newKey(scope: Scope): Promise<string> {
  return insertApiKey(ingest.testDb.db, { workspaceId: owner.workspaceId, scopes: [scope] });
}

/** The operation on the owner's things, asked for with this key. */
function call(operation: Operation, key: string | null, extra?: object): request.Test {
  const { body, query } = PROTECTED[operation.operationId] ?? {};
  calls += 1;
  const path = operation.path.replace(/\{(\w+)\}/g, (_all, name: string) => owner.ids[name] ?? 'unknown');
  const asked = query === undefined ? path : `${path}?${query(owner.ids)}`;
  const sent = request(ingest.app)[operation.method](asked);
  if (key !== null) sent.set('authorization', `Bearer ${key}`);
  return body === undefined ? sent : sent.send({ ...body(owner.ids, `tag-${calls}`), ...extra });
}

it('covers every operation of the API description, and no other', () => {
  const covered = [PROTECTED, KEYED_BY_URL, PUBLIC].flatMap(Object.keys);
  expect(covered.sort()).toEqual(operations.map(({ operationId }) => operationId).sort());
  expect(protectedOnes.map(({ operationId }) => operationId).sort()).toEqual(Object.keys(PROTECTED).sort());
  const parameters = protectedOnes.flatMap(({ path }) =>
    [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name),
  );
  expect(parameters.filter((name) => !(String(name) in owner.ids))).toEqual([]);
});

describe('an operation that needs a key', () => {
  it.each(protectedOnes.map(asRow))(
    '%s: nobody but its tenant sees or changes anything',
    async (_id, operation) => {
      const before = await fingerprint(owner.workspaceId);
      const refused = [
        await call(operation, null),
        await call(operation, 'ck_unknown'),
        await call(operation, revokedKey),
        await call(operation, operation.scope === 'read' ? lesserKeys.writer : lesserKeys.reader),
      ];
      expect(refused.map(({ status }) => status)).toEqual([401, 401, 401, 403]);
      const answer = await call(operation, stranger.adminKey);
      const after = await fingerprint(owner.workspaceId);
      expect(after.ofWorkspace).toEqual(before.ofWorkspace);
      expectForStranger(operation, answer);
      expect(answer.status < 400 || isDeepStrictEqual(after, before)).toBe(true);
      for (const { text, request: asked } of [...refused, answer]) expectNothingOf(owner, text, asked.url);
    },
  );

  it.each(writing.map(asRow))(
    '%s: nobody raises himself by a field that is not his',
    async (_id, operation) => {
      const extra = Object.fromEntries(
        Object.entries(coveted()).filter(([name]) => !operation.known.includes(name)),
      );
      const before = await fingerprint(stranger.workspaceId);
      const answer = await call(operation, owner.adminKey, extra);
      const after = await fingerprint(stranger.workspaceId);
      expect(after.ofWorkspace).toEqual(before.ofWorkspace);
      expect(answer.status === 200 || isDeepStrictEqual(after, before)).toBe(true);
      expectForExtraFields(operation, answer, Object.keys(extra));
    },
  );

  it.each(protectedOnes.map(asRow))('%s: its owner is answered', async (_id, operation) => {
    const answer = await call(operation, owner.adminKey);
    expect([401, 403, 404]).not.toContain(answer.status);
    expect(answer.status).toBeLessThan(500);
  });
});

/** A report that names our click and player is the stranger's own business: his workspace knows neither. */
function expectForStranger({ path }: Operation, { status, body }: request.Response): void {
  const isReport = !path.startsWith('/v1/');
  expect(isReport ? body.status : 'quarantined').toBe('quarantined');
  expect(path.includes('{') ? status : 404).toBe(404);
  expect(status).toBeLessThan(500);
}

/** Senders of events bring fields of their own, which are kept raw and decide nothing; set-up names what it refuses. */
function expectForExtraFields(
  { path }: Operation,
  { status, body }: request.Response,
  names: string[],
): void {
  expect(status).toBe(path.startsWith('/v1/') ? 400 : 200);
  const refused: string[] = (body.errors ?? []).map((problem: { path: string }) => problem.path);
  expect(path.startsWith('/v1/') ? names.filter((name) => !refused.includes(name)) : []).toEqual([]);
}

/** What somebody would like to be or to have. */
function coveted(): Readonly<Record<string, unknown>> {
  return {
    workspaceId: stranger.workspaceId,
    workspace_id: uuidFromId(stranger.workspaceId),
    scopes: ['admin'],
    role: 'admin',
    commission: { amount: '1000000', currency: 'EUR' },
    isTest: false,
  };
}

describe('an operation whose key stands in the URL', () => {
  const row = ([operationId, urlOf]: [string, (typeof KEYED_BY_URL)[string]]) => {
    const method = operations.find((one) => one.operationId === operationId)?.method;
    return [operationId, method === 'post' ? 'post' : 'get', urlOf] as const;
  };

  it.each(Object.entries(KEYED_BY_URL).map(row))('%s', async (_id, method, urlOf) => {
    const ask = (key: string) => request(ingest.app)[method](urlOf(key, owner.ids));
    const unbound = await newKey('admin');
    const before = await fingerprint(owner.workspaceId);
    for (const key of ['ck_unknown', revokedKey, unbound]) expect((await ask(key)).status).toBe(401);
    expect(await fingerprint(owner.workspaceId)).toEqual(before);
    const theirs = await ask(stranger.sourceKey);
    expect((await fingerprint(owner.workspaceId)).ofWorkspace).toEqual(before.ofWorkspace);
    expect(theirs.status).toBeLessThan(500);
    const own = await ask(owner.sourceKey);
    expect([401, 403, 404]).not.toContain(own.status);
    expect(own.status).toBeLessThan(500);
  });
});

describe('an operation for everybody', () => {
  it.each(Object.entries(PUBLIC))('%s asks for no key and tells nothing', async (_id, pathOf) => {
    const answer = await request(ingest.app).get(pathOf(owner.ids));
    expect([401, 403, 404, 500]).not.toContain(answer.status);
    expectNothingOf(owner, answer.text ?? '');
    for (const secret of owner.secrets) expect(answer.text ?? '').not.toContain(secret);
  });
});

describe('a list', () => {
  const lists = protectedOnes.filter(({ known }) => known.includes('?limit'));

  it.each(lists.map(asRow))('%s is never longer than a thousand', async (_id, operation) => {
    const path = operation.path.replace(/\{(\w+)\}/g, (_all, name: string) => owner.ids[name] ?? '');
    for (const query of ['limit=1001', 'limit=0', 'limit=1e3', 'limit=99999999999999999999', 'cursor=AAAA']) {
      const answer = await request(ingest.app)
        .get(`${path}?${query}`)
        .set('authorization', `Bearer ${owner.adminKey}`);
      expect([query, answer.status]).toEqual([query, 400]);
    }
  });
});

/** What the asker has named himself may be repeated to him. */
function expectNothingOf(tenant: TenantWorld, text: string, asked = ''): void {
  const shown = Object.values(tenant.ids).filter((id) => text.includes(id) && !asked.includes(id));
  expect(shown).toEqual([]);
}

function describedOperations(): Operation[] {
  const document = openApiDocument() as {
    paths: Record<string, Record<string, Described>>;
    components: { schemas: Record<string, { properties?: object }> };
  };
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, { operationId, description, security, parameters, requestBody }]) => {
        const reference = requestBody?.content['application/json']?.schema.$ref ?? '';
        const { properties = {} } = document.components.schemas[reference.split('/').at(-1) ?? ''] ?? {};
        const query = (parameters ?? []).map(({ in: place, name }) => (place === 'query' ? `?${name}` : ''));
        return {
          operationId,
          method: method as Operation['method'],
          path,
          isProtected: security !== undefined,
          scope: (/scope `([^`]+)`/.exec(description ?? '')?.[1] ?? 'read') as Scope,
          known: [...Object.keys(properties), ...query],
        };
      },
    ),
  );
}

type Described = {
  readonly operationId: string;
  readonly description?: string;
  readonly security?: unknown;
  readonly parameters?: readonly { readonly in: string; readonly name: string }[];
  readonly requestBody?: {
    readonly content: Record<string, { readonly schema: { readonly $ref?: string } }>;
  };
};
