import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    -- What is credited to a partner: whose books a deal decides that holds from the beginning.
    CREATE INDEX attribution_credits_partner_idx ON attribution_credits (partner_id, conversion_id)
      WHERE partner_id IS NOT NULL;
  `);
}
