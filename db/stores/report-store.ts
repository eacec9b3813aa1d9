import { AppError, type FieldProblem } from '../../domain/errors';
import type { EventKind } from '../../domain/facts';
import { idFromUuid, uuidFromId } from '../../domain/ids';
import {
  reportTransaction,
  translateReport,
  unknownWords,
  withoutPlayer,
} from '../../domain/report/worded-report';
import type { Db } from '../knex';
import { mintId } from '../mint-id';
import { type Acceptance, acceptEvent } from './event-store';
import type { NewReport } from './new-report';
import { reportBodyHash, reportKey } from './report-identity';
import { findMisused, messageReused } from './signed-message-store';
import { lockMappings } from './status-mapping-store';

/** `refused` has stored nothing; everything else is kept for good. */
export type ReportAcceptance =
  | (Acceptance & {
      readonly senderEventId: string;
      /** Of a report that is kept until somebody says what its words mean. */
      readonly reason?: 'unmapped_status';
    })
  | { readonly status: 'refused'; readonly because: 'never_public'; readonly kind: EventKind }
  | { readonly status: 'refused'; readonly because: 'unfit'; readonly problems: readonly FieldProblem[] };

/**
 * Takes a report that holds a word which nobody understands without a mapping. Mapped, it is an event like any other;
 * unmapped, it is stored in its own words, with an identity as an event's in the inbox: a repeat is a duplicate, and
 * another content under the same key throws AppError `event_conflict`, a signed message that was used for something
 * else `message_reused`.
 */
export function acceptReport(db: Db, given: NewReport, nowMs: number): Promise<ReportAcceptance> {
  const report = given.trust === 'public' ? withoutPlayer(given.report) : given.report;
  return db.transaction(async (trx): Promise<ReportAcceptance> => {
    const mappings = await lockMappings(trx, given.sourceId, unknownWords(report));
    const translation = translateReport(report, given.trust, mappings);
    await useMessage(trx, given, translation.outcome === 'fact' ? translation.fact.kind : report.kind, nowMs);
    switch (translation.outcome) {
      case 'fact': {
        const { workspaceId, brandId, sourceId, trust, raw } = given;
        const event = { ...translation.fact, workspaceId, brandId, sourceId, trust, raw };
        return { ...(await acceptEvent(trx, event, nowMs)), senderEventId: event.senderEventId };
      }
      case 'never_public':
        return { status: 'refused', because: 'never_public', kind: translation.kind };
      case 'unfit':
        return { status: 'refused', because: 'unfit', problems: translation.problems };
      case 'unmapped':
        return storeReport(trx, { ...given, report }, nowMs);
    }
  });
}

async function useMessage(
  trx: Db,
  { sourceId, message }: NewReport,
  kind: EventKind | null,
  nowMs: number,
): Promise<void> {
  if (!message) return;
  const misused = await findMisused(trx, [{ sourceId, message, kind }], nowMs);
  if (misused.size > 0) throw messageReused();
}

async function storeReport(trx: Db, given: NewReport, nowMs: number): Promise<ReportAcceptance> {
  const transaction = reportTransaction(given.report);
  if (transaction === null) {
    const problems = [{ path: 'click_id', message: 'is needed' }];
    return { status: 'refused', because: 'unfit', problems };
  }
  const senderEventId = given.report.fields.eventId ?? transaction;
  const key = reportKey(given, transaction);
  const hash = reportBodyHash(given);
  const id = mintId('evt', nowMs);
  if (await insertReport(trx, given, { reportUuid: uuidFromId(id), key, hash, senderEventId, nowMs })) {
    return { status: 'quarantined', id, senderEventId, reason: 'unmapped_status' };
  }
  const first = await trx('unmapped_reports')
    .where({
      workspace_id: uuidFromId(given.workspaceId),
      brand_id: uuidFromId(given.brandId),
      report_key: key,
    })
    .first<{ report_id: string; event_id: string | null; body_hash: Buffer } | undefined>();
  if (first === undefined) throw new Error('a report conflicted with a row that cannot be seen');
  const firstId = idFromUuid('evt', first.event_id ?? first.report_id);
  if (first.body_hash.equals(hash)) return { status: 'duplicate', id: firstId, senderEventId };
  throw new AppError(
    'event_conflict',
    `This report was received before with another content; the first, ${firstId}, stands.`,
  );
}

/** False when the report is there already. Waits for a concurrent writer of the same key to commit or give up. */
async function insertReport(
  trx: Db,
  { workspaceId, brandId, sourceId, trust, report, raw }: NewReport,
  given: {
    readonly reportUuid: string;
    readonly key: string;
    readonly hash: Buffer;
    readonly senderEventId: string;
    readonly nowMs: number;
  },
): Promise<boolean> {
  const { rows } = await trx.raw<{ rows: unknown[] }>(
    `WITH stored AS (
       INSERT INTO unmapped_reports (report_id, workspace_id, brand_id, source_id, trust, report_key, body_hash,
         sender_event_id, kind, status, event_word, status_word, fields, unknown_fields, received_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?::jsonb, ?, ?)
       ON CONFLICT (workspace_id, brand_id, report_key) DO NOTHING RETURNING report_id
     )
     INSERT INTO unmapped_report_raw (report_id, body, ip, user_agent)
     SELECT report_id, ?::jsonb, ?::inet, ? FROM stored RETURNING report_id`,
    [
      ...[given.reportUuid, uuidFromId(workspaceId), uuidFromId(brandId), uuidFromId(sourceId), trust],
      ...[
        given.key,
        given.hash,
        given.senderEventId,
        report.kind,
        report.status,
        report.eventWord,
        report.statusWord,
      ],
      ...[JSON.stringify(report.fields), report.unknownFields, new Date(given.nowMs)],
      ...[JSON.stringify(raw.body), raw.ip, raw.userAgent],
    ],
  );
  return rows.length > 0;
}
