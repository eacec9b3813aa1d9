import type { Knex } from 'knex';

/** Outside of a transaction: it rewrites a row per player and currency, and settlements wait meanwhile. */
export const config = { transaction: false } as const;

/** One statement, so that the table is rewritten once; repeated, it finds nothing to do. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    ALTER TABLE customer_ltv
      ALTER COLUMN deposit_total_minor TYPE numeric,
      ALTER COLUMN chargeback_total_minor TYPE numeric,
      ALTER COLUMN withdrawal_total_minor TYPE numeric,
      ALTER COLUMN ngr_total_minor TYPE numeric
  `);
}
