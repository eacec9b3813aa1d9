import {
  type ConversionId,
  type DestinationId,
  idFromUuid,
  type PostbackId,
  uuidFromId,
} from '../../domain/ids';
import { toIso } from '../../domain/time';
import type { Db } from '../knex';
import type { AttemptOutcome } from '../stores/delivery-store';
import { type BoundedList, boundedList } from './bounded-list';
import type { PostbackStatus } from './postback-deliveries';
import { nullableIso } from './row-values';

/** Whom a conversion was told to, and how that went; what was sent is told by the postback itself. */
export type ExplainedDelivery = {
  readonly postbackId: PostbackId;
  readonly destination: {
    readonly destinationId: DestinationId;
    readonly name: string;
    readonly kind: string;
  };
  readonly event: string;
  /** Of a correction: the key of the report that it corrects. */
  readonly corrects: string | null;
  /** A correction that leaves nothing of the report. */
  readonly withdrawal: boolean;
  readonly status: PostbackStatus;
  readonly createdAt: string;
  readonly deliveredAt: string | null;
  readonly deadAt: string | null;
  readonly deadReason: string | null;
  readonly attemptCount: number;
  /** The latest first. */
  readonly attempts: readonly {
    readonly at: string;
    readonly outcome: AttemptOutcome | null;
    readonly status: number | null;
    readonly reason: string | null;
  }[];
};

const DELIVERIES_MAX = 50;
const ATTEMPTS_MAX = 10;

type AttemptRow = {
  atMs: number;
  outcome: AttemptOutcome | null;
  status: number | null;
  reason: string | null;
};

type Row = {
  postback_id: string;
  destination_id: string;
  name: string;
  kind: string;
  event_kind: string;
  corrects: string | null;
  is_withdrawal: boolean;
  status: PostbackStatus;
  created_at: Date;
  delivered_at: Date | null;
  dead_at: Date | null;
  dead_reason: string | null;
  attempt_count: number;
  attempts: AttemptRow[];
};

/** Oldest first. One statement. */
export async function readExplainedDeliveries(
  db: Db,
  conversionId: ConversionId,
): Promise<BoundedList<ExplainedDelivery>> {
  const { rows } = await db.raw<{ rows: Row[] }>(
    `SELECT k.postback_id, k.destination_id, d.name, d.kind, k.event_kind, k.corrects, k.is_withdrawal, k.status,
       k.created_at, k.delivered_at, k.dead_at, k.dead_reason,
       (SELECT count(*)::integer FROM postback_attempts AS t WHERE t.postback_id = k.postback_id) AS attempt_count,
       coalesce((SELECT jsonb_agg(to_jsonb(a)) FROM (
           SELECT (extract(epoch FROM t.started_at) * 1000)::bigint AS "atMs", t.outcome, t.http_status AS status,
             t.reason
           FROM postback_attempts AS t WHERE t.postback_id = k.postback_id
           ORDER BY t.attempt_no DESC LIMIT ?
         ) AS a), '[]') AS attempts
     FROM postbacks AS k JOIN destinations AS d ON d.destination_id = k.destination_id
     WHERE k.conversion_id = ? ORDER BY k.postback_id LIMIT ?`,
    [ATTEMPTS_MAX, uuidFromId(conversionId), DELIVERIES_MAX + 1],
  );
  return boundedList(rows, DELIVERIES_MAX, (row) => ({
    postbackId: idFromUuid('pbk', row.postback_id),
    destination: {
      destinationId: idFromUuid('dst', row.destination_id),
      name: row.name,
      kind: row.kind,
    },
    event: row.event_kind,
    corrects: row.corrects,
    withdrawal: row.is_withdrawal,
    status: row.status,
    createdAt: row.created_at.toISOString(),
    deliveredAt: nullableIso(row.delivered_at),
    deadAt: nullableIso(row.dead_at),
    deadReason: row.dead_reason,
    attemptCount: row.attempt_count,
    attempts: row.attempts.map(({ atMs, ...attempt }) => ({ at: toIso(atMs), ...attempt })),
  }));
}
