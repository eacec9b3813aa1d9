import { type Id, idFromUuid, uuidFromId, type WorkspaceId } from '../../domain/ids';
import type { Db } from '../knex';
import type { Page, PageRequest } from '../page';
import { cutPage } from './cut-page';

/** One recorded change: who did what to which thing, when and why. */
export type AuditRecord = {
  readonly auditId: Id<'aud'>;
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly cause: string;
  readonly detail: Readonly<Record<string, unknown>>;
};

type Row = {
  audit_id: string;
  at: Date;
  actor: string;
  action: string;
  subject: string;
  cause: string;
  detail: Record<string, unknown>;
};

/** The changes of the workspace, or of one thing in it, oldest first. */
export async function listAuditTrail(
  db: Db,
  workspaceId: WorkspaceId,
  filter: { readonly subject?: string | undefined },
  page: PageRequest,
): Promise<Page<AuditRecord>> {
  const { rows } = await db.raw<{ rows: Row[] }>(
    `SELECT audit_id, at, actor, action, subject, cause, detail FROM audit
     WHERE workspace_id = :workspace
       AND (CAST(:subject AS text) IS NULL OR subject = :subject)
       AND (CAST(:after AS uuid) IS NULL OR audit_id > :after)
     ORDER BY audit_id LIMIT :limit`,
    {
      workspace: uuidFromId(workspaceId),
      subject: filter.subject ?? null,
      after: page.afterUuid,
      limit: page.limit + 1,
    },
  );
  return cutPage(rows, page, (row) => row.audit_id, toAuditRecord);
}

function toAuditRecord({ audit_id, at, ...row }: Row): AuditRecord {
  return { auditId: idFromUuid('aud', audit_id), at: at.toISOString(), ...row };
}
