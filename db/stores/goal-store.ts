import type { Currency } from '../../domain/currencies';
import { type CampaignId, type GoalId, idFromUuid, uuidFromId, type WorkspaceId } from '../../domain/ids';
import type { GoalTerms } from '../../domain/value/goal';
import type { Db } from '../knex';
import type { Page, PageRequest } from '../page';
import { pageOf } from './page-of';

export type Goal = GoalTerms & {
  readonly goalId: GoalId;
  /** Null: the whole workspace. */
  readonly campaignId: CampaignId | null;
  readonly name: string;
  /** Calendar days of the time zone, both included. */
  readonly fromDay: string;
  readonly toDay: string;
  readonly timeZone: string;
  readonly createdAtMs: number;
};

type Row = {
  goal_id: string;
  campaign_id: string | null;
  name: string;
  metric: Goal['metric'];
  target: bigint;
  currency: Currency | null;
  from_day: string;
  to_day: string;
  time_zone: string;
  created_at: Date;
};

export async function insertGoal(db: Db, workspaceId: WorkspaceId, goal: Goal): Promise<void> {
  await db('goals').insert({
    goal_id: uuidFromId(goal.goalId),
    workspace_id: uuidFromId(workspaceId),
    campaign_id: goal.campaignId === null ? null : uuidFromId(goal.campaignId),
    metric: goal.metric,
    created_at: new Date(goal.createdAtMs),
    ...changeable(goal),
  });
}

/** Writes what may change of a goal; its campaign and metric stay. */
export async function updateGoal(db: Db, workspaceId: WorkspaceId, goal: Goal): Promise<void> {
  await db('goals').where(keyOf(workspaceId, goal.goalId)).update(changeable(goal));
}

/** The goal, held until the transaction ends when it is to be changed; null when the workspace has none with this id. */
export async function findGoal(
  db: Db,
  workspaceId: WorkspaceId,
  goalId: GoalId,
  { forUpdate = false }: { readonly forUpdate?: boolean } = {},
): Promise<Goal | null> {
  const query = db('goals').where(keyOf(workspaceId, goalId));
  const row = await (forUpdate ? query.forNoKeyUpdate() : query).first<Row | undefined>();
  return row === undefined ? null : fromRow(row);
}

export async function listGoals(
  db: Db,
  workspaceId: WorkspaceId,
  { campaignId }: { readonly campaignId?: CampaignId | undefined },
  page: PageRequest,
): Promise<Page<Goal>> {
  const query = db('goals')
    .select()
    .where({
      workspace_id: uuidFromId(workspaceId),
      ...(campaignId && { campaign_id: uuidFromId(campaignId) }),
    });
  return pageOf(query, 'goal_id', page, fromRow);
}

function changeable(goal: Goal): object {
  return {
    name: goal.name,
    target: goal.target,
    currency: goal.currency,
    from_day: goal.fromDay,
    to_day: goal.toDay,
    time_zone: goal.timeZone,
  };
}

function keyOf(workspaceId: WorkspaceId, goalId: GoalId): { workspace_id: string; goal_id: string } {
  return { workspace_id: uuidFromId(workspaceId), goal_id: uuidFromId(goalId) };
}

function fromRow(row: Row): Goal {
  return {
    goalId: idFromUuid('gol', row.goal_id),
    campaignId: row.campaign_id === null ? null : idFromUuid('cmp', row.campaign_id),
    name: row.name,
    metric: row.metric,
    target: row.target,
    currency: row.currency,
    fromDay: row.from_day,
    toDay: row.to_day,
    timeZone: row.time_zone,
    createdAtMs: row.created_at.getTime(),
  };
}
