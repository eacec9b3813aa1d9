import type { Knex } from 'knex';

/** The tables may be large: no lock is held for longer than a moment. */
export const config = { transaction: false } as const;

/** Each index with what it serves. */
const INDEXES = [
  {
    name: 'postbacks_sweep_idx',
    on: `postbacks (sweep_after) WHERE status = 'pending' AND held_at IS NULL`,
    serves: 'The sweep: postbacks whose run is overdue',
  },
  {
    name: 'postbacks_held_idx',
    on: `postbacks (destination_id, held_at) WHERE status = 'pending' AND held_at IS NOT NULL`,
    serves: 'The sweep: what a destination that was resumed is still owed, held longest first',
  },
  {
    name: 'postback_attempts_open_idx',
    on: 'postback_attempts (destination_id, started_at) WHERE finished_at IS NULL',
    serves: 'Delivery: the attempts that a destination has at once',
  },
  {
    name: 'outbox_duties_idx',
    on: 'outbox (workspace_id, outbox_id) WHERE lane = 1 AND parked_at IS NULL',
    serves: 'The relay: duties of each workspace in turn',
  },
] as const;

export async function up(db: Knex): Promise<void> {
  for (const { name, on, serves } of INDEXES) {
    await dropIfInvalid(db, name);
    await db.raw(`CREATE INDEX CONCURRENTLY IF NOT EXISTS ${name} ON ${on}`);
    await db.raw(`COMMENT ON INDEX ${name} IS '${serves}'`);
  }
  await db.raw(
    `COMMENT ON INDEX postbacks_pending_idx IS 'A rebuild: postbacks that are owed, oldest first'`,
  );
  await db.raw('ALTER TABLE postbacks VALIDATE CONSTRAINT postbacks_held_check');
}

/** What is left of an attempt that was broken off. */
async function dropIfInvalid(db: Knex, name: string): Promise<void> {
  const { rows } = await db.raw<{ rows: unknown[] }>(
    'SELECT 1 FROM pg_index WHERE indexrelid = to_regclass(?) AND NOT indisvalid',
    [name],
  );
  if (rows.length > 0) await db.raw(`DROP INDEX CONCURRENTLY ${name}`);
}
