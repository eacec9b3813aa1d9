import type { Trust } from '../../domain/facts';
import {
  type ClickId,
  type ConversionId,
  type DestinationId,
  idFromUuid,
  type PostbackId,
  uuidFromId,
  type WorkspaceId,
} from '../../domain/ids';
import { toIso } from '../../domain/time';
import type { Db } from '../knex';
import { type Page, type PageRequest, WIDE_PAGE_MAX } from '../page';
import type { AttemptOutcome } from '../stores/delivery-store';
import { cutPage } from './cut-page';
import { nullableId, nullableIso, nullableUuid } from './row-values';
import { trustOfConversionSql } from './trust';

export const POSTBACK_STATUSES = ['pending', 'delivered', 'dead'] as const;
export type PostbackStatus = (typeof POSTBACK_STATUSES)[number];

export type AttemptView = {
  readonly at: string;
  /** The HTTP status; null when there was no answer. */
  readonly status: number | null;
  readonly latencyMs: number | null;
  /** Null while the attempt is under way. */
  readonly outcome: AttemptOutcome | null;
  readonly reason: string | null;
  /** The beginning of the answer. */
  readonly excerpt: string | null;
};

/** More than one run of a postback has; every replay adds a run. */
const ATTEMPTS_MAX = 50;

/** One delivery duty and its latest tries, oldest first. Times are ISO 8601. */
export type PostbackDelivery = {
  readonly postbackId: PostbackId;
  readonly destinationId: DestinationId;
  readonly clickId: ClickId | null;
  readonly conversionId: ConversionId | null;
  readonly event: string;
  /** How far the one is known who reported the conversion; null of a test. */
  readonly trust: Trust | null;
  readonly status: PostbackStatus;
  readonly key: string;
  readonly test: boolean;
  readonly createdAt: string;
  /** Since when it is kept because its destination is paused. */
  readonly heldSince: string | null;
  readonly deliveredAt: string | null;
  readonly deadAt: string | null;
  readonly deadReason: string | null;
  readonly request: { readonly method: string; readonly url: string; readonly body: string | null };
  readonly attempts: readonly AttemptView[];
};

export type PostbackFilter = {
  readonly postbackId?: PostbackId | undefined;
  readonly status?: PostbackStatus | undefined;
  readonly clickId?: ClickId | undefined;
  readonly destinationId?: DestinationId | undefined;
  readonly conversionId?: ConversionId | undefined;
  /** Why it became a dead letter. */
  readonly reason?: string | undefined;
  /** The first moment of having become a dead letter, and the first one after it. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
};

type AttemptRow = Omit<AttemptView, 'at'> & { atMs: number };

type Row = {
  postback_id: string;
  destination_id: string;
  click_id: string | null;
  conversion_id: string | null;
  event_kind: string;
  trust: Trust | null;
  status: PostbackStatus;
  key: string;
  is_test: boolean;
  created_at: Date;
  held_at: Date | null;
  delivered_at: Date | null;
  dead_at: Date | null;
  dead_reason: string | null;
  method: string;
  url: string;
  body: string | null;
  attempts: AttemptRow[];
};

/** Postbacks of the workspace with their attempts, latest first. One statement, whatever their number. */
export async function listPostbackDeliveries(
  db: Db,
  workspaceId: WorkspaceId,
  filter: PostbackFilter,
  page: PageRequest,
): Promise<Page<PostbackDelivery>> {
  const limit = Math.min(page.limit, WIDE_PAGE_MAX);
  const { rows } = await db.raw<{ rows: Row[] }>(
    `SELECT k.postback_id, k.destination_id, k.click_id, k.conversion_id, k.event_kind, k.status, k.key, k.is_test,
       k.created_at, k.held_at, k.delivered_at, k.dead_at, k.dead_reason, k.method, k.url, k.body,
       ${trustOfConversionSql('k.conversion_id')} AS trust,
       coalesce((SELECT jsonb_agg(jsonb_build_object(
           'atMs', (extract(epoch FROM t.started_at) * 1000)::bigint, 'status', t.http_status,
           'latencyMs', t.latency_ms, 'outcome', t.outcome, 'reason', t.reason, 'excerpt', t.excerpt)
           ORDER BY t.attempt_no)
         FROM (SELECT * FROM postback_attempts AS a WHERE a.postback_id = k.postback_id
           ORDER BY a.attempt_no DESC LIMIT ${ATTEMPTS_MAX}) AS t), '[]') AS attempts
     FROM postbacks AS k
     WHERE k.workspace_id = :workspace
       AND (CAST(:postback AS uuid) IS NULL OR k.postback_id = :postback)
       AND (CAST(:status AS text) IS NULL OR k.status = :status)
       AND (CAST(:click AS uuid) IS NULL OR k.click_id = :click)
       AND (CAST(:destination AS uuid) IS NULL OR k.destination_id = :destination)
       AND (CAST(:conversion AS uuid) IS NULL OR k.conversion_id = :conversion)
       AND (CAST(:reason AS text) IS NULL OR k.dead_reason = :reason)
       AND (CAST(:from AS timestamptz) IS NULL OR k.dead_at >= :from)
       AND (CAST(:to AS timestamptz) IS NULL OR k.dead_at < :to)
       AND (CAST(:after AS uuid) IS NULL OR k.postback_id < :after)
     ORDER BY k.postback_id DESC LIMIT :limit`,
    {
      workspace: uuidFromId(workspaceId),
      postback: nullableUuid(filter.postbackId),
      status: filter.status ?? null,
      click: nullableUuid(filter.clickId),
      destination: nullableUuid(filter.destinationId),
      conversion: nullableUuid(filter.conversionId),
      reason: filter.reason ?? null,
      from: filter.from === undefined ? null : new Date(filter.from),
      to: filter.to === undefined ? null : new Date(filter.to),
      after: page.afterUuid,
      limit: limit + 1,
    },
  );
  return cutPage(rows, { ...page, limit }, (row) => row.postback_id, toPostbackDelivery);
}

/** One postback of the workspace, or null. */
export async function readPostbackDelivery(
  db: Db,
  workspaceId: WorkspaceId,
  postbackId: PostbackId,
): Promise<PostbackDelivery | null> {
  const page = { limit: 1, afterUuid: null };
  const { items } = await listPostbackDeliveries(db, workspaceId, { postbackId }, page);
  return items[0] ?? null;
}

function toPostbackDelivery(row: Row): PostbackDelivery {
  return {
    postbackId: idFromUuid('pbk', row.postback_id),
    destinationId: idFromUuid('dst', row.destination_id),
    clickId: nullableId('clk', row.click_id),
    conversionId: nullableId('cnv', row.conversion_id),
    event: row.event_kind,
    trust: row.trust,
    status: row.status,
    key: row.key,
    test: row.is_test,
    createdAt: row.created_at.toISOString(),
    heldSince: nullableIso(row.held_at),
    deliveredAt: nullableIso(row.delivered_at),
    deadAt: nullableIso(row.dead_at),
    deadReason: row.dead_reason,
    request: { method: row.method, url: row.url, body: row.body },
    attempts: row.attempts.map(({ atMs, ...attempt }) => ({ at: toIso(atMs), ...attempt })),
  };
}
