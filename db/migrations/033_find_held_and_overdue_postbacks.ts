import type { Knex } from 'knex';
import { buildIndex, type NewIndex } from './build-index';
import type { TellStep } from './migration';

/** The code lives without them: the sweep and the shares of destinations cost more until they are there. */
export const config = { background: true } as const;

const INDEXES: readonly NewIndex[] = [
  {
    name: 'postbacks_sweep_idx',
    table: 'postbacks',
    on: `(sweep_after) WHERE status = 'pending' AND held_at IS NULL`,
    serves: 'The sweep: postbacks whose run is overdue',
  },
  {
    name: 'postbacks_held_idx',
    table: 'postbacks',
    on: `(destination_id, held_at) WHERE status = 'pending' AND held_at IS NOT NULL`,
    serves: 'The sweep: what a destination that was resumed is still owed, held longest first',
  },
  {
    name: 'postback_attempts_open_idx',
    table: 'postback_attempts',
    on: '(destination_id, started_at) WHERE finished_at IS NULL',
    serves: 'Delivery: the attempts that a destination has at once',
  },
  {
    name: 'outbox_duties_idx',
    table: 'outbox',
    on: '(workspace_id, outbox_id) WHERE lane = 1 AND parked_at IS NULL',
    serves: 'The relay: duties of each workspace in turn',
  },
];

export async function up(db: Knex, tell: TellStep): Promise<void> {
  for (const index of INDEXES) await buildIndex(db, index, tell);
  await db.raw(
    `COMMENT ON INDEX postbacks_pending_idx IS 'A rebuild: postbacks that are owed, oldest first'`,
  );
  tell('checking the states of postbacks');
  await db.raw('ALTER TABLE postbacks VALIDATE CONSTRAINT postbacks_held_check');
}
