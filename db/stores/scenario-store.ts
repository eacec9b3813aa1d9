import { idFromUuid, type ScenarioId, uuidFromId, type WorkspaceId } from '../../domain/ids';
import type { ScenarioDays, ScenarioKind } from '../../domain/scenario/scenario';
import type { Db } from '../knex';
import type { Page, PageRequest } from '../page';
import { pageOf } from './page-of';

export type Scenario = ScenarioDays & {
  readonly scenarioId: ScenarioId;
  readonly name: string;
  readonly kind: ScenarioKind;
  readonly tag: string;
  readonly timeZone: string;
  readonly createdAtMs: number;
};

type Row = {
  scenario_id: string;
  name: string;
  kind: ScenarioKind;
  tag: string;
  from_day: string;
  to_day: string | null;
  weekdays: number[] | null;
  time_zone: string;
  created_at: Date;
};

export async function insertScenario(db: Db, workspaceId: WorkspaceId, scenario: Scenario): Promise<void> {
  await db('scenarios').insert({
    scenario_id: uuidFromId(scenario.scenarioId),
    workspace_id: uuidFromId(workspaceId),
    created_at: new Date(scenario.createdAtMs),
    ...changeable(scenario),
  });
}

export async function updateScenario(db: Db, workspaceId: WorkspaceId, scenario: Scenario): Promise<void> {
  await db('scenarios').where(keyOf(workspaceId, scenario.scenarioId)).update(changeable(scenario));
}

/** The scenario, held until the transaction ends when it is to be changed; null when the workspace has none with this id. */
export async function findScenario(
  db: Db,
  workspaceId: WorkspaceId,
  scenarioId: ScenarioId,
  { forUpdate = false }: { readonly forUpdate?: boolean } = {},
): Promise<Scenario | null> {
  const query = db('scenarios').where(keyOf(workspaceId, scenarioId));
  const row = await (forUpdate ? query.forNoKeyUpdate() : query).first<Row | undefined>();
  return row === undefined ? null : fromRow(row);
}

export async function listScenarios(
  db: Db,
  workspaceId: WorkspaceId,
  page: PageRequest,
): Promise<Page<Scenario>> {
  const query = db('scenarios')
    .select()
    .where({ workspace_id: uuidFromId(workspaceId) });
  return pageOf(query, 'scenario_id', page, fromRow);
}

function changeable(scenario: Scenario): object {
  return {
    name: scenario.name,
    kind: scenario.kind,
    tag: scenario.tag,
    from_day: scenario.fromDay,
    to_day: scenario.toDay,
    weekdays: scenario.weekdays === null ? null : [...scenario.weekdays],
    time_zone: scenario.timeZone,
  };
}

function keyOf(
  workspaceId: WorkspaceId,
  scenarioId: ScenarioId,
): { workspace_id: string; scenario_id: string } {
  return { workspace_id: uuidFromId(workspaceId), scenario_id: uuidFromId(scenarioId) };
}

function fromRow(row: Row): Scenario {
  return {
    scenarioId: idFromUuid('scn', row.scenario_id),
    name: row.name,
    kind: row.kind,
    tag: row.tag,
    fromDay: row.from_day,
    toDay: row.to_day,
    weekdays: row.weekdays,
    timeZone: row.time_zone,
    createdAtMs: row.created_at.getTime(),
  };
}
