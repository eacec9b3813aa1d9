import {
  idFromUuid,
  type QuarantineRuleId,
  type SourceId,
  uuidFromId,
  type WorkspaceId,
} from '../../domain/ids';
import type { Db } from '../knex';
import type { Page, PageRequest } from '../page';
import { nullableId } from '../read-models/row-values';
import { pageOf } from './page-of';

/** What a rule compares of an event; an attribute is named. */
export type RuleEventField =
  | { readonly field: 'click_ref' | 'transaction_id' | 'player_id' }
  | { readonly field: 'attribute'; readonly attribute: string };

/** With what it compares it; a sub and an ad id are named. */
export type RuleClickField =
  | { readonly field: 'external_id' }
  | { readonly field: 'sub' | 'ad_id'; readonly key: string };

/** By which fields an event and a click of the workspace may be known as belonging together. */
export type QuarantineRule = {
  readonly ruleId: QuarantineRuleId;
  readonly workspaceId: WorkspaceId;
  /** Null: the events of every source. */
  readonly sourceId: SourceId | null;
  readonly name: string;
  readonly event: RuleEventField;
  readonly click: RuleClickField;
  readonly isEnabled: boolean;
  readonly createdAtMs: number;
};

type Row = {
  rule_id: string;
  workspace_id: string;
  source_id: string | null;
  name: string;
  event_field: RuleEventField['field'];
  event_attribute: string | null;
  click_field: RuleClickField['field'];
  click_key: string | null;
  is_enabled: boolean;
  created_at: Date;
};

export async function insertQuarantineRule(db: Db, rule: QuarantineRule): Promise<void> {
  await db('quarantine_rules').insert({
    rule_id: uuidFromId(rule.ruleId),
    workspace_id: uuidFromId(rule.workspaceId),
    source_id: rule.sourceId === null ? null : uuidFromId(rule.sourceId),
    name: rule.name,
    event_field: rule.event.field,
    event_attribute: 'attribute' in rule.event ? rule.event.attribute : null,
    click_field: rule.click.field,
    click_key: 'key' in rule.click ? rule.click.key : null,
    is_enabled: rule.isEnabled,
    created_at: new Date(rule.createdAtMs),
  });
}

export async function findQuarantineRule(
  db: Db,
  workspaceId: WorkspaceId,
  ruleId: QuarantineRuleId,
): Promise<QuarantineRule | null> {
  const row = await db('quarantine_rules')
    .where({ workspace_id: uuidFromId(workspaceId), rule_id: uuidFromId(ruleId) })
    .first<Row | undefined>();
  return row === undefined ? null : fromRow(row);
}

export async function listQuarantineRules(
  db: Db,
  workspaceId: WorkspaceId,
  page: PageRequest,
): Promise<Page<QuarantineRule>> {
  const query = db('quarantine_rules').where('workspace_id', uuidFromId(workspaceId));
  return pageOf(query, 'rule_id', page, fromRow);
}

/**
 * Changes the name, or switches the rule on or off; what it compares never changes, so that what it has released stays
 * explained. Waits for releases under way. False when the workspace has no such rule.
 */
export async function changeQuarantineRule(
  trx: Db,
  workspaceId: WorkspaceId,
  ruleId: QuarantineRuleId,
  change: { readonly name?: string | undefined; readonly enabled?: boolean | undefined },
): Promise<boolean> {
  const count = await trx('quarantine_rules')
    .where({ workspace_id: uuidFromId(workspaceId), rule_id: uuidFromId(ruleId) })
    .update({
      ...(change.name !== undefined && { name: change.name }),
      ...(change.enabled !== undefined && { is_enabled: change.enabled }),
      // Switched on, it is applied to all that waits, from the first on.
      ...(change.enabled === true && { past_after: trx.raw('DEFAULT') }),
    });
  return count > 0;
}

function fromRow(row: Row): QuarantineRule {
  return {
    ruleId: idFromUuid('qrl', row.rule_id),
    workspaceId: idFromUuid('wsp', row.workspace_id),
    sourceId: nullableId('src', row.source_id),
    name: row.name,
    event:
      row.event_field === 'attribute'
        ? { field: 'attribute', attribute: row.event_attribute ?? '' }
        : { field: row.event_field },
    click:
      row.click_field === 'external_id'
        ? { field: 'external_id' }
        : { field: row.click_field, key: row.click_key ?? '' },
    isEnabled: row.is_enabled,
    createdAtMs: row.created_at.getTime(),
  };
}
