import { type MinuteCounts, VELOCITY_WINDOW_MS } from '../../domain/fraud/velocity';
import { type ClickId, uuidFromId, type WorkspaceId } from '../../domain/ids';
import type { Db } from '../knex';

/** Something that happened under a key, at its own time. */
export type Hit = {
  readonly workspaceId: WorkspaceId;
  /** A keyed hash in hex, never the thing itself. */
  readonly key: string;
  readonly hitAtMs: number;
  readonly clickId: ClickId;
};

const HIT_COLUMNS = `(place integer, workspace_id uuid, counter_key text, minute_at timestamptz,
  hit_at timestamptz, subject_id uuid)`;

function toRow({ workspaceId, key, hitAtMs, clickId }: Hit, place: number) {
  return {
    place,
    workspace_id: uuidFromId(workspaceId),
    counter_key: key,
    minute_at: new Date(hitAtMs - (hitAtMs % VELOCITY_WINDOW_MS)),
    hit_at: new Date(hitAtMs),
    subject_id: uuidFromId(clickId),
  };
}

/** Records hits; one that is recorded already stays as it is. One statement. */
export async function recordHits(db: Db, hits: readonly Hit[]): Promise<void> {
  if (hits.length === 0) return;
  await db.raw(
    `INSERT INTO velocity_hits (workspace_id, counter_key, minute_at, hit_at, subject_id)
     SELECT k.workspace_id, decode(k.counter_key, 'hex'), k.minute_at, k.hit_at, k.subject_id
     FROM jsonb_to_recordset(?::jsonb) AS k${HIT_COLUMNS}
     -- Sorted, so that two writers of overlapping sets cannot wait for each other in a circle.
     ORDER BY 1, 2, 3, 4, 5
     ON CONFLICT DO NOTHING`,
    [JSON.stringify(hits.map(toRow))],
  );
}

/**
 * What the key of each hit has counted up to that hit, by the hits' own time and not by their arrival; in the order
 * of the hits. No more than `limit` rows are read per minute and key: beyond it the exact number decides nothing.
 */
export async function loadMinuteCounts(
  db: Db,
  hits: readonly Hit[],
  limit: number,
): Promise<readonly MinuteCounts[]> {
  if (hits.length === 0) return [];
  const { rows } = await db.raw<{ rows: { previous: number; current: number }[] }>(
    `SELECT
       (SELECT count(*)::integer FROM (
          SELECT FROM velocity_hits AS h
          WHERE h.workspace_id = k.workspace_id AND h.counter_key = decode(k.counter_key, 'hex')
            AND h.minute_at = k.minute_at - interval '1 minute' LIMIT :limit) AS earlier) AS previous,
       (SELECT count(*)::integer FROM (
          SELECT FROM velocity_hits AS h
          WHERE h.workspace_id = k.workspace_id AND h.counter_key = decode(k.counter_key, 'hex')
            AND h.minute_at = k.minute_at AND (h.hit_at, h.subject_id) <= (k.hit_at, k.subject_id)
          LIMIT :limit) AS same) AS current
     FROM jsonb_to_recordset(:hits::jsonb) AS k${HIT_COLUMNS}
     ORDER BY k.place`,
    { limit, hits: JSON.stringify(hits.map(toRow)) },
  );
  return hits.map((hit, index) => ({
    previous: rows[index]?.previous ?? 0,
    current: rows[index]?.current ?? 0,
    elapsedMs: hit.hitAtMs % VELOCITY_WINDOW_MS,
  }));
}
