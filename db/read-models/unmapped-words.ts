import { idFromUuid, type SourceId, uuidFromId, type WorkspaceId } from '../../domain/ids';
import type { Db } from '../knex';

/** A word that nobody has explained, or that fits none of the reports that wait with it. */
export type UnmappedWord = {
  readonly sourceId: SourceId;
  readonly source: string;
  readonly word: string;
  /** Where it stands: in place of an event, or of a status. */
  readonly usedAs: 'event' | 'status';
  readonly waiting: number;
  /** How many of them are mapped and do not fit. */
  readonly unfit: number;
  readonly oldestAt: string;
  readonly newestAt: string;
};

type Row = {
  source_id: string;
  name: string;
  word: string;
  used_as: UnmappedWord['usedAs'];
  waiting: bigint;
  unfit: bigint;
  oldest_at: Date;
  newest_at: Date;
};

/** Senders invent words by the handful; whoever sends random ones is not helped by a longer list. */
const MAX_WORDS = 1_000;

/** The words that reports of the workspace wait for, those with the most reports first; expired ones are not counted. */
export async function listUnmappedWords(db: Db, workspaceId: WorkspaceId): Promise<UnmappedWord[]> {
  const { rows } = await db.raw<{ rows: Row[] }>(
    `SELECT r.source_id, s.name, w.word, w.used_as, count(*) AS waiting, count(r.problem) AS unfit,
       min(r.received_at) AS oldest_at, max(r.received_at) AS newest_at
     FROM unmapped_reports AS r
     JOIN sources AS s ON s.source_id = r.source_id
     CROSS JOIN LATERAL (VALUES (r.event_word, 'event'), (r.status_word, 'status')) AS w(word, used_as)
     WHERE r.workspace_id = :workspace AND r.resolved_at IS NULL AND r.expired_at IS NULL AND w.word IS NOT NULL
     GROUP BY r.source_id, s.name, w.word, w.used_as
     ORDER BY waiting DESC, r.source_id, w.word LIMIT :limit`,
    { workspace: uuidFromId(workspaceId), limit: MAX_WORDS },
  );
  return rows.map((row) => ({
    sourceId: idFromUuid('src', row.source_id),
    source: row.name,
    word: row.word,
    usedAs: row.used_as,
    waiting: Number(row.waiting),
    unfit: Number(row.unfit),
    oldestAt: row.oldest_at.toISOString(),
    newestAt: row.newest_at.toISOString(),
  }));
}
