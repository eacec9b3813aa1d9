import { randomUUID } from 'node:crypto';
import type { Db } from '../../db/knex';

/** A sound cost, rate, goal, scenario and version of segment rules; the cost is of the workspace's first campaign. */
export async function insertValueRows(db: Db, workspaceUuid: string): Promise<void> {
  const at = '2026-11-21T00:00:00Z';
  const day = '2026-11-21';
  await db.raw(
    `INSERT INTO costs (cost_id, revision, workspace_id, campaign_id, from_day, to_day, amount_minor, currency, created_by, created_at)
     SELECT ?, 1, workspace_id, campaign_id, ?, ?, 100, 'EUR', 'test', ? FROM campaigns WHERE workspace_id = ? LIMIT 1`,
    [randomUUID(), day, day, at, workspaceUuid],
  );
  await db('fx_rates').insert({
    rate_id: randomUUID(),
    workspace_id: workspaceUuid,
    from_currency: 'EUR',
    to_currency: 'USD',
    rate: '1.1',
    source: 'test',
    rated_at: at,
    created_by: 'test',
    created_at: at,
  });
  await db('goals').insert({
    goal_id: randomUUID(),
    workspace_id: workspaceUuid,
    name: 'A goal',
    metric: 'spend',
    target: 100,
    currency: 'EUR',
    from_day: day,
    to_day: day,
    time_zone: 'UTC',
    created_at: at,
  });
  await db('scenarios').insert({
    scenario_id: randomUUID(),
    workspace_id: workspaceUuid,
    name: 'A scenario',
    kind: 'weekend',
    tag: 'weekend',
    from_day: day,
    to_day: day,
    weekdays: [6, 7],
    time_zone: 'UTC',
    created_at: at,
  });
  await db('segment_rule_sets').insert({
    workspace_id: workspaceUuid,
    version: 2,
    rules: '[]',
    created_by: 'test',
    created_at: at,
  });
}
