import type { Db } from '../db/knex';
import { ensurePartitions } from '../db/partitions';
import { type OverviewQuestion, overviewBindings } from '../db/read-models/overview';
import { overviewSql } from '../db/read-models/overview-sql';
import { recountTraffic } from '../db/stores/traffic-store';
import { type CampaignId, type PartnerId, uuidFromId, type WorkspaceId } from '../domain/ids';
import { DAY_MS, HOUR_MS } from '../domain/time';
import { insertCampaign } from './builders/insert-campaign';
import { insertPartner } from './builders/insert-partner';
import { insertWorkspace, type WorkspaceFixture } from './builders/insert-workspace';
import { rollUpTo } from './overview-checks';

const CHUNK_ROWS = 100_000;

type TrafficGiven = {
  readonly clicks: number;
  readonly days: number;
  /** The end of the last hour; now unless it is given. */
  readonly endMs?: number;
  readonly campaigns?: number;
  /** Each is partner of every campaign. */
  readonly partners?: number;
  /** One of so many clicks registers; a quarter of those deposits. */
  readonly clicksPerRegistration?: number;
};

export type SyntheticTraffic = {
  readonly tenant: WorkspaceFixture;
  readonly campaignIds: readonly CampaignId[];
  readonly partnerIds: readonly PartnerId[];
  readonly fromMs: number;
  readonly toMs: number;
};

/**
 * Clicks spread evenly over days, over campaigns, partners and devices, with registrations and deposits credited to
 * them, made by Postgres itself and counted into the rollups: what reports are measured on. Nothing is settled, so there
 * is no commission. The clicks of a second call come on top.
 */
export async function seedSyntheticTraffic(
  db: Db,
  given: TrafficGiven,
  into?: SyntheticTraffic,
): Promise<SyntheticTraffic> {
  const endMs = Math.floor((given.endMs ?? Date.now()) / HOUR_MS) * HOUR_MS;
  const traffic = into ?? (await openTraffic(db, given, endMs));
  for (let atMs = traffic.fromMs; atMs <= endMs; atMs += 27 * DAY_MS) await ensurePartitions(db, atMs);
  const { rows } = await db.raw<{ rows: { count: bigint }[] }>('SELECT count(*) AS count FROM clicks');
  const first = Number(rows[0]?.count ?? 0n);
  for (let start = 0; start < given.clicks; start += CHUNK_ROWS) {
    const end = Math.min(given.clicks, start + CHUNK_ROWS);
    const bindings = bindingsOf(traffic, given, { first, start, end });
    await db.raw(CLICKS, bindings);
    await db.raw(CONVERSIONS, bindings);
  }
  await db.raw('ANALYZE clicks, conversions, events');
  await recountTraffic(db, traffic.fromMs);
  await rollUpTo(db, endMs + HOUR_MS);
  // Counting again leaves the room of what was there before, which would be measured too.
  for (const table of ['traffic_hours', 'traffic_quarters', 'result_hours', 'result_quarters']) {
    await db.raw('VACUUM (FULL, ANALYZE) ??', [table]);
  }
  return traffic;
}

async function openTraffic(
  db: Db,
  { days, campaigns = 10, partners = 4 }: TrafficGiven,
  toMs: number,
): Promise<SyntheticTraffic> {
  const tenant = await insertWorkspace(db);
  const partnerIds: PartnerId[] = [];
  for (let index = 0; index < partners; index += 1) partnerIds.push(await insertPartner(db, tenant));
  const campaignIds: CampaignId[] = [];
  for (let index = 0; index < campaigns; index += 1) campaignIds.push(await insertCampaign(db, tenant));
  return { tenant, campaignIds, partnerIds, fromMs: toMs - days * DAY_MS, toMs };
}

function bindingsOf(
  { tenant, campaignIds, partnerIds, fromMs, toMs }: SyntheticTraffic,
  { clicks, clicksPerRegistration = 50 }: TrafficGiven,
  { first, start, end }: { first: number; start: number; end: number },
) {
  return {
    workspace: uuidFromId(tenant.workspaceId),
    campaigns: campaignIds.map(uuidFromId),
    partners: partnerIds.map(uuidFromId),
    ...{ fromMs, first, start, end },
    stepMs: (toMs - fromMs) / clicks,
    nth: clicksPerRegistration,
  };
}

/** A v7 key of a moment in milliseconds and a number that no other row has. */
const key = (ms: string, salt: string) =>
  `(lpad(to_hex((${ms})::bigint), 12, '0') || '7' || substr(md5(${salt}), 1, 3) || '8' || substr(md5(${salt}), 4, 15))::uuid`;

const CLICK_ROWS = `
  SELECT i, :first + i AS nr, CAST(:fromMs AS double precision) + i * CAST(:stepMs AS double precision) AS ms,
    (CAST(:campaigns AS uuid[]))[1 + (i * 7919) % cardinality(CAST(:campaigns AS uuid[]))] AS campaign_id,
    (CAST(:partners AS uuid[]))[1 + (i * 104729 / 13) % cardinality(CAST(:partners AS uuid[]))] AS partner_id
  FROM generate_series(CAST(:start AS bigint), CAST(:end AS bigint) - 1) AS s (i)`;

