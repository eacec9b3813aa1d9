import { uuidFromId, type WorkspaceId } from '../../domain/ids';
import { DEFAULT_SEGMENT_RULES, type SegmentRule, type SegmentRuleSet } from '../../domain/ltv/segment';
import type { Db } from '../knex';

/** A version of a workspace's segment rules; the author and time of version 1, which nobody wrote, are null. */
export type StoredSegmentRules = SegmentRuleSet & {
  readonly createdBy: string | null;
  readonly createdAtMs: number | null;
};

type Row = { version: number; rules: SegmentRule[]; created_by: string; created_at: Date };

const BORN_WITH: StoredSegmentRules = { ...DEFAULT_SEGMENT_RULES, createdBy: null, createdAtMs: null };

export async function readCurrentSegmentRules(db: Db, workspaceId: WorkspaceId): Promise<StoredSegmentRules> {
  const row = await db('segment_rule_sets')
    .where({ workspace_id: uuidFromId(workspaceId) })
    .orderBy('version', 'desc')
    .first<Row | undefined>();
  return row === undefined ? BORN_WITH : fromRow(row);
}

/** One version, however old; null when the workspace never had it. */
export async function findSegmentRules(
  db: Db,
  workspaceId: WorkspaceId,
  version: number,
): Promise<StoredSegmentRules | null> {
  if (version === BORN_WITH.version) return BORN_WITH;
  const row = await db('segment_rule_sets')
    .where({ workspace_id: uuidFromId(workspaceId), version })
    .first<Row | undefined>();
  return row === undefined ? null : fromRow(row);
}

/** Appends a version. Hold the workspace with `lockRuleSets` from before the current version was read. */
export async function appendSegmentRules(
  trx: Db,
  workspaceId: WorkspaceId,
  { version, rules }: SegmentRuleSet,
  { createdBy, nowMs }: { readonly createdBy: string; readonly nowMs: number },
): Promise<void> {
  await trx('segment_rule_sets').insert({
    workspace_id: uuidFromId(workspaceId),
    version,
    rules: JSON.stringify(rules),
    created_by: createdBy,
    created_at: new Date(nowMs),
  });
}

function fromRow(row: Row): StoredSegmentRules {
  return {
    version: row.version,
    rules: row.rules,
    createdBy: row.created_by,
    createdAtMs: row.created_at.getTime(),
  };
}
