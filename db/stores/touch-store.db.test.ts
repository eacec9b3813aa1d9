import { Client } from 'pg';
import { type ClickId, uuidFromId, type VisitorId } from '../../domain/ids';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../domain/time';
import { insertCampaign } from '../../testing/builders/insert-campaign';
import { insertWorkspace, type WorkspaceFixture } from '../../testing/builders/insert-workspace';
import { recordTestClick } from '../../testing/builders/record-test-click';
import { recordTestImpression } from '../../testing/builders/record-test-impression';
import { createTestDb, type TestDb } from '../../testing/test-db';
import type { Db } from '../knex';
import { mintId } from '../mint-id';
import { ensurePartitions } from '../partitions';
import { loadTouches } from './touch-store';

const OTHERS = 100_000;
const nowMs = Date.now();
/** A touch costs a handful of index pages in each of four months; the tables have thousands. */
const MAX_BUFFERS = 800;

let testDb: TestDb;
let db: Db;
let tenant: WorkspaceFixture;
let visitorId: VisitorId;
let clicks: ClickId[];

beforeAll(async () => {
  testDb = await createTestDb();
  db = testDb.db;
  await ensurePartitions(db, nowMs - 85 * DAY_MS);
  tenant = await insertWorkspace(db);
  const campaignId = await insertCampaign(db, tenant);
  visitorId = mintId('vis', nowMs);
  await insertStrangers(campaignId);
  clicks = [];
  for (const days of [80, 40, 10, 1]) {
    const atMs = nowMs - days * DAY_MS;
    const of = { ...tenant, campaignId, visitorId };
    clicks.push(await recordTestClick(db, { ...of, clickedAtMs: atMs }));
    await recordTestImpression(db, { ...of, shownAtMs: atMs + HOUR_MS, viewableAtMs: atMs + HOUR_MS });
  }
  await db.raw('ANALYZE clicks, impressions, verdicts, campaign_versions');
}, 120_000);
afterAll(() => testDb.drop());

/** One click, verdict and seen impression of each of very many other visitors, spread over eighty days. */
async function insertStrangers(campaignId: Parameters<typeof uuidFromId>[0]): Promise<void> {
  const version = await db('campaign_versions')
    .where('campaign_id', uuidFromId(campaignId))
    .first('offer_id');
  const given = { workspace: uuidFromId(tenant.workspaceId), campaign: uuidFromId(campaignId) };
  const binds = { ...given, offer: version.offer_id, others: OTHERS, now: nowMs, span: 80 * DAY_MS };
  const key = `(lpad(to_hex(CAST(:now AS bigint) - n * CAST(:span AS bigint) / :others), 12, '0')
    || '7000' || left(md5(n::text), 16))::uuid`;
  const at = `to_timestamp((CAST(:now AS bigint) - n * CAST(:span AS bigint) / :others) / 1000.0)`;
  const shared = 'workspace_id, campaign_id, campaign_version, offer_id, visitor_id, subs';
  const values = `CAST(:workspace AS uuid), CAST(:campaign AS uuid), 1, CAST(:offer AS uuid), md5('v' || n)::uuid, '{}'`;
  const from = 'FROM generate_series(1, :others) AS n';
  await db.raw(
    `INSERT INTO clicks (click_id, ${shared}, clicked_at, expires_at, ad_ids, utm)
     SELECT ${key}, ${values}, ${at}, ${at} + interval '30 days', '{}', '{}' ${from}`,
    binds,
  );
  await db.raw(
    `INSERT INTO impressions (impression_id, ${shared}, shown_at, viewable_at)
     SELECT ${key}, ${values}, ${at}, ${at} ${from}`,
    binds,
  );
  await db.raw(
    `INSERT INTO verdicts (subject_kind, subject_id, workspace_id, rules_version, outcome, score, reasons, decided_at)
     SELECT 'click', click_id, workspace_id, 1, 'allow', 0, '[]', clicked_at FROM clicks`,
  );
}

type Plan = {
  'Node Type': string;
  'Relation Name'?: string;
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  Plans?: Plan[];
};

/** The plans of the statements that the work sends, as Postgres ran them. */
async function plansOf(work: () => Promise<unknown>): Promise<Plan[]> {
  const statements: { sql: string; bindings: unknown[] }[] = [];
  const note = (statement: { sql: string; bindings: unknown[] }): void => {
    statements.push(statement);
  };
  db.on('query', note);
  await work();
  db.removeListener('query', note);
  const client = new Client({ connectionString: testDb.url });
  await client.connect();
  try {
    const plans: Plan[] = [];
    for (const { sql, bindings } of statements) {
      const { rows } = await client.query(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${sql}`, bindings);
      plans.push(rows[0]['QUERY PLAN'][0].Plan);
    }
    return plans;
  } finally {
    await client.end();
  }
}

function nodesOf(plan: Plan): Plan[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
}

/** By a scan of a whole table: of a month without clicks that is the cheapest way, and costs nothing. */
function rowsRead(node: Plan): number {
  return (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'];
}

it.each([
  ['one event', [nowMs]],
  ['several events', [nowMs, nowMs - 5 * DAY_MS, nowMs - 30 * DAY_MS]],
])('reads a visitor’s touches among very many others’ by index: %s', async (_what, times) => {
  const [first = clicks[0]] = clicks;
  if (first === undefined) throw new Error('no click');
  const plans = await plansOf(() => loadTouches(db, tenant.workspaceId, [first], times));
  expect(plans).toHaveLength(2);
  for (const plan of plans) {
    const wholeTables = nodesOf(plan).filter(
      (node) => node['Node Type'] === 'Seq Scan' && rowsRead(node) > 100,
    );
    expect(wholeTables.map((node) => node['Relation Name'])).toEqual([]);
    expect(plan['Shared Hit Blocks'] + plan['Shared Read Blocks']).toBeLessThan(MAX_BUFFERS);
  }
});

it('finds what the visitor clicked and saw before each of the times, once', async () => {
  const [oldest, , , latest] = clicks;
  if (oldest === undefined || latest === undefined) throw new Error('no clicks');
  const load = (...times: number[]) => loadTouches(db, tenant.workspaceId, [oldest], times);
  const all = await load(nowMs, nowMs - 5 * DAY_MS);
  expect([...all.clicks.keys()].sort()).toEqual([...clicks].sort());
  expect(new Set(all.views.map(({ impressionId }) => impressionId)).size).toBe(all.views.length);
  expect(all.views.map(({ viewedAtMs }) => viewedAtMs)).toEqual([nowMs - DAY_MS + HOUR_MS]);
  const before = await load(nowMs - 5 * DAY_MS);
  expect(before.clicks.has(latest)).toBe(false);
  expect(before.clicks.size).toBe(3);
  expect(all.clicks.get(latest)).toMatchObject({ visitorId, clickedAtMs: nowMs - DAY_MS, outcome: 'allow' });
});

it('finds nothing of another workspace, and nothing without a named click', async () => {
  const stranger = await insertWorkspace(db);
  const nothing = { clicks: new Map(), views: [] };
  expect(await loadTouches(db, stranger.workspaceId, clicks, [nowMs])).toEqual(nothing);
  expect(await loadTouches(db, tenant.workspaceId, [], [nowMs])).toEqual(nothing);
  expect(await loadTouches(db, tenant.workspaceId, [mintId('clk', nowMs - MINUTE_MS)], [nowMs])).toEqual(
    nothing,
  );
});
