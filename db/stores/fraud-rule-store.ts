import type { CustomRule } from '../../domain/fraud/custom-rule-terms';
import { DEFAULT_RULE_SET, type RuleSet, type RuleSetting } from '../../domain/fraud/rule';
import { uuidFromId, type WorkspaceId } from '../../domain/ids';
import type { Db } from '../knex';

/** A version of a workspace's fraud rules; the author and time of version 1, which nobody wrote, are null. */
export type StoredRuleSet = RuleSet & {
  readonly createdBy: string | null;
  readonly createdAtMs: number | null;
};

type Row = {
  workspace_id: string;
  version: number;
  rules: Record<string, RuleSetting>;
  custom: CustomRule[];
  created_by: string;
  created_at: Date;
};

/** The workspace's own rules stand beside the settings, under a name that no rule of ours can have. */
const CUSTOM_KEY = '$custom';
const COLUMNS = `workspace_id, version, created_by, created_at, rules - '${CUSTOM_KEY}' AS rules,
  coalesce(rules->'${CUSTOM_KEY}', '[]') AS custom`;

/** What a workspace is born with, as if it had been stored. */
const BORN_WITH: StoredRuleSet = { ...DEFAULT_RULE_SET, createdBy: null, createdAtMs: null };

export async function readCurrentRuleSet(db: Db, workspaceId: WorkspaceId): Promise<StoredRuleSet> {
  const row = await db('fraud_rule_sets')
    .where({ workspace_id: uuidFromId(workspaceId) })
    .orderBy('version', 'desc')
    .first<Row | undefined>(db.raw(COLUMNS));
  return row === undefined ? BORN_WITH : fromRow(row);
}

/** One version, however old; null when the workspace never had it. */
export async function findRuleSet(
  db: Db,
  workspaceId: WorkspaceId,
  version: number,
): Promise<StoredRuleSet | null> {
  if (version === BORN_WITH.version) return BORN_WITH;
  const row = await db('fraud_rule_sets')
    .where({ workspace_id: uuidFromId(workspaceId), version })
    .first<Row | undefined>(db.raw(COLUMNS));
  return row === undefined ? null : fromRow(row);
}

/** Holds off other changes of the workspace's rules until the transaction ends; nothing else waits for it. */
export async function lockRuleSets(trx: Db, workspaceId: WorkspaceId): Promise<void> {
  await trx.raw('SELECT FROM workspaces WHERE workspace_id = ? FOR NO KEY UPDATE', [uuidFromId(workspaceId)]);
}

/** Appends a version, which is in force from `nowMs` on. */
export async function appendRuleSet(
  trx: Db,
  workspaceId: WorkspaceId,
  { version, rules, custom }: RuleSet,
  { createdBy, nowMs }: { readonly createdBy: string; readonly nowMs: number },
): Promise<void> {
  await trx('fraud_rule_sets').insert({
    workspace_id: uuidFromId(workspaceId),
    version,
    rules: JSON.stringify(custom.length === 0 ? rules : { ...rules, [CUSTOM_KEY]: custom }),
    created_by: createdBy,
    created_at: new Date(nowMs),
  });
}

/** Names one version; what is judged carries it. */
export type RuleSetRef = { readonly workspaceId: WorkspaceId; readonly rulesVersion: number };

/** The named versions in one statement, or in none when all are what workspaces are born with. */
export async function loadRuleSets(
  db: Db,
  refs: readonly RuleSetRef[],
): Promise<(ref: RuleSetRef) => RuleSet> {
  const stored = refs.filter(({ rulesVersion }) => rulesVersion !== DEFAULT_RULE_SET.version);
  const rows = stored.length === 0 ? [] : await selectRuleSets(db, stored);
  const sets = new Map(rows.map((row) => [keyOf(row.workspace_id, row.version), row]));
  return ({ workspaceId, rulesVersion }) => {
    if (rulesVersion === DEFAULT_RULE_SET.version) return DEFAULT_RULE_SET;
    const row = sets.get(keyOf(uuidFromId(workspaceId), rulesVersion));
    if (row === undefined) throw new Error(`fraud rules ${rulesVersion} of ${workspaceId} were not loaded`);
    return { version: row.version, rules: row.rules, custom: row.custom };
  };
}

async function selectRuleSets(db: Db, refs: readonly RuleSetRef[]): Promise<Row[]> {
  const { rows } = await db.raw<{ rows: Row[] }>(
    `SELECT ${COLUMNS}
     FROM (SELECT DISTINCT workspace_id, version
       FROM jsonb_to_recordset(?::jsonb) AS r(workspace_id uuid, version integer)) AS k
     JOIN fraud_rule_sets USING (workspace_id, version)`,
    [
      JSON.stringify(
        refs.map((ref) => ({ workspace_id: uuidFromId(ref.workspaceId), version: ref.rulesVersion })),
      ),
    ],
  );
  return rows;
}

function keyOf(workspaceUuid: string, version: number): string {
  return `${workspaceUuid}/${version}`;
}

function fromRow(row: Row): StoredRuleSet {
  return {
    version: row.version,
    rules: row.rules,
    custom: row.custom,
    createdBy: row.created_by,
    createdAtMs: row.created_at.getTime(),
  };
}
