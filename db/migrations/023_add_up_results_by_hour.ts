import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    -- Results of whole hours, added up three times: by campaign and partner, by country, and by device. A cell of all of
    -- them together holds a single conversion mostly, so an overview read as many rows as there are conversions.
    CREATE TABLE result_hours (
      workspace_id uuid NOT NULL,
      dimension text NOT NULL,
      hour_at timestamptz NOT NULL,
      campaign_id uuid,
      partner_id uuid,
      -- The country or the device.
      value text,
      currency text,
      blocked_clicks bigint NOT NULL,
      review_clicks bigint NOT NULL,
      installs_ppm bigint NOT NULL,
      registrations_ppm bigint NOT NULL,
      deposits_ppm bigint NOT NULL,
      first_deposits_ppm bigint NOT NULL,
      deposit_minor numeric NOT NULL,
      commission_minor numeric NOT NULL,
      -- Overviews of a workspace by one dimension over a range of time; and one row for all that share everything.
      CONSTRAINT result_hours_key UNIQUE NULLS NOT DISTINCT
        (workspace_id, dimension, hour_at, campaign_id, partner_id, value, currency),
      CONSTRAINT result_hours_dimension_check CHECK (dimension IN ('campaign', 'country', 'device')),
      CONSTRAINT result_hours_value_check CHECK (
        CASE dimension WHEN 'campaign' THEN value IS NULL ELSE campaign_id IS NULL AND partner_id IS NULL END),
      CONSTRAINT result_hours_time_check CHECK (hour_at = date_trunc('hour', hour_at, 'UTC')),
      CONSTRAINT result_hours_money_check CHECK (
        currency IS NOT NULL OR (deposit_minor = 0 AND commission_minor = 0)),
      CONSTRAINT result_hours_count_check CHECK (blocked_clicks >= 0 AND review_clicks >= 0 AND installs_ppm >= 0
        AND registrations_ppm >= 0 AND first_deposits_ppm >= 0 AND deposits_ppm >= first_deposits_ppm)
    ) WITH (fillfactor = 80);

    INSERT INTO result_hours
    SELECT q.workspace_id,
      CASE WHEN grouping(q.country) = 0 THEN 'country' WHEN grouping(q.device) = 0 THEN 'device' ELSE 'campaign' END,
      date_trunc('hour', q.quarter_at, 'UTC') AS hour_at, q.campaign_id, q.partner_id,
      CASE WHEN grouping(q.country) = 0 THEN q.country ELSE q.device END, q.currency,
      sum(q.blocked_clicks), sum(q.review_clicks), sum(q.installs_ppm), sum(q.registrations_ppm), sum(q.deposits_ppm),
      sum(q.first_deposits_ppm), sum(q.deposit_minor), sum(q.commission_minor)
    FROM result_quarters AS q
    GROUP BY GROUPING SETS (
      (q.workspace_id, date_trunc('hour', q.quarter_at, 'UTC'), q.currency, q.campaign_id, q.partner_id),
      (q.workspace_id, date_trunc('hour', q.quarter_at, 'UTC'), q.currency, q.country),
      (q.workspace_id, date_trunc('hour', q.quarter_at, 'UTC'), q.currency, q.device));
  `);
}
