import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    -- By what a campaign's traffic is bought, and how much may be spent on it. A click keeps the version it was made
    -- under, and with it its price.
    ALTER TABLE campaign_versions
      ADD COLUMN pricing_model text NOT NULL DEFAULT 'cpa',
      ADD COLUMN click_cost_minor bigint,
      ADD COLUMN click_cost_currency text,
      ADD COLUMN budget_minor bigint,
      ADD COLUMN budget_currency text,
      ADD COLUMN budget_period text,
      ADD CONSTRAINT campaign_versions_pricing_model_check CHECK (pricing_model IN ('cpa', 'cpc')),
      ADD CONSTRAINT campaign_versions_click_cost_check CHECK (
        (pricing_model = 'cpc') = (click_cost_minor IS NOT NULL)
        AND (click_cost_minor IS NULL) = (click_cost_currency IS NULL) AND coalesce(click_cost_minor, 1) > 0),
      ADD CONSTRAINT campaign_versions_budget_check CHECK (
        num_nulls(budget_minor, budget_currency, budget_period) IN (0, 3) AND coalesce(budget_minor, 1) > 0),
      ADD CONSTRAINT campaign_versions_budget_period_check CHECK (budget_period IN ('day', 'month', 'total'));

    -- What the advertiser has agreed to pay for a first deposit. It informs; no commission is computed from it.
    ALTER TABLE offers
      ADD COLUMN payout_minor bigint,
      ADD COLUMN payout_currency text,
      ADD CONSTRAINT offers_payout_check CHECK (
        (payout_minor IS NULL) = (payout_currency IS NULL) AND coalesce(payout_minor, 1) > 0);
  `);
}
