import { AppError } from '../../domain/errors';
import type { Decision } from '../../domain/facts';
import {
  type BrandId,
  type ConversionId,
  type EventId,
  idFromUuid,
  uuidFromId,
  type WorkspaceId,
} from '../../domain/ids';
import type { ConversionStatus } from '../../domain/settlement/books';
import { isRulable } from '../../domain/settlement/rulings';
import type { Db } from '../knex';
import { mintId } from '../mint-id';
import { recordAudit } from './audit-store';
import { enqueue, OUTBOX_CHANNEL } from './outbox-store';
import { lockSubject } from './subject-lock';

/** Of a conversion `c`: nobody has ruled on it whose ruling is still on its way. */
export const HAS_NO_OPEN_RULING = `NOT EXISTS (SELECT 1 FROM events AS r
  WHERE r.ruled_conversion_id = c.conversion_id AND r.handled_at IS NULL)`;

/** What somebody says of a conversion, having seen a revision of it. */
export type NewRuling = {
  readonly workspaceId: WorkspaceId;
  readonly conversionId: ConversionId;
  /** The revision that was seen; another one in the meantime refuses the ruling. */
  readonly revision: number;
  readonly decision: Decision;
  readonly reason: string;
  /** Who rules: a key, or the time-out policy. */
  readonly actor: string;
};

/** `revision` is the conversion's new one; its status follows when the ruling is settled. */
export type AcceptedRuling = { readonly rulingId: EventId; readonly revision: number };

type Row = {
  brand_id: string;
  source_id: string;
  event_id: string;
  player_id: string | null;
  revision: number;
  status: ConversionStatus;
  reason: string | null;
};

/**
 * Stores a ruling as a fact, with the outbox row that carries it to the player's workflow, in the caller's
 * transaction; nothing else is changed but the conversion's revision, so no revision is ever ruled on twice. Throws
 * AppError `not_found` for a conversion of nobody or of another workspace, `stale_revision` when it was changed since
 * it was seen, and `not_reviewable` when its status follows from the transaction alone.
 */
export async function acceptRuling(trx: Db, ruling: NewRuling, nowMs: number): Promise<AcceptedRuling> {
  const seen = await readConversion(trx, ruling);
  if (seen === null) throw notFound(ruling.conversionId);
  // The lock that settlement takes, before the revision is compared: a settlement under way may change it.
  await lockSubject(
    trx,
    seen.player_id === null ? idFromUuid('evt', seen.event_id) : idFromUuid('ply', seen.player_id),
  );
  // And the row itself, which a payout changes without that lock.
  const row = (await readConversion(trx, ruling, 'FOR NO KEY UPDATE OF c')) ?? seen;
  if (row.revision !== ruling.revision) {
    throw new AppError(
      'stale_revision',
      `The conversion is at revision ${row.revision}, not ${ruling.revision}: read it again, then decide.`,
    );
  }
  if (!isRulable(row.status, row.reason)) {
    throw new AppError(
      'not_reviewable',
      `A conversion that is ${row.status} (${row.reason ?? 'no reason'}) is not for a person to decide.`,
    );
  }
  const rulingId = mintId('evt', nowMs);
  await trx('conversions')
    .where('conversion_id', uuidFromId(ruling.conversionId))
    .update({ revision: row.revision + 1 });
  await insertFact(trx, rulingId, ruling, row, nowMs);
  await enqueue(trx, 'event', [{ workspaceId: ruling.workspaceId, refUuid: uuidFromId(rulingId) }], nowMs);
  await trx.raw('SELECT pg_notify(?, ?)', [OUTBOX_CHANNEL, '']);
  await recordAudit(trx, {
    workspaceId: ruling.workspaceId,
    actor: ruling.actor,
    action: 'conversion.ruled',
    subject: ruling.conversionId,
    cause: rulingId,
    detail: { decision: ruling.decision, reason: ruling.reason, revision: ruling.revision },
    nowMs,
  });
  return { rulingId, revision: row.revision + 1 };
}

function notFound(conversionId: ConversionId): AppError {
  return new AppError('not_found', `There is no conversion ${conversionId}.`);
}

async function readConversion(
  trx: Db,
  { workspaceId, conversionId }: NewRuling,
  lock: 'FOR NO KEY UPDATE OF c' | '' = '',
): Promise<Row | null> {
  const { rows } = await trx.raw<{ rows: Row[] }>(
    `SELECT c.brand_id, e.source_id, c.event_id, c.player_id, c.revision, c.status, c.reason
     FROM conversions AS c JOIN events AS e ON e.event_id = c.event_id
     WHERE c.conversion_id = ? AND c.workspace_id = ? ${lock}`,
    [uuidFromId(conversionId), uuidFromId(workspaceId)],
  );
  return rows[0] ?? null;
}

/** A ruling came from inside: its receipt is made here, and its trust is that of a key. */
async function insertFact(
  trx: Db,
  rulingId: EventId,
  ruling: NewRuling,
  row: Row,
  nowMs: number,
): Promise<void> {
  const key = `ruling ${ruling.conversionId} ${ruling.revision}`;
  const brandId: BrandId = idFromUuid('brd', row.brand_id);
  const now = new Date(nowMs);
  await trx.raw(
    `WITH receipt AS (
       INSERT INTO inbox (event_id, workspace_id, brand_id, event_key, body_hash, received_at)
       VALUES (?, ?, ?, ?, sha256(?::bytea), ?) RETURNING event_id
     )
     INSERT INTO events (event_id, workspace_id, brand_id, source_id, kind, trust, sender_event_id, transaction_key,
       click_was_known, player_id, occurred_at, occurred_at_source, received_at, attributes, decision,
       ruled_conversion_id, ruled_revision)
     SELECT event_id, ?, ?, ?, 'ruling', 'keyed', ?, ?, false, ?, ?, 'receipt', ?, ?::jsonb, ?, ?, ? FROM receipt`,
    [
      ...[uuidFromId(rulingId), uuidFromId(ruling.workspaceId), uuidFromId(brandId), key],
      ...[`${ruling.decision} ${ruling.reason}`, now],
      ...[uuidFromId(ruling.workspaceId), uuidFromId(brandId), row.source_id, key, key, row.player_id],
      ...[now, now, JSON.stringify({ reason: ruling.reason, actor: ruling.actor }), ruling.decision],
      ...[uuidFromId(ruling.conversionId), ruling.revision],
    ],
  );
}