const CLICKS = `
  INSERT INTO clicks (click_id, workspace_id, campaign_id, campaign_version, offer_id, partner_id, visitor_id, clicked_at,
    expires_at, subs, ad_ids, utm, device)
  SELECT ${key('floor(c.ms)', `'click' || c.nr`)}, CAST(:workspace AS uuid), c.campaign_id, 1, v.offer_id, c.partner_id,
    ${key('floor(c.ms)', `'visitor' || c.nr`)}, to_timestamp(floor(c.ms) / 1000), to_timestamp(floor(c.ms) / 1000) + interval '30 days',
    '{}', '{}', '{}', (ARRAY['mobile', 'mobile', 'desktop', 'tablet', NULL])[1 + c.i % 5]
  FROM (${CLICK_ROWS}) AS c
  JOIN campaign_versions AS v ON v.campaign_id = c.campaign_id AND v.version = 1`;

/** A registration a minute after the click, and of each fourth player a deposit after another; in one of five countries. */
const CONVERSIONS = `
  WITH fact AS (
    SELECT c.nr, c.campaign_id, c.partner_id, floor(c.ms) AS click_ms, k.kind, floor(c.ms) + k.after_ms AS ms,
      ${key('floor(c.ms)', `'click' || c.nr`)} AS click_id, ${key('floor(c.ms) + k.after_ms', `k.kind || c.nr`)} AS id,
      ${key('floor(c.ms)', `'player' || c.nr`)} AS player_id
    FROM (${CLICK_ROWS}) AS c
    JOIN (VALUES ('registration', 60000, 1), ('deposit', 120000, 4)) AS k (kind, after_ms, of_players)
      ON c.nr % (CAST(:nth AS bigint) * k.of_players) = 0
  ), place AS (
    SELECT w.workspace_id, b.brand_id, s.source_id FROM workspaces AS w
    JOIN brands AS b ON b.workspace_id = w.workspace_id AND b.is_default
    JOIN sources AS s ON s.brand_id = b.brand_id AND s.kind = 'api'
    WHERE w.workspace_id = CAST(:workspace AS uuid)
  ), player AS (
    INSERT INTO players (player_id, workspace_id, brand_id, external_id, created_at)
    SELECT f.player_id, p.workspace_id, p.brand_id, 'p' || f.nr, to_timestamp(f.ms / 1000) FROM fact AS f, place AS p
    WHERE f.kind = 'registration'
  ), receipt AS (
    INSERT INTO inbox (event_id, workspace_id, brand_id, event_key, body_hash, received_at)
    SELECT f.id, p.workspace_id, p.brand_id, f.kind || f.nr, '', to_timestamp(f.ms / 1000) FROM fact AS f, place AS p
  ), event AS (
    INSERT INTO events (event_id, workspace_id, brand_id, source_id, kind, trust, sender_event_id, transaction_key, status,
      click_ref, click_id, click_was_known, player_id, amount_minor, currency, occurred_at, occurred_at_source, received_at,
      attributes, handled_at)
    SELECT f.id, p.workspace_id, p.brand_id, p.source_id, f.kind, 'keyed', f.kind || f.nr, f.kind || f.nr,
      CASE f.kind WHEN 'deposit' THEN 'confirmed' END, 'c' || f.nr, f.click_id, true, f.player_id,
      CASE f.kind WHEN 'deposit' THEN 5000 END, CASE f.kind WHEN 'deposit' THEN 'EUR' END, to_timestamp(f.ms / 1000),
      'sender', to_timestamp(f.ms / 1000),
      jsonb_build_object('country', (ARRAY['DE', 'FR', 'IT', 'ES', 'PL'])[1 + f.nr % 5]), now()
    FROM fact AS f, place AS p
  ), conversion AS (
    INSERT INTO conversions (conversion_id, workspace_id, brand_id, kind, transaction_key, revision, event_id, player_id,
      click_id, campaign_id, status, is_first_deposit, occurred_at, amount_minor, currency, attribution_model, inputs_hash,
      created_at, updated_at)
    SELECT f.id, p.workspace_id, p.brand_id, f.kind, f.kind || f.nr, 1, f.id, f.player_id, f.click_id, f.campaign_id,
      'approved', f.kind = 'deposit', to_timestamp(f.ms / 1000), CASE f.kind WHEN 'deposit' THEN 5000 END,
      CASE f.kind WHEN 'deposit' THEN 'EUR' END, 'last_touch', '', now(), now()
    FROM fact AS f, place AS p
  )
  INSERT INTO attribution_credits (conversion_id, touch_kind, touch_id, partner_id, weight_ppm, amount_minor)
  SELECT f.id, 'click', f.click_id, f.partner_id, 1000000, CASE f.kind WHEN 'deposit' THEN 5000 END FROM fact AS f`;

/** Pages of 8 kB that the statement of an overview touches, in memory or not. */
export async function buffersOfOverview(
  db: Db,
  workspaceId: WorkspaceId,
  question: OverviewQuestion,
): Promise<number> {
  const { bindings, rollup } = await overviewBindings(db, workspaceId, question);
  const { rows } = await db.raw<{ rows: { 'QUERY PLAN': [{ Plan: PlanBuffers }] }[] }>(
    `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${overviewSql(question.groupBy, rollup)}`,
    bindings,
  );
  const plan = rows[0]?.['QUERY PLAN'][0].Plan;
  return (plan?.['Shared Hit Blocks'] ?? 0) + (plan?.['Shared Read Blocks'] ?? 0);
}

type PlanBuffers = { 'Shared Hit Blocks': number; 'Shared Read Blocks': number };
