import type { Response } from 'express';
import type { Db } from '../../db/knex';
import { recordAudit, recordAudits } from '../../db/stores/audit-store';
import type { WorkspaceId } from '../../domain/ids';
import type { ApiDeps } from '../deps';
import { principalOf } from '../middleware/authenticate';
import { requestIdOf } from '../middleware/request-id';

type ChangedThing = { readonly subject: string; readonly detail: object };

/** One change of set-up: whose, when, and how it gets into the audit. */
export type Change = {
  readonly workspaceId: WorkspaceId;
  readonly nowMs: number;
  /** Writes the audit entry, in the transaction of the change. `detail` never holds a secret. */
  record(trx: Db, action: string, subject: string, detail: object): Promise<void>;
  /** As `record`, for many things at once. */
  recordEach(trx: Db, action: string, changed: readonly ChangedThing[]): Promise<void>;
};

export function changeBy(deps: ApiDeps, res: Response): Change {
  const { workspaceId, actor } = principalOf(res);
  const nowMs = deps.clock.nowMs();
  const cause = `request:${requestIdOf(res)}`;
  return {
    workspaceId,
    nowMs,
    record: (trx, action, subject, detail) =>
      recordAudit(trx, { workspaceId, nowMs, actor, action, subject, cause, detail }),
    recordEach: (trx, action, changed) =>
      recordAudits(
        trx,
        changed.map((thing) => ({ workspaceId, nowMs, actor, action, cause, ...thing })),
      ),
  };
}

/**
 * Makes a committed change visible to this process's clicks before it is answered. The change stands in any case:
 * when the reload fails, the notification of the commit or the next reconnect brings it.
 */
export async function publishChange(deps: ApiDeps): Promise<void> {
  try {
    await deps.catalog.refresh();
  } catch (error) {
    deps.logger.warn({ err: error }, 'campaign catalog not refreshed after a change');
  }
}
