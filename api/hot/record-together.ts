import { classifyDbError } from '../../db/pg-errors';
import { GroupCommit, type GroupCommitLimits } from '../group-commit';

/**
 * Two lanes keep one statement on its way while the next gathers; a third would only split the batches. The queue holds
 * less than two lanes can commit while a browser waits, and the last margin of its two seconds is for the answer.
 */
const LIMITS: GroupCommitLimits = {
  batchRows: 256,
  waitMs: 1,
  lanes: 2,
  queueRows: 10_000,
  answerWithinMs: 1_700,
};

export type Recorder<Row> = GroupCommit<Row, 'recorded'>;

/** What browsers send by the thousand, committed together; `write` takes all of its rows or none. */
export function recordTogether<Row>(write: (rows: readonly Row[]) => Promise<void>): Recorder<Row> {
  const recordAll = async (rows: readonly Row[]): Promise<'recorded'[]> => {
    await write(rows);
    return rows.map(() => 'recorded');
  };
  return new GroupCommit(recordAll, classifyDbError, LIMITS);
}
