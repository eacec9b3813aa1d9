import { randomUUID } from 'node:crypto';
import request from 'supertest';
import { createApp } from '../../api/app';
import { openApiDocument } from '../../api/openapi';
import { createDb, type Db } from '../../db/knex';
import { type ClickId, idFromUuid, uuidFromId } from '../../domain/ids';
import { HOUR_MS } from '../../domain/time';
import { insertApiKey } from '../builders/insert-api-key';
import { insertDeskRows } from '../builders/insert-desk-rows';
import { insertPartner } from '../builders/insert-partner';
import { insertWorkspace } from '../builders/insert-workspace';
import { recordTestImpression } from '../builders/record-test-impression';
import { type IngestFixture, startIngest } from '../ingest-fixture';
import { multiplyRows } from '../neighbour-rows';
import { rollUpTo } from '../overview-checks';
import { costOf, type PlanCost, type SentStatement } from '../plan-cost';
import { READ_CALLS } from './read-calls';
import { buildTenant, type TenantWorld } from './tenant-world';

/**
 * What the questions of a small tenant and of an empty one cost beside a neighbour with much of everything. Counted in
 * pages and rows that the statements look at: they may not be more because of the neighbour.
 */

const COPIES = 4_000;
/** Rows of others that a statement may meet at the ends of its own, or when a table of few is read from its beginning. */
const ROWS_ALLOWED = 20;
/** Indexes of large tables have a level or two more, and there is one for each partition. */
const allowedBuffers = (before: number) => 3 * before + 60;

type Operation = { readonly operationId: string; readonly path: string };
const operations = readOperations();
const asked = operations.flatMap(({ operationId, path }) =>
  (READ_CALLS[operationId] ?? []).map((query) => ({ name: `${operationId} ${query}`, path, query })),
);

let ingest: IngestFixture;
let readDb: Db;
let sent: SentStatement[];
let elsewhere: string[];
let small: TenantWorld;
let emptyKey: string;
let stayedSmall: string[];
let before: ReadonlyMap<string, PlanCost>;
let after: ReadonlyMap<string, PlanCost>;

beforeAll(async () => {
  ingest = await startIngest();
  const { db, url } = ingest.testDb;
  readDb = createDb(url, { applicationName: 'reads', poolMax: 4 });
  small = await buildTenant(ingest.app, db, 'small');
  const neighbour = await buildTenant(ingest.app, db, 'neighbour');
  for (const tenant of [small, neighbour]) await addWhatNobodyAsksFor(db, tenant);
  emptyKey = await insertApiKey(db, await insertWorkspace(db));
  await rollUpTo(db, Date.now() - HOUR_MS);
  [sent, elsewhere] = [[], []];
  readDb.on('query', (query: SentStatement) => sent.push(query));
  db.on('query', ({ sql }: SentStatement) => elsewhere.push(sql));
  await db.raw('ANALYZE');
  before = await costOfAll();
  const multiplied = await multiplyRows(db, neighbour.workspaceId, COPIES);
  stayedSmall = LARGE_TABLES.filter((table) => !multiplied.includes(table));
  after = await costOfAll();
}, 240_000);
afterAll(async () => {
  await readDb.destroy();
  await ingest.stop();
});

/** Rows of the tables that a tenant's world has none in, because no operation names them by an id. */
async function addWhatNobodyAsksFor(db: Db, { workspaceId, ids }: TenantWorld): Promise<void> {
  const uuid = (name: string) => uuidFromId(ids[name] as ClickId);
  const click = await db('clicks').where('click_id', uuid('clickId')).first('campaign_id', 'visitor_id');
  const campaignId = idFromUuid('cmp', click.campaign_id);
  const visitorId = idFromUuid('vis', click.visitor_id);
  await recordTestImpression(db, { workspaceId, campaignId, visitorId, shownAtMs: Date.now() });
  await insertDeskRows(db, uuidFromId(workspaceId));
  await db('contested_touches').insert({
    workspace_id: uuidFromId(workspaceId),
    player_id: uuid('playerId'),
    challenger_click_id: uuid('clickId'),
    challenger_partner_id: uuid('partnerId'),
    protected_click_id: uuid('clickId'),
    protected_partner_id: uuidFromId(await insertPartner(db, { workspaceId })),
    gap_ms: 1,
    is_refused: false,
    reason: 'overwritten_before_registration',
  });
  await db('losing_touches').insert({
    conversion_id: uuid('conversionId'),
    touch_kind: 'click',
    touch_id: randomUUID(),
    reason: 'assisted',
  });
}

/** Those that a workspace fills by working; the test would say nothing if one of them stayed small. */
const LARGE_TABLES = [
  ...['clicks', 'impressions', 'events', 'inbox', 'conversions', 'players', 'verdicts', 'audit'],
  ...[
    'attribution_credits',
    'commission_lines',
    'ledger_entries',
    'ledger_journals',
    'postbacks',
    'quarantine',
  ],
  ...['campaigns', 'partners', 'offers', 'deals', 'costs', 'fx_rates', 'goals', 'scenarios', 'payouts'],
];

async function costOfAll(): Promise<ReadonlyMap<string, PlanCost>> {
  const app = createApp({ ...ingest.deps, readDb });
  const costs = new Map<string, PlanCost>();
  for (const [who, key] of [
    ['small', small.adminKey],
    ['empty', emptyKey],
  ] as const) {
    for (const { name, path, query } of asked) {
      if (who === 'empty' && path.includes('{')) continue;
      [sent, elsewhere] = [[], []];
      const url = withIds(query === '' ? path : `${path}?${query}`);
      const answer = await request(app).get(url).set('authorization', `Bearer ${key}`);
      if (answer.status !== 200 && who === 'small') throw new Error(`GET ${url}: ${answer.text}`);
      if (elsewhere.length > 0) throw new Error(`GET ${url} used other connections: ${elsewhere.join('; ')}`);
      const statements = sent.filter(({ sql }) => /^\s*(?:SELECT|WITH|\(SELECT)/i.test(sql));
      costs.set(`${who}: ${name}`, await costOf(ingest.testDb.url, statements));
    }
  }
  return costs;
}

const withIds = (text: string) =>
  text.replace(/\{(\w+)\}/g, (_all, name: string) => small.ids[name] ?? 'unknown');

it('has a line for every operation that reads, and for no other', () => {
  expect(Object.keys(READ_CALLS).sort()).toEqual(operations.map(({ operationId }) => operationId).sort());
});

it('has a neighbour with much of everything', () => {
  expect(stayedSmall).toEqual([]);
});

it('no question looks at more rows because a neighbour has many', () => {
  const dearer = [...after].flatMap(([name, { rows }]) => {
    const known = before.get(name)?.rows ?? 0;
    return rows > known + ROWS_ALLOWED ? [`${name}: ${rows} rows instead of ${known}`] : [];
  });
  expect(dearer).toEqual([]);
});

it('no question touches many more pages because a neighbour has many rows', () => {
  const dearer = [...after].flatMap(([name, { buffers }]) => {
    const known = before.get(name)?.buffers ?? 0;
    return buffers > allowedBuffers(known) ? [`${name}: ${buffers} pages instead of ${known}`] : [];
  });
  expect(dearer).toEqual([]);
});

function readOperations(): Operation[] {
  const document = openApiDocument() as {
    paths: Record<string, Record<string, { operationId: string; security?: unknown }>>;
  };
  return Object.entries(document.paths).flatMap(([path, { get }]) =>
    get?.security === undefined ? [] : [{ operationId: get.operationId, path }],
  );
}
