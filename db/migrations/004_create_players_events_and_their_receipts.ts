import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    CREATE TABLE players (
      player_id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES workspaces,
      brand_id uuid NOT NULL REFERENCES brands,
      external_id text NOT NULL,
      created_at timestamptz NOT NULL,
      -- When an event first tied the player to a click; until then the player's events stay in quarantine.
      linked_at timestamptz,
      CONSTRAINT players_external_id_key UNIQUE (workspace_id, brand_id, external_id)
    );

    -- Rows that exist to be locked: settlement takes them in sorted order before it reads any fact.
    CREATE TABLE subjects (
      subject_key text PRIMARY KEY
    );

    -- The receipt of an event. Key, hash and id live as long as the ledger, so a repeat years later is one.
    CREATE TABLE inbox (
      event_id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES workspaces,
      brand_id uuid NOT NULL REFERENCES brands,
      event_key text NOT NULL,
      body_hash bytea NOT NULL,
      received_at timestamptz NOT NULL,
      CONSTRAINT inbox_event_key_key UNIQUE (workspace_id, brand_id, event_key)
    );

    -- The translated fact, one per receipt. Only handled_at, click_was_known and sweep_after are ever written later.
    CREATE TABLE events (
      event_id uuid PRIMARY KEY REFERENCES inbox,
      workspace_id uuid NOT NULL REFERENCES workspaces,
      brand_id uuid NOT NULL REFERENCES brands,
      source_id uuid NOT NULL REFERENCES sources,
      kind text NOT NULL,
      trust text NOT NULL,
      sender_event_id text NOT NULL,
      transaction_key text NOT NULL,
      status text,
      refers_to text,
      click_ref text,
      click_id uuid,
      -- Whether the click row was there at receipt, or when the event was settled; if not, it is settled again
      -- when the click appears.
      click_was_known boolean NOT NULL,
      player_id uuid REFERENCES players,
      amount_minor bigint,
      currency text,
      occurred_at timestamptz NOT NULL,
      occurred_at_source text NOT NULL,
      received_at timestamptz NOT NULL,
      attributes jsonb NOT NULL,
      is_test boolean NOT NULL DEFAULT false,
      handled_at timestamptz,
      -- When the sweep may send it to Temporal again; each time it waits twice as long as before.
      sweep_after timestamptz NOT NULL DEFAULT now() + interval '1 minute',
      CONSTRAINT events_kind_check CHECK (kind IN ('install', 'lead', 'registration', 'sale', 'deposit', 'chargeback')),
      CONSTRAINT events_trust_check CHECK (trust IN ('signed', 'keyed', 'public')),
      CONSTRAINT events_public_never_pays_check CHECK (trust <> 'public' OR kind NOT IN ('deposit', 'chargeback')),
      CONSTRAINT events_status_check CHECK (
        (kind = 'deposit') = (status IS NOT NULL)
        AND coalesce(status, 'pending') IN ('pending', 'failed', 'confirmed', 'reversed')),
      CONSTRAINT events_refers_to_check CHECK ((kind = 'chargeback') = (refers_to IS NOT NULL)),
      CONSTRAINT events_money_check CHECK (
        (amount_minor IS NULL) = (currency IS NULL)
        AND (kind NOT IN ('deposit', 'chargeback') OR coalesce(amount_minor, 0) > 0)
        AND coalesce(amount_minor, 0) >= 0),
      CONSTRAINT events_player_check CHECK (kind NOT IN ('registration', 'deposit', 'chargeback') OR player_id IS NOT NULL),
      CONSTRAINT events_click_check CHECK (click_id IS NULL OR click_ref IS NOT NULL),
      CONSTRAINT events_occurred_at_source_check CHECK (occurred_at_source IN ('sender', 'receipt'))
    );
    -- All facts of one player: what settlement derives the books from.
    CREATE INDEX events_player_idx ON events (player_id, occurred_at) WHERE player_id IS NOT NULL;
    -- The timeline of a click, and the events that wait for it.
    CREATE INDEX events_click_idx ON events (click_id) WHERE click_id IS NOT NULL;
    -- The facts of one transaction: a later status must name the same player.
    CREATE INDEX events_transaction_idx ON events (workspace_id, brand_id, kind, transaction_key);
    -- The sweep: what was acknowledged and is not settled yet.
    CREATE INDEX events_unhandled_idx ON events (sweep_after) WHERE handled_at IS NULL;

    CREATE TABLE event_raw (
      event_id uuid PRIMARY KEY REFERENCES inbox,
      body jsonb NOT NULL,
      ip inet,
      user_agent text
    );

    -- Accepted events that match no click or player yet, or whose time lies ahead of ours.
    CREATE TABLE quarantine (
      event_id uuid PRIMARY KEY REFERENCES inbox,
      workspace_id uuid NOT NULL REFERENCES workspaces,
      reason text NOT NULL,
      quarantined_at timestamptz NOT NULL,
      released_at timestamptz,
      released_by text,
      matched_click_id uuid,
      CONSTRAINT quarantine_reason_check CHECK (
        reason IN ('unknown_click', 'unknown_player', 'unknown_click_and_player', 'clock_suspect')),
      CONSTRAINT quarantine_released_check CHECK ((released_at IS NULL) = (released_by IS NULL)),
      CONSTRAINT quarantine_match_check CHECK (matched_click_id IS NULL OR released_at IS NOT NULL)
    );
    -- The desk and the sweep: what still waits, oldest first.
    CREATE INDEX quarantine_waiting_idx ON quarantine (workspace_id, event_id) WHERE released_at IS NULL;

    -- The timeline of a click: events that an operator matched to it.
    CREATE INDEX quarantine_matched_click_idx ON quarantine (matched_click_id)
      WHERE matched_click_id IS NOT NULL;

    -- What still has to reach Temporal. Rows go when Temporal has answered; events before postbacks before clicks.
    CREATE TABLE outbox (
      outbox_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      lane smallint NOT NULL,
      kind text NOT NULL,
      workspace_id uuid NOT NULL,
      ref_id uuid NOT NULL,
      run integer NOT NULL DEFAULT 0,
      available_at timestamptz NOT NULL,
      attempts integer NOT NULL DEFAULT 0,
      last_error text,
      CONSTRAINT outbox_kind_check CHECK ((kind, lane) IN (('event', 0), ('postback', 1), ('click', 2))),
      -- A sweep may enqueue what is queued already; it must not double it.
      CONSTRAINT outbox_ref_key UNIQUE (kind, ref_id, run)
    );
    -- The relay's claim: lane by lane, oldest first.
    CREATE INDEX outbox_claim_idx ON outbox (lane, outbox_id);
  `);
}
