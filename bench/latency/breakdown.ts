import type { Db } from '../../db/knex';
import { type ClickId, idFromUuid, uuidFromId } from '../../domain/ids';

/** When each step of one deposit began, in ms since the epoch by the clocks of the processes of this machine. */
export type StepTimes = {
  readonly clickId: ClickId;
  readonly receivedAtMs: number;
  readonly assessedAtMs: number;
  readonly settledAtMs: number;
  readonly attemptedAtMs: number;
};

type Row = {
  click_id: string;
  received_at: Date;
  decided_at: Date;
  created_at: Date;
  started_at: Date;
};

/** What the tables themselves tell about the way of each click's first deposit, where the whole way was gone. */
export async function readStepTimes(db: Db, clickIds: readonly ClickId[]): Promise<StepTimes[]> {
  const { rows } = await db.raw<{ rows: Row[] }>(
    `SELECT e.click_id, e.received_at, v.decided_at, k.created_at, t.started_at
     FROM events AS e
     JOIN verdicts AS v ON v.subject_kind = 'event' AND v.subject_id = e.event_id
     JOIN postbacks AS k ON k.caused_by_event_id = e.event_id
     JOIN postback_attempts AS t ON t.postback_id = k.postback_id AND t.attempt_no = 1
     WHERE e.click_id = ANY(?)`,
    [clickIds.map(uuidFromId)],
  );
  return rows.map((row) => ({
    clickId: idFromUuid('clk', row.click_id),
    receivedAtMs: row.received_at.getTime(),
    assessedAtMs: row.decided_at.getTime(),
    settledAtMs: row.created_at.getTime(),
    attemptedAtMs: row.started_at.getTime(),
  }));
}
