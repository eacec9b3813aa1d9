import request from 'supertest';
import { insertApiKey } from '../../testing/builders/insert-api-key';
import { insertAudit } from '../../testing/builders/insert-audit';
import { type ChainFixture, insertChain } from '../../testing/builders/insert-chain';
import { insertEvent, insertQuarantine } from '../../testing/builders/insert-event';
import { type ReadsFixture, startReads, type Tenant } from '../../testing/reads-fixture';

let reads: ReadsFixture;
let tenant: Tenant;
let chains: ChainFixture[];

const CHAINS = 5;

beforeAll(async () => {
  reads = await startReads();
  tenant = reads.tenant;
  chains = [];
  for (let n = 0; n < CHAINS; n += 1) {
    const clickedAtMs = reads.clock.nowMs() - 600_000 + n;
    chains.push(await insertChain(reads.db, tenant, { clickedAtMs, externalId: `casino-${n}` }));
    const eventId = await insertEvent(reads.db, { ...tenant, kind: 'install' });
    await insertQuarantine(reads.db, { ...tenant, eventId });
    await insertAudit(reads.db, { ...tenant, subject: `thing-${n}` });
  }
});

afterAll(() => reads.stop());

/** Every list with the field that identifies a row and how many rows the set-up above gives it. */
const LISTS = [
  { path: '/v1/clicks', idField: 'clickId', rows: CHAINS },
  { path: '/v1/conversions', idField: 'conversionId', rows: 2 * CHAINS },
  { path: '/v1/postbacks', idField: 'postbackId', rows: CHAINS },
  { path: '/v1/quarantine', idField: 'id', rows: CHAINS },
  { path: '/v1/ledger/entries', idField: 'entryId', rows: 2 * CHAINS },
  { path: '/v1/audit', idField: 'auditId', rows: 3 * CHAINS },
];

describe.each(LISTS)('GET $path', ({ path, idField, rows }) => {
  it('is walked through by cursor, each row exactly once', async () => {
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const after: string = cursor === null ? '' : `&cursor=${cursor}`;
      const { body, status } = await tenant.get(`${path}?limit=2${after}`);
      expect(status).toBe(200);
      expect(body.data.length).toBeLessThanOrEqual(2);
      seen.push(...body.data.map((row: Record<string, string>) => row[idField]));
      cursor = body.nextCursor;
    } while (cursor !== null);
    expect(seen).toHaveLength(rows);
    expect(new Set(seen).size).toBe(rows);
  });

  it('shows a stranger nothing', async () => {
    const { body, status } = await reads.stranger.get(path);
    expect({ status, body }).toEqual({ status: 200, body: { data: [], nextCursor: null } });
  });

  it('costs the same statements for one row as for all', async () => {
    const one = await reads.countStatements(() => tenant.get(`${path}?limit=1`));
    const all = await reads.countStatements(() => tenant.get(path));
    // One to authenticate, one to read.
    expect([one, all]).toEqual([2, 2]);
  });

  it.each(['limit=0', 'limit=1001', 'limit=x', 'cursor=bm9uZQ', 'unknown=1', 'limit=1&limit=2'])(
    'refuses ?%s',
    async (query) => {
      const { body, status } = await tenant.get(`${path}?${query}`);
      expect({ status, code: body.code, path: body.errors[0].path }).toEqual({
        status: 400,
        code: 'invalid_request',
        path: query.split('=')[0],
      });
    },
  );
});

const chain = (): ChainFixture => chains[0] as ChainFixture;

const SINGLES: readonly [name: string, path: () => string][] = [
  ['a click', () => `/v1/clicks/${chain().clickId}`],
  ['a conversion', () => `/v1/conversions/${chain().depositId}`],
  ['a player by our id', () => `/v1/players/${chain().playerId}`],
  ['a player by the casino’s id', () => `/v1/players/${chain().externalId}`],
  ['a postback', () => `/v1/postbacks/${chain().postbackId}`],
];

describe.each(SINGLES)('%s', (_name, path) => {
  it('is shown to its workspace and is 404 for another', async () => {
    expect((await tenant.get(path())).status).toBe(200);
    const { body, status } = await reads.stranger.get(path());
    expect({ status, code: body.code }).toEqual({ status: 404, code: 'not_found' });
  });
});

it.each(['/v1/clicks/x', '/v1/conversions/cnv_', '/v1/postbacks/1', '/v1/players/nobody', '/v1/players/%00'])(
  'answers 404 for %s',
  async (path) => {
    expect((await tenant.get(path)).status).toBe(404);
  },
);

it.each([
  'clickId=x',
  'campaignId=clk_1',
  'status=lost',
  'from=yesterday',
  'to=2026-01-01T00:00:00',
  'playerId=',
])('refuses conversions ?%s and names the parameter', async (query) => {
  const { body, status } = await tenant.get(`/v1/conversions?${query}`);
  expect({ status, path: body.errors[0].path }).toEqual({ status: 400, path: query.split('=')[0] });
});

describe('access', () => {
  const paths = [...LISTS.map(({ path }) => path), '/v1/ledger/trial-balance', '/v1/players/casino-0'];

  it.each(paths)('%s needs a key with the scope read', async (path) => {
    const writeOnly = await insertApiKey(reads.db, { ...tenant, scopes: ['events:write', 'setup:write'] });
    const readOnly = await insertApiKey(reads.db, { ...tenant, scopes: ['read'] });
    const ask = (key: string) => request(reads.app).get(path).set('authorization', `Bearer ${key}`);
    expect((await request(reads.app).get(path)).status).toBe(401);
    expect((await ask(writeOnly)).status).toBe(403);
    expect((await ask(readOnly)).status).toBe(200);
  });
});
