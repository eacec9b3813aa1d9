import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    -- The amount now deserved for one transaction; the ledger holds how it came to be.
    CREATE TABLE commission_lines (
      line_id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES workspaces,
      brand_id uuid NOT NULL REFERENCES brands,
      conversion_id uuid NOT NULL REFERENCES conversions,
      player_id uuid NOT NULL REFERENCES players,
      partner_id uuid NOT NULL REFERENCES partners,
      campaign_id uuid NOT NULL REFERENCES campaigns,
      kind text NOT NULL,
      deal_id uuid NOT NULL REFERENCES deals,
      amount_minor bigint NOT NULL,
      currency text NOT NULL,
      revision integer NOT NULL,
      reason text NOT NULL,
      updated_at timestamptz NOT NULL,
      CONSTRAINT commission_lines_transaction_key UNIQUE (conversion_id, partner_id, kind),
      CONSTRAINT commission_lines_kind_check CHECK (kind IN ('cpa')),
      CONSTRAINT commission_lines_amount_check CHECK (amount_minor >= 0)
    );
    -- At most one paying CPA per player (a player belongs to one brand) and beneficiary.
    CREATE UNIQUE INDEX commission_lines_one_cpa_key ON commission_lines (player_id, partner_id)
      WHERE kind = 'cpa' AND amount_minor <> 0;

    CREATE TABLE ledger_journals (
      journal_id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES workspaces,
      line_id uuid NOT NULL REFERENCES commission_lines,
      line_revision integer NOT NULL,
      reason text NOT NULL,
      caused_by_event_id uuid NOT NULL REFERENCES events,
      posted_at timestamptz NOT NULL,
      CONSTRAINT ledger_journals_line_revision_key UNIQUE (line_id, line_revision)
    );

    -- Debits are positive, credits negative.
    CREATE TABLE ledger_entries (
      entry_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      journal_id uuid NOT NULL REFERENCES ledger_journals,
      workspace_id uuid NOT NULL REFERENCES workspaces,
      account text NOT NULL,
      amount_minor bigint NOT NULL,
      currency text NOT NULL,
      CONSTRAINT ledger_entries_amount_check CHECK (amount_minor <> 0),
      CONSTRAINT ledger_entries_account_key UNIQUE (journal_id, account, currency)
    );
    -- Trial balance and the entries of an account.
    CREATE INDEX ledger_entries_account_idx ON ledger_entries (workspace_id, account, currency);

    CREATE FUNCTION check_journal_balance() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF EXISTS (
        SELECT 1 FROM ledger_entries AS e WHERE e.journal_id = NEW.journal_id
        GROUP BY e.currency HAVING sum(e.amount_minor) <> 0
      ) OR NOT EXISTS (SELECT 1 FROM ledger_entries AS e WHERE e.journal_id = NEW.journal_id) THEN
        RAISE EXCEPTION 'journal % does not balance', NEW.journal_id
          USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_zero_sum_check';
      END IF;
      RETURN NULL;
    END $$;
    -- Deferred, because a journal balances only once its last entry is in.
    CREATE CONSTRAINT TRIGGER ledger_entries_zero_sum AFTER INSERT ON ledger_entries
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_journal_balance();
    CREATE CONSTRAINT TRIGGER ledger_journals_zero_sum AFTER INSERT ON ledger_journals
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_journal_balance();

    CREATE TRIGGER ledger_journals_append_only BEFORE UPDATE OR DELETE ON ledger_journals
      FOR EACH ROW EXECUTE FUNCTION refuse_change();
    CREATE TRIGGER ledger_entries_append_only BEFORE UPDATE OR DELETE ON ledger_entries
      FOR EACH ROW EXECUTE FUNCTION refuse_change();
    CREATE TRIGGER ledger_journals_no_truncate BEFORE TRUNCATE ON ledger_journals
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
    CREATE TRIGGER ledger_entries_no_truncate BEFORE TRUNCATE ON ledger_entries
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
  `);
}
