import { uuidFromId, type WorkspaceId } from '../../domain/ids';
import type { Db } from '../knex';
import { mintId } from '../mint-id';
import { rowBatch } from './row-batch';

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

const ENTRIES = rowBatch<AuditEntry>([
  ['audit_id', 'uuid', ({ nowMs }) => uuidFromId(mintId('aud', nowMs))],
  ['workspace_id', 'uuid', ({ workspaceId }) => uuidFromId(workspaceId)],
  ['at', 'timestamptz', ({ nowMs }) => nowMs],
  ['actor', 'text', ({ actor }) => actor],
  ['action', 'text', ({ action }) => action],
  ['subject', 'text', ({ subject }) => subject],
  ['cause', 'text', ({ cause }) => cause],
  ['detail', 'jsonb', ({ detail }) => JSON.stringify(detail ?? {})],
]);

/** Records one change. Call it in the transaction of the change itself, so that neither exists without the other. */
export async function recordAudit(db: Db, entry: AuditEntry): Promise<void> {
  await recordAudits(db, [entry]);
}

/** As `recordAudit`, in one statement for many changes. */
export async function recordAudits(db: Db, entries: readonly AuditEntry[]): Promise<void> {
  if (entries.length === 0) return;
  await db.raw(
    `INSERT INTO audit (audit_id, workspace_id, at, actor, action, subject, cause, detail) ${ENTRIES.select}`,
    ENTRIES.bindings(entries),
  );
}
