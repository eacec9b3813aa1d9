import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    -- Money that left the house for a partner; what it was for is in its lines.
    CREATE TABLE payouts (
      payout_id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES workspaces,
      partner_id uuid NOT NULL REFERENCES partners,
      currency text NOT NULL,
      amount_minor bigint NOT NULL,
      -- The bank's or the accountant's own name of the payment.
      reference text NOT NULL,
      -- Only what occurred before this time was paid; null: everything.
      up_to timestamptz,
      note text,
      actor text NOT NULL,
      paid_at timestamptz NOT NULL,
      -- The same payment, reported twice, is one.
      CONSTRAINT payouts_reference_key UNIQUE (partner_id, reference),
      CONSTRAINT payouts_amount_check CHECK (amount_minor > 0)
    );
    -- The payouts of a partner, page by page.
    CREATE INDEX payouts_partner_idx ON payouts (partner_id, payout_id);

    -- What a payout paid for one line; negative where more had been paid before than the line says now.
    CREATE TABLE payout_lines (
      payout_id uuid NOT NULL REFERENCES payouts,
      line_id uuid NOT NULL REFERENCES commission_lines,
      -- What the line said when it was paid.
      line_revision integer NOT NULL,
      amount_minor bigint NOT NULL,
      PRIMARY KEY (payout_id, line_id),
      CONSTRAINT payout_lines_amount_check CHECK (amount_minor <> 0)
    );
    -- What was paid for a line so far.
    CREATE INDEX payout_lines_line_idx ON payout_lines (line_id);
    -- What is due to a partner.
    CREATE INDEX commission_lines_partner_idx ON commission_lines (partner_id);

    CREATE FUNCTION require_payout_sum(paid uuid) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
      IF (SELECT p.amount_minor FROM payouts AS p WHERE p.payout_id = paid)
        IS DISTINCT FROM (SELECT sum(l.amount_minor) FROM payout_lines AS l WHERE l.payout_id = paid) THEN
        RAISE EXCEPTION 'the lines of payout % do not add up to it', paid
          USING ERRCODE = 'check_violation', CONSTRAINT = 'payouts_sum_check';
      END IF;
    END $$;
    CREATE FUNCTION check_payout_sum() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM require_payout_sum(NEW.payout_id);
      RETURN NULL;
    END $$;
    CREATE FUNCTION check_payout_lines_sum() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM require_payout_sum(s.payout_id) FROM (SELECT DISTINCT a.payout_id FROM added AS a) AS s;
      RETURN NULL;
    END $$;
    -- Deferred, because the lines come after the payout.
    CREATE CONSTRAINT TRIGGER payouts_sum AFTER INSERT ON payouts
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_payout_sum();
    -- Per statement: the lines of a payout are written at once, and none can be added later.
    CREATE TRIGGER payout_lines_sum AFTER INSERT ON payout_lines
      REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION check_payout_lines_sum();

    CREATE TRIGGER payouts_append_only BEFORE UPDATE OR DELETE ON payouts
      FOR EACH ROW EXECUTE FUNCTION refuse_change();
    CREATE TRIGGER payout_lines_append_only BEFORE UPDATE OR DELETE ON payout_lines
      FOR EACH ROW EXECUTE FUNCTION refuse_change();
    CREATE TRIGGER payouts_no_truncate BEFORE TRUNCATE ON payouts
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
    CREATE TRIGGER payout_lines_no_truncate BEFORE TRUNCATE ON payout_lines
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

    -- A journal books a revision of a line, caused by an event, or a payout as a whole.
    ALTER TABLE ledger_journals
      ALTER COLUMN line_id DROP NOT NULL,
      ALTER COLUMN line_revision DROP NOT NULL,
      ALTER COLUMN caused_by_event_id DROP NOT NULL,
      ADD COLUMN payout_id uuid REFERENCES payouts CONSTRAINT ledger_journals_payout_key UNIQUE,
      ADD CONSTRAINT ledger_journals_cause_check CHECK (
        (line_id IS NULL) <> (payout_id IS NULL)
        AND (line_id IS NULL) = (line_revision IS NULL) AND (line_id IS NULL) = (caused_by_event_id IS NULL));

    -- Paying out is a right of its own: who sets up deals need not be who sends money.
    ALTER TABLE api_keys
      DROP CONSTRAINT api_keys_scopes_check,
      ADD CONSTRAINT api_keys_scopes_check CHECK (
        cardinality(scopes) > 0
        AND scopes <@ ARRAY['admin', 'setup:write', 'events:write', 'reviews:write', 'payouts:write', 'read']);
  `);
}
