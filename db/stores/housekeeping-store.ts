import type { HousekeepingPart, PartNote } from '../../domain/housekeeping/parts';
import type { Db } from '../knex';

/** Notes that a part has done its turn; what failed before is over. */
export async function noteSuccess(db: Db, part: HousekeepingPart, nowMs: number): Promise<void> {
  await db.raw(
    `INSERT INTO housekeeping AS h (part, succeeded_at) VALUES (?, ?)
     ON CONFLICT (part) DO UPDATE SET succeeded_at = greatest(h.succeeded_at, excluded.succeeded_at),
       failing_since = NULL, error_code = NULL, last_error = NULL`,
    [part, new Date(nowMs)],
  );
}

/** What went wrong: a code that anybody may see, and the words, which stay inside. */
export type PartFailure = { readonly code: string; readonly reason: string };

const REASON_MAX = 500;

/** Notes that a part's turn has failed; the first time since its last success stays. */
export async function noteFailure(
  db: Db,
  part: HousekeepingPart,
  { code, reason }: PartFailure,
  nowMs: number,
): Promise<void> {
  await db.raw(
    `INSERT INTO housekeeping AS h (part, failing_since, error_code, last_error) VALUES (?, ?, ?, ?)
     ON CONFLICT (part) DO UPDATE SET failing_since = coalesce(h.failing_since, excluded.failing_since),
       error_code = excluded.error_code, last_error = excluded.last_error`,
    [part, new Date(nowMs), code, reason.slice(0, REASON_MAX)],
  );
}

/** What is noted of each part, by its name; one that never ran is absent. */
export async function readPartNotes(db: Db): Promise<Map<string, PartNote>> {
  type Row = {
    part: string;
    succeeded_at: Date | null;
    failing_since: Date | null;
    error_code: string | null;
  };
  const rows: Row[] = await db('housekeeping').select('part', 'succeeded_at', 'failing_since', 'error_code');
  return new Map(
    rows.map(({ part, succeeded_at, failing_since: since, error_code: code }) => [
      part,
      {
        succeededAtMs: succeeded_at?.getTime() ?? null,
        failing: since === null || code === null ? null : { sinceMs: since.getTime(), code },
      },
    ]),
  );
}
