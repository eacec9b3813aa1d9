import { uuidFromId, type WorkspaceId } from '../../domain/ids';
import type { Db } from '../knex';
import { mintId } from '../mint-id';

export type AuditEntry = {
  readonly workspaceId: WorkspaceId;
  readonly nowMs: number;
  /** Who: `key:key_01…`, `source:src_01…`, `command:start`. */
  readonly actor: string;
  /** What, as `<thing>.<past tense>`: `offer.created`. */
  readonly action: string;
  /** The id of the thing. */
  readonly subject: string;
  /** Why or through what: the request id, the command. */
  readonly cause: string;
  /** What changed; never a secret. */
  readonly detail?: object;
};

/** Records one change. Call it in the transaction of the change itself, so that neither exists without the other. */
export async function recordAudit(db: Db, entry: AuditEntry): Promise<void> {
  await recordAudits(db, [entry]);
}

/** As `recordAudit`, in one statement for many changes. */
export async function recordAudits(db: Db, entries: readonly AuditEntry[]): Promise<void> {
  if (entries.length === 0) return;
  await db('audit').insert(
    entries.map((entry) => ({
      audit_id: uuidFromId(mintId('aud', entry.nowMs)),
      workspace_id: uuidFromId(entry.workspaceId),
      at: new Date(entry.nowMs),
      actor: entry.actor,
      action: entry.action,
      subject: entry.subject,
      cause: entry.cause,
      detail: JSON.stringify(entry.detail ?? {}),
    })),
  );
}
