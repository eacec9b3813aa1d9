import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    -- What a signed message was used for: its signature says nothing about the path. Kept as long as a signature can be
    -- sent again. No foreign key: every signed event writes here, and its source was just read.
    CREATE TABLE signed_messages (
      source_id uuid NOT NULL,
      -- SHA-256 of the sender's webhook-id, which may be of any length.
      message_hash bytea NOT NULL,
      path text NOT NULL,
      -- Of the event that it reported; null of a message that could not be read.
      kind text,
      used_at timestamptz NOT NULL,
      PRIMARY KEY (source_id, message_hash),
      CONSTRAINT signed_messages_hash_check CHECK (octet_length(message_hash) = 32)
    );
    CREATE INDEX signed_messages_used_at_idx ON signed_messages (used_at);
    COMMENT ON INDEX signed_messages_used_at_idx IS 'Messages that cannot be sent again and may go.';
  `);
}
