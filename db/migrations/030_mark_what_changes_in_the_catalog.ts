import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    -- The transaction that wrote the row as it is. Null: before anybody asked. Unlike a number from a sequence or a time,
    -- it can be compared with a snapshot, which knows what was not committed yet when it was taken.
    ALTER TABLE campaigns ADD COLUMN changed_in xid8;
    ALTER TABLE campaign_versions ADD COLUMN changed_in xid8;
    ALTER TABLE offers ADD COLUMN changed_in xid8;
    ALTER TABLE partners ADD COLUMN changed_in xid8;

    CREATE FUNCTION mark_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      NEW.changed_in := pg_current_xact_id();
      RETURN NEW;
    END $$;
    CREATE TRIGGER campaigns_mark_change BEFORE INSERT OR UPDATE ON campaigns
      FOR EACH ROW EXECUTE FUNCTION mark_change();
    CREATE TRIGGER campaign_versions_mark_change BEFORE INSERT ON campaign_versions
      FOR EACH ROW EXECUTE FUNCTION mark_change();
    CREATE TRIGGER offers_mark_change BEFORE INSERT OR UPDATE ON offers
      FOR EACH ROW EXECUTE FUNCTION mark_change();
    CREATE TRIGGER partners_mark_change BEFORE INSERT OR UPDATE ON partners
      FOR EACH ROW EXECUTE FUNCTION mark_change();

    CREATE INDEX campaigns_changed_idx ON campaigns (changed_in);
    CREATE INDEX campaign_versions_changed_idx ON campaign_versions (changed_in);
    CREATE INDEX offers_changed_idx ON offers (changed_in);
    CREATE INDEX partners_changed_idx ON partners (changed_in);
    COMMENT ON INDEX campaigns_changed_idx IS 'The campaigns in memory: what has changed since they were read';
    COMMENT ON INDEX campaign_versions_changed_idx IS 'The campaigns in memory: what has changed since they were read';
    COMMENT ON INDEX offers_changed_idx IS 'The campaigns in memory: what has changed since they were read';
    COMMENT ON INDEX partners_changed_idx IS 'The campaigns in memory: what has changed since they were read';
  `);
}
