import type { Currency } from '../../domain/currencies';
import { uuidFromId, type WorkspaceId } from '../../domain/ids';
import type { Db } from '../knex';

export type WorkspaceSettings = {
  readonly name: string;
  /** In which reports add up what has a known rate. */
  readonly reportingCurrency: Currency;
  readonly createdAtMs: number;
};

type Row = { name: string; reporting_currency: Currency; created_at: Date };

export async function readWorkspaceSettings(db: Db, workspaceId: WorkspaceId): Promise<WorkspaceSettings> {
  const row = await db('workspaces')
    .where({ workspace_id: uuidFromId(workspaceId) })
    .first<Row | undefined>('name', 'reporting_currency', 'created_at');
  if (row === undefined) throw new Error(`workspace ${workspaceId} does not exist`);
  return {
    name: row.name,
    reportingCurrency: row.reporting_currency,
    createdAtMs: row.created_at.getTime(),
  };
}

export async function updateReportingCurrency(
  db: Db,
  workspaceId: WorkspaceId,
  currency: Currency,
): Promise<void> {
  await db('workspaces')
    .where({ workspace_id: uuidFromId(workspaceId) })
    .update({ reporting_currency: currency });
}
