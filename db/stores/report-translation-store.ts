import { AppError } from '../../domain/errors';
import type { DepositStatus, EventKind, Trust } from '../../domain/facts';
import { type EventId, idFromUuid, type StatusMappingId, uuidFromId } from '../../domain/ids';
import type { ReportFields } from '../../domain/report/report-fields';
import {
  type Translation,
  translateReport,
  unknownWords,
  type WordedReport,
} from '../../domain/report/worded-report';
import { MINUTE_MS } from '../../domain/time';
import type { Db } from '../knex';
import { acceptEvent } from './event-store';
import { lockMappings } from './status-mapping-store';

/** A report that was on its way when a mapping was made, and did not see it, is stored by then. */
const ON_ITS_WAY_MS = 5 * MINUTE_MS;

/**
 * Translates up to `limit` stored reports one of whose words a mapping explains under which they were not tried yet;
 * with a mapping given, those of that one. A mapping under which all have been tried is not looked at again. Each report is one transaction: a process that dies leaves whole reports,
 * and whoever comes next goes on. Several may work at once; each report becomes an event once.
 */
export async function translateReports(
  db: Db,
  nowMs: number,
  limit: number,
  mappingId?: StatusMappingId,
): Promise<EventId[]> {
  const due = await untriedReports(db, limit, mappingId);
  const translated: EventId[] = [];
  const failures: unknown[] = [];
  for (const reportUuid of due) {
    try {
      const eventId = await db.transaction((trx) => translateOne(trx, reportUuid, nowMs));
      if (eventId !== null) translated.push(eventId);
    } catch (error) {
      // One that always fails must not keep the others waiting.
      failures.push(error);
    }
  }
  if (due.length < limit) await noteTried(db, nowMs);
  if (failures.length > 0) throw new AggregateError(failures, 'reports could not be translated');
  return translated;
}

/** Reports with a mapping's word in one of the two places, which were not tried under it. */
const untried = (column: 'event_word' | 'status_word') => `
  unmapped_reports AS r WHERE r.source_id = m.source_id AND r.${column} = m.word AND r.resolved_at IS NULL
    AND m.mapping_id <> ALL (r.tried_mappings)`;

async function untriedReports(db: Db, limit: number, mappingId?: StatusMappingId): Promise<string[]> {
  const waiting = (column: 'event_word' | 'status_word') => `
    SELECT r.report_id FROM status_mappings AS m CROSS JOIN LATERAL (SELECT r.report_id FROM ${untried(column)}) AS r
    WHERE m.retired_at IS NULL AND m.past_tried_at IS NULL
      AND (CAST(:mapping AS uuid) IS NULL OR m.mapping_id = :mapping)`;
  const { rows } = await db.raw<{ rows: { report_id: string }[] }>(
    `${waiting('event_word')} UNION ${waiting('status_word')} ORDER BY report_id LIMIT :limit`,
    { mapping: mappingId === undefined ? null : uuidFromId(mappingId), limit },
  );
  return rows.map((row) => row.report_id);
}

async function noteTried(db: Db, nowMs: number): Promise<void> {
  await db.raw(
    `UPDATE status_mappings AS m SET past_tried_at = ?
     WHERE m.past_tried_at IS NULL AND (m.retired_at IS NOT NULL OR (m.created_at <= ?
       AND NOT EXISTS (SELECT FROM ${untried('event_word')}) AND NOT EXISTS (SELECT FROM ${untried('status_word')})))`,
    [new Date(nowMs), new Date(nowMs - ON_ITS_WAY_MS)],
  );
}

type Row = {
  report_id: string;
  workspace_id: string;
  brand_id: string;
  source_id: string;
  trust: Trust;
  kind: EventKind | null;
  status: DepositStatus | null;
  event_word: string | null;
  status_word: string | null;
  fields: ReportFields;
  unknown_fields: number;
  received_at: Date;
  body: unknown;
  ip: string | null;
  user_agent: string | null;
};

/** Null when the report stays what it is, or somebody else works on it. */
async function translateOne(trx: Db, reportUuid: string, nowMs: number): Promise<EventId | null> {
  const { rows } = await trx.raw<{ rows: Row[] }>(
    `SELECT r.*, raw.body, host(raw.ip) AS ip, raw.user_agent FROM unmapped_reports AS r
     LEFT JOIN unmapped_report_raw AS raw ON raw.report_id = r.report_id
     WHERE r.report_id = ? AND r.resolved_at IS NULL FOR UPDATE OF r SKIP LOCKED`,
    [reportUuid],
  );
  const row = rows[0];
  if (row === undefined) return null;
  const report = toReport(row);
  const mappings = await lockMappings(trx, idFromUuid('src', row.source_id), unknownWords(report));
  const translation = translateReport(report, row.trust, mappings);
  const result = await acceptTranslation(trx, row, translation, nowMs);
  if ('eventId' in result) {
    await resolve(trx, reportUuid, result.eventId, mappings, nowMs);
    return result.eventId;
  }
  await trx('unmapped_reports')
    .where('report_id', reportUuid)
    .update({
      tried_mappings: mappings.map(({ mappingId }) => uuidFromId(mappingId)),
      problem: result.problem,
    });
  return null;
}

/** The event that the report has become, or was already; else what keeps it from being one, null for an unknown word. */
async function acceptTranslation(
  trx: Db,
  row: Row,
  translation: Translation,
  nowMs: number,
): Promise<{ readonly eventId: EventId } | { readonly problem: string | null }> {
  switch (translation.outcome) {
    case 'unmapped':
      return { problem: null };
    case 'never_public':
      return { problem: `A public report can never be a ${translation.kind}.` };
    case 'unfit':
      return {
        problem: translation.problems.map(({ path, message }) => `${path} ${message}.`).join(' '),
      };
    case 'fact':
      break;
  }
  const event = {
    ...translation.fact,
    workspaceId: idFromUuid('wsp', row.workspace_id),
    brandId: idFromUuid('brd', row.brand_id),
    sourceId: idFromUuid('src', row.source_id),
    trust: row.trust,
    raw: { body: row.body ?? {}, ip: row.ip, userAgent: row.user_agent },
  };
  const acknowledged = { id: idFromUuid('evt', row.report_id), receivedAtMs: row.received_at.getTime() };
  try {
    return { eventId: (await acceptEvent(trx, event, nowMs, acknowledged)).id };
  } catch (error) {
    // It has left nothing: within a transaction an event is accepted in one of its own.
    if (error instanceof AppError && error.code === 'event_conflict') return { problem: error.message };
    throw error;
  }
}

/** The raw form went with the event; of a repeat the first one's is kept. */
async function resolve(
  trx: Db,
  reportUuid: string,
  eventId: EventId,
  mappings: readonly { readonly mappingId: StatusMappingId }[],
  nowMs: number,
): Promise<void> {
  await trx('unmapped_report_raw').where('report_id', reportUuid).delete();
  await trx('unmapped_reports')
    .where('report_id', reportUuid)
    .update({
      resolved_at: new Date(nowMs),
      resolved_by: mappings.map(({ mappingId }) => `mapping:${mappingId}`).join(' '),
      event_id: uuidFromId(eventId),
      tried_mappings: mappings.map(({ mappingId }) => uuidFromId(mappingId)),
      problem: null,
    });
}

function toReport(row: Row): WordedReport {
  return {
    kind: row.kind,
    status: row.status,
    eventWord: row.event_word,
    statusWord: row.status_word,
    fields: row.fields,
    unknownFields: row.unknown_fields,
  };
}
