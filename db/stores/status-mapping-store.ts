import type { DepositStatus, EventKind } from '../../domain/facts';
import {
  idFromUuid,
  type SourceId,
  type StatusMappingId,
  uuidFromId,
  type WorkspaceId,
} from '../../domain/ids';
import type { WordMapping } from '../../domain/report/worded-report';
import type { Db } from '../knex';
import type { Page, PageRequest } from '../page';
import { pageOf } from './page-of';

/** What one source means by a word of its own. */
export type StatusMapping = WordMapping & {
  readonly mappingId: StatusMappingId;
  readonly workspaceId: WorkspaceId;
  readonly sourceId: SourceId;
  readonly createdBy: string;
  readonly createdAtMs: number;
  /** Since when it explains nothing any more; null while it holds. */
  readonly retiredAtMs: number | null;
};

type Row = {
  mapping_id: string;
  workspace_id: string;
  source_id: string;
  word: string;
  kind: EventKind | null;
  status: DepositStatus | null;
  created_by: string;
  created_at: Date;
  retired_at: Date | null;
};

/** False when the source's word is mapped already. Waits for a concurrent mapping of the same word. */
export async function insertStatusMapping(trx: Db, mapping: StatusMapping): Promise<boolean> {
  const { rows } = await trx.raw<{ rows: unknown[] }>(
    `INSERT INTO status_mappings (mapping_id, workspace_id, source_id, word, kind, status, created_by, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (source_id, word) WHERE retired_at IS NULL DO NOTHING RETURNING mapping_id`,
    [
      ...[uuidFromId(mapping.mappingId), uuidFromId(mapping.workspaceId), uuidFromId(mapping.sourceId)],
      ...[mapping.word, mapping.kind, mapping.status, mapping.createdBy, new Date(mapping.createdAtMs)],
    ],
  );
  return rows.length > 0;
}

export async function findStatusMapping(
  db: Db,
  workspaceId: WorkspaceId,
  mappingId: StatusMappingId,
): Promise<StatusMapping | null> {
  const row = await db('status_mappings')
    .where({ workspace_id: uuidFromId(workspaceId), mapping_id: uuidFromId(mappingId) })
    .first<Row | undefined>();
  return row === undefined ? null : fromRow(row);
}

/** Those that hold, and those that were retired too when asked for. */
export async function listStatusMappings(
  db: Db,
  workspaceId: WorkspaceId,
  filter: { readonly sourceId?: SourceId | undefined; readonly retired: boolean },
  page: PageRequest,
): Promise<Page<StatusMapping>> {
  const query = db('status_mappings').where('workspace_id', uuidFromId(workspaceId));
  if (filter.sourceId !== undefined) query.where('source_id', uuidFromId(filter.sourceId));
  if (!filter.retired) query.whereNull('retired_at');
  return pageOf(query, 'mapping_id', page, fromRow);
}

/** Ends a mapping; what was translated by it stays. Waits for the reports that are being translated by it now. */
export async function retireStatusMapping(
  trx: Db,
  workspaceId: WorkspaceId,
  mappingId: StatusMappingId,
  nowMs: number,
): Promise<boolean> {
  const count = await trx('status_mappings')
    .where({ workspace_id: uuidFromId(workspaceId), mapping_id: uuidFromId(mappingId) })
    .whereNull('retired_at')
    .update({ retired_at: new Date(nowMs) });
  return count > 0;
}

/** The mappings of these words that hold, kept as they are until the transaction ends. */
export async function lockMappings(
  trx: Db,
  sourceId: SourceId,
  words: readonly string[],
): Promise<(WordMapping & { readonly mappingId: StatusMappingId })[]> {
  const { rows } = await trx.raw<{ rows: Row[] }>(
    `SELECT * FROM status_mappings WHERE source_id = ? AND word = ANY(?) AND retired_at IS NULL
     ORDER BY mapping_id FOR SHARE`,
    [uuidFromId(sourceId), [...words]],
  );
  return rows.map(fromRow);
}

function fromRow(row: Row): StatusMapping {
  return {
    mappingId: idFromUuid('smp', row.mapping_id),
    workspaceId: idFromUuid('wsp', row.workspace_id),
    sourceId: idFromUuid('src', row.source_id),
    word: row.word,
    kind: row.kind,
    status: row.status,
    createdBy: row.created_by,
    createdAtMs: row.created_at.getTime(),
    retiredAtMs: row.retired_at?.getTime() ?? null,
  };
}
