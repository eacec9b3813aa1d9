import type { Db } from '../../db/knex';
import { classifyDbError } from '../../db/pg-errors';
import { type Acceptance, acceptEvents } from '../../db/stores/event-store';
import type { NewEvent } from '../../db/stores/new-event';
import { AppError } from '../../domain/errors';
import type { Clock } from '../../domain/time';
import { GroupCommit, type GroupCommitLimits } from '../group-commit';

/** Stores one event as `acceptEvent` does, together with those that arrive in the same moment. */
export type EventIntake = (event: NewEvent) => Promise<Acceptance>;

/**
 * An event that comes alone is written at once; under load they gather while four transactions are on their way. One is
 * a handful of statements, so more lanes than for clicks, and fewer rows: a batch holds the locks of all its players.
 */
const LIMITS: GroupCommitLimits = {
  batchRows: 64,
  waitMs: 0,
  lanes: 4,
  queueRows: 2_000,
  answerWithinMs: 1_700,
};

export function createEventIntake(db: Db, clock: Clock): EventIntake {
  const events = new GroupCommit<NewEvent, Acceptance | AppError>(
    (batch) => acceptEvents(db, batch, clock.nowMs()),
    classifyDbError,
    LIMITS,
  );
  return async (event) => {
    const outcome = await events.add(event);
    if (outcome instanceof AppError) throw outcome;
    return outcome;
  };
}
