import type { WorkspaceId } from '../../domain/ids';
import type { Db } from '../knex';

/**
 * The advisory lock that settlements of a workspace share, and that whoever changes the terms of the past takes alone:
 * a settlement either has committed before it, and is found, or reads the new terms.
 */
export function settlementGate(workspaceId: WorkspaceId): string {
  return `settlements ${workspaceId}`;
}

/**
 * Waits for settlements under way, and holds off others until the caller's transaction ends. Call it before
 * anything else is locked, as db/lock-order.ts has it, and before the new terms are written.
 */
export async function holdOffSettlements(trx: Db, workspaceId: WorkspaceId): Promise<void> {
  await trx.raw('SELECT pg_advisory_xact_lock(hashtextextended(?, 0))', [settlementGate(workspaceId)]);
}
