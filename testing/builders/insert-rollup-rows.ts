import type { Db } from '../../db/knex';

/** A row in each rollup, of a campaign of the workspace. */
export async function insertRollupRows(db: Db, workspaceId: string): Promise<void> {
  const own = { workspace_id: workspaceId };
  const { campaign_id } = await db('campaigns').where(own).first('campaign_id');
  const at = '2026-11-21T00:00:00Z';
  const traffic = { ...own, campaign_id, clicks: 1, impressions: 0 };
  await db('traffic_quarters').insert({ ...traffic, quarter_at: at });
  await db('traffic_hours').insert({ ...traffic, hour_at: at });
  const results = {
    ...{ ...own, campaign_id, currency: 'EUR' },
    ...{ blocked_clicks: 0, review_clicks: 0, installs_ppm: 0, registrations_ppm: 0 },
    ...{ deposits_ppm: 1_000_000, first_deposits_ppm: 0, deposit_minor: 5, commission_minor: 0 },
  };
  await db('result_quarters').insert({ ...results, quarter_at: at });
  await db('result_hours').insert({ ...results, hour_at: at, dimension: 'campaign' });
}
