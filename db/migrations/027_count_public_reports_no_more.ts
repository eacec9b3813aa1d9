import type { Knex } from 'knex';

/**
 * Batches that commit by themselves, while the processes run: marks may be set twice, and a table of millions is not
 * walked in one statement.
 */
export const config = { background: true } as const;

const BATCH = 10_000;
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

/**
 * Has the results of the past written anew without what public reports stated. Nothing is deleted: the conversions stay,
 * and what they were counted as follows from the marks.
 */
export async function up(db: Knex): Promise<void> {
  for (let after: string | null = BEFORE_ALL; after !== null; ) after = await markAfter(db, after);
}

/** Marks the quarters of the next conversions that are public ones; gives the last that was looked at, null at the end. */
async function markAfter(db: Knex, after: string): Promise<string | null> {
  const { rows } = await db.raw<{ rows: { last: string | null }[] }>(
    `WITH batch AS (
       SELECT conversion_id, workspace_id, event_id, player_id, occurred_at FROM conversions
       WHERE conversion_id > ? ORDER BY conversion_id LIMIT ?
     ), marked AS (
       INSERT INTO result_marks (workspace_id, quarter_at)
       SELECT DISTINCT s.workspace_id, quarter_of(s.occurred_at)
       FROM batch AS s JOIN events AS e ON e.event_id = s.event_id
       WHERE s.player_id IS NULL AND e.trust = 'public'
     )
     SELECT (SELECT conversion_id FROM batch ORDER BY conversion_id DESC LIMIT 1) AS last`,
    [after, BATCH],
  );
  return rows[0]?.last ?? null;
}
