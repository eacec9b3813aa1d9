import { afterStep, nextStep, type Progress, type RollupStep } from '../../domain/rollup/next-step';
import type { Db } from '../knex';
import { lowestUuidAt } from '../partitions';

/** SQL: clicks and impressions of a range of keys, counted. Tests are no traffic. Binds :fromUuid and :toUuid. */
const COUNTED = `
  SELECT workspace_id, campaign_id, partner_id, device, sum(clicks)::bigint AS clicks,
    sum(impressions)::bigint AS impressions
  FROM (
    SELECT workspace_id, campaign_id, partner_id, device, count(*) AS clicks, 0 AS impressions FROM clicks
    WHERE click_id >= :fromUuid AND click_id < :toUuid AND NOT is_test
    GROUP BY 1, 2, 3, 4
    UNION ALL
    SELECT workspace_id, campaign_id, partner_id, device, 0, count(*) FROM impressions
    WHERE impression_id >= :fromUuid AND impression_id < :toUuid
    GROUP BY 1, 2, 3, 4
  ) AS parts
  GROUP BY 1, 2, 3, 4`;

const COLUMNS = 'workspace_id, quarter_at, campaign_id, partner_id, device, clicks, impressions';
const KEY = 'workspace_id, quarter_at, campaign_id, partner_id, device';

/** Adds a piece of a quarter to what is counted of it. */
const FOLD = `
  INSERT INTO traffic_quarters AS t (${COLUMNS})
  SELECT c.workspace_id, quarter_of(CAST(:fromAt AS timestamptz)), c.campaign_id, c.partner_id, c.device, c.clicks, c.impressions
  FROM (${COUNTED}) AS c
  ON CONFLICT (${KEY}) DO UPDATE SET clicks = t.clicks + excluded.clicks, impressions = t.impressions + excluded.impressions`;

/** Counts a whole quarter anew. What was counted before it can only be less: clicks are never taken away. */
const CLOSE = `
  INSERT INTO traffic_quarters AS t (${COLUMNS})
  SELECT c.workspace_id, CAST(:fromAt AS timestamptz), c.campaign_id, c.partner_id, c.device, c.clicks, c.impressions
  FROM (${COUNTED}) AS c
  ON CONFLICT (${KEY}) DO UPDATE SET clicks = excluded.clicks, impressions = excluded.impressions
  WHERE (t.clicks, t.impressions) <> (excluded.clicks, excluded.impressions)`;

/** An hour is its four quarters. Each workspace is looked up, because the key begins with it. */
const CLOSE_HOUR = `
  INSERT INTO traffic_hours AS t (workspace_id, hour_at, campaign_id, partner_id, device, clicks, impressions)
  SELECT q.workspace_id, CAST(:toAt AS timestamptz) - interval '1 hour', q.campaign_id, q.partner_id, q.device, sum(q.clicks),
    sum(q.impressions)
  FROM workspaces AS w
  JOIN traffic_quarters AS q ON q.workspace_id = w.workspace_id AND q.quarter_at >= CAST(:toAt AS timestamptz) - interval '1 hour'
    AND q.quarter_at < :toAt
  GROUP BY q.workspace_id, q.campaign_id, q.partner_id, q.device
  ON CONFLICT (workspace_id, hour_at, campaign_id, partner_id, device)
    DO UPDATE SET clicks = excluded.clicks, impressions = excluded.impressions`;

/**
 * Takes the progress for this transaction; null while another process counts, which then does all there is to do.
 * Whoever holds it also writes results, so no two processes write the same rows.
 */
export async function takeProgress(trx: Db): Promise<Progress | null> {
  const row = await trx('rollup_progress')
    .forUpdate()
    .skipLocked()
    .first<{ folded_until: Date; closed_until: Date } | undefined>();
  if (row === undefined) return null;
  return { foldedMs: row.folded_until.getTime(), closedMs: row.closed_until.getTime() };
}

/** Counts the next piece of traffic, with the progress in the same transaction; null when there is none, or no turn. */
export async function countTraffic(db: Db, nowMs: number): Promise<RollupStep | null> {
  return db.transaction(async (trx) => {
    const progress = await takeProgress(trx);
    const step = progress === null ? null : nextStep(progress, nowMs);
    if (progress === null || step === null) return null;
    const bindings = {
      ...{ fromUuid: lowestUuidAt(step.fromMs), toUuid: lowestUuidAt(step.toMs) },
      ...{ fromAt: new Date(step.fromMs), toAt: new Date(step.toMs) },
    };
    if (step.kind === 'fold') {
      await trx.raw(FOLD, bindings);
    } else {
      await trx.raw(CLOSE, bindings);
      if (step.endsHour) await trx.raw(CLOSE_HOUR, bindings);
    }
    await saveProgress(trx, afterStep(progress, step));
    return step;
  });
}

/** Counts everything from a moment on again, as if it had never been counted. For what was recorded behind its back. */
export async function recountTraffic(db: Db, fromMs: number): Promise<void> {
  await db.transaction(async (trx) => {
    await trx('rollup_progress').forUpdate();
    const hour = new Date(fromMs);
    hour.setUTCMinutes(0, 0, 0);
    await trx('traffic_quarters').where('quarter_at', '>=', hour).delete();
    await trx('traffic_hours').where('hour_at', '>=', hour).delete();
    await saveProgress(trx, { foldedMs: hour.getTime(), closedMs: hour.getTime() });
  });
}

async function saveProgress(trx: Db, { foldedMs, closedMs }: Progress): Promise<void> {
  await trx('rollup_progress').update({
    folded_until: new Date(foldedMs),
    closed_until: new Date(closedMs),
  });
}
