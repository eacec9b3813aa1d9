import type { Knex } from 'knex';

/**
 * What a click pays for is paid fifteen thousand times a second, so it pays for nothing that is guaranteed or known
 * elsewhere.
 */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    -- Nobody read it: when a visitor was first seen is in his first click, which the index by visitor finds.
    DROP TABLE visitors;

    -- Four look-ups and row locks per click took a third of its time. The rows they looked for come from the catalog,
    -- which is read from these very tables, and none of them can go: versions of campaigns are append-only, they hold
    -- their campaign and its workspace, and partners are kept by the trigger below.
    ALTER TABLE clicks
      DROP CONSTRAINT clicks_workspace_id_fkey,
      DROP CONSTRAINT clicks_partner_id_fkey,
      DROP CONSTRAINT clicks_campaign_id_campaign_version_fkey;
    ALTER TABLE impressions
      DROP CONSTRAINT impressions_workspace_id_fkey,
      DROP CONSTRAINT impressions_partner_id_fkey,
      DROP CONSTRAINT impressions_campaign_id_campaign_version_fkey;
    CREATE TRIGGER partners_are_kept BEFORE DELETE ON partners
      FOR EACH ROW EXECUTE FUNCTION refuse_change();
    CREATE TRIGGER partners_no_truncate BEFORE TRUNCATE ON partners
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

    -- Rows are claimed lane by lane in the order of their numbers: one index is enough for that and for the key.
    DROP INDEX outbox_claim_idx;
    ALTER TABLE outbox DROP CONSTRAINT outbox_pkey, ADD PRIMARY KEY (lane, outbox_id);

    -- A click is queued by the statement that stores it under a key of its own; a second key told it nothing.
    ALTER TABLE outbox DROP CONSTRAINT outbox_ref_key;
    CREATE UNIQUE INDEX outbox_ref_key ON outbox (kind, ref_id, run) WHERE lane <> 2;
    COMMENT ON INDEX outbox_ref_key IS 'What is queued already, except for clicks on their first way.';

    -- Absent when the columns of the click say everything that its link said.
    ALTER TABLE click_raw ALTER COLUMN query DROP NOT NULL;
    ALTER TABLE impression_raw ALTER COLUMN query DROP NOT NULL;
  `);
}
