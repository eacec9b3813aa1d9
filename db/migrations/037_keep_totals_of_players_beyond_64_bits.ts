import type { Knex } from 'knex';

/** While the processes run, which live without it: it rewrites a row per player and currency, and settlements wait meanwhile. */
export const config = { background: true } as const;

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
