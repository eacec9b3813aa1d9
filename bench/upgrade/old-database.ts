import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDb, type Db } from '../../db/knex';
import { applyMigrations } from '../../db/migrate';
import { MIGRATIONS } from '../../db/migrations';
import { ensurePartitions } from '../../db/partitions';
import { idFromUuid } from '../../domain/ids';
import { ensureDatabase, startPostgres } from '../../embedded/postgres/server';
import { seedSyntheticRows } from '../reports/seed-synthetic-traffic';

/** The last schema that was released before migrations were applied beside traffic. */
const OLD_SCHEMA = '022';
const DAYS = 30;
/** Filling millions of rows takes its time. */
const STATEMENT_TIMEOUT_MS = 3_600_000;

export type OldDatabase = { readonly url: string; readonly db: Db; readonly place: Place };

/** What a click names; UUIDs. */
export type Place = { readonly workspace: string; readonly campaign: string; readonly offer: string };

/** A Postgres of its own with a database as an earlier version has left it, full of clicks; removed after `work`. */
export async function withOldDatabase<T>(clicks: number, work: (old: OldDatabase) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'clickchain-upgrade-'));
  // The user that runs Postgres for root has to pass through.
  chmodSync(folder, 0o711);
  const dataDir = join(folder, 'data');
  mkdirSync(dataDir, { mode: 0o755 });
  try {
    const server = await startPostgres({ dataDir, logFile: join(dataDir, 'postgres.log') });
    try {
      await ensureDatabase(server, 'old');
      const url = server.url('old');
      const db = createDb(url, {
        ...{ applicationName: 'bench-upgrade', poolMax: 4, statementTimeoutMs: STATEMENT_TIMEOUT_MS },
      });
      try {
        return await work({ url, db, place: await fill(url, db, clicks) });
      } finally {
        await db.destroy();
      }
    } finally {
      await server.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function fill(url: string, db: Db, clicks: number): Promise<Place> {
  await applyMigrations(
    url,
    MIGRATIONS.filter(([name]) => name <= `${OLD_SCHEMA}_~`),
  );
  await ensurePartitions(db, Date.now());
  const { rows } = await db.raw<{ rows: [Place & { partner: string }] }>(SET_UP);
  const [{ partner, ...place }] = rows;
  const stage = {
    campaignId: idFromUuid('cmp', place.campaign),
    offerId: idFromUuid('off', place.offer),
    partnerId: idFromUuid('ptn', partner),
  };
  await seedSyntheticRows(db, {
    ...{ workspaceUuid: place.workspace, stages: [stage], clicks, part: 0, days: DAYS },
  });
  await db.raw(RESULTS);
  return place;
}

/** By hand, because the stores write the newest schema. */
const SET_UP = `
  WITH workspace AS (
    INSERT INTO workspaces (workspace_id, name, created_at) VALUES (gen_random_uuid(), 'old', now()) RETURNING workspace_id
  ), brand AS (
    INSERT INTO brands (brand_id, workspace_id, name, is_default, created_at)
    SELECT gen_random_uuid(), workspace_id, 'default', true, now() FROM workspace RETURNING *
  ), source AS (
    INSERT INTO sources (source_id, workspace_id, brand_id, name, kind, created_at)
    SELECT gen_random_uuid(), workspace_id, brand_id, 'api', 'api', now() FROM brand
  ), offer AS (
    INSERT INTO offers (offer_id, workspace_id, name, landing_url, created_at)
    SELECT gen_random_uuid(), workspace_id, 'old', 'https://casino.example/', now() FROM workspace RETURNING *
  ), partner AS (
    INSERT INTO partners (partner_id, workspace_id, name, code, created_at)
    SELECT gen_random_uuid(), workspace_id, 'old', 'old', now() FROM workspace RETURNING *
  ), campaign AS (
    INSERT INTO campaigns (campaign_id, workspace_id, slug, current_version, created_at)
    SELECT gen_random_uuid(), workspace_id, 'old', 1, now() FROM workspace RETURNING *
  ), version AS (
    INSERT INTO campaign_versions (campaign_id, version, name, offer_id, attribution_model, click_window_days, on_outage,
      status, created_at)
    SELECT campaign_id, 1, 'old', offer_id, 'last_touch', 30, 'refuse', 'active', now() FROM campaign, offer
  )
  SELECT w.workspace_id AS workspace, c.campaign_id AS campaign, o.offer_id AS offer, p.partner_id AS partner
  FROM workspace AS w, campaign AS c, offer AS o, partner AS p`;

/** What migration 023 adds up. */
const RESULTS = `
  INSERT INTO result_quarters (workspace_id, quarter_at, campaign_id, currency, blocked_clicks, review_clicks, installs_ppm,
    registrations_ppm, deposits_ppm, first_deposits_ppm, deposit_minor, commission_minor)
  SELECT workspace_id, quarter_of(occurred_at), campaign_id, currency, 0, 0, 0,
    1000000 * count(*) FILTER (WHERE kind = 'registration'), 1000000 * count(*) FILTER (WHERE kind = 'deposit'),
    1000000 * count(*) FILTER (WHERE kind = 'deposit'), coalesce(sum(amount_minor), 0), 0
  FROM conversions GROUP BY workspace_id, quarter_of(occurred_at), campaign_id, currency`;
