import type { Contest } from '../../domain/attribution/contest';
import type { EventKind } from '../../domain/facts';
import {
  type ClickId,
  type ConversionId,
  type EventId,
  idFromUuid,
  type PartnerId,
  uuidFromId,
} from '../../domain/ids';
import type { Db } from '../knex';
import { nullableId } from './row-values';

/** One partner's click between another's and the binding event. */
export type ExplainedContest = {
  readonly protectedClickId: ClickId;
  readonly protectedPartnerId: PartnerId;
  readonly challengerClickId: ClickId;
  readonly challengerPartnerId: PartnerId;
  /** From the challenger to the binding event. */
  readonly gapMs: number;
  /** Whether the challenger was refused the credit. */
  readonly refused: boolean;
  readonly reason: Contest['reason'];
};

/** Which event bound the player of a conversion, to what, and who contested it. */
export type ExplainedBinding = {
  readonly eventId: EventId;
  readonly event: EventKind;
  readonly senderEventId: string;
  /** The conversion of that event: the touches that lost are told with it. */
  readonly conversionId: ConversionId | null;
  readonly boundAt: string;
  /** By a deposit: a registration that arrives later decides anew. */
  readonly provisional: boolean;
  /** The model by which the touches were found, or why there are none. */
  readonly reason: string;
  /** The credited click that stands for the whole, and its partner. */
  readonly clickId: ClickId | null;
  readonly partnerId: PartnerId | null;
  readonly revision: number;
  /** Settlement bounds their number. */
  readonly contests: readonly ExplainedContest[];
};

type ContestRow = {
  protectedClickId: string;
  protectedPartnerId: string;
  challengerClickId: string;
  challengerPartnerId: string;
  gapMs: number;
  isRefused: boolean;
  reason: Contest['reason'];
};

type Row = {
  binding_event_id: string;
  kind: EventKind;
  sender_event_id: string;
  conversion_id: string | null;
  bound_at: Date;
  is_provisional: boolean;
  reason: string;
  click_id: string | null;
  partner_id: string | null;
  revision: number;
  contests: ContestRow[];
};

/** Null when the conversion has no player, or nothing bound him. One statement. */
export async function readExplainedBinding(
  db: Db,
  conversionId: ConversionId,
): Promise<ExplainedBinding | null> {
  const { rows } = await db.raw<{ rows: Row[] }>(
    `SELECT b.binding_event_id, e.kind, e.sender_event_id, own.conversion_id, b.bound_at, b.is_provisional, b.reason,
       b.click_id, b.partner_id, b.revision,
       coalesce((SELECT jsonb_agg(jsonb_build_object('protectedClickId', t.protected_click_id,
           'protectedPartnerId', t.protected_partner_id, 'challengerClickId', t.challenger_click_id,
           'challengerPartnerId', t.challenger_partner_id, 'gapMs', t.gap_ms, 'isRefused', t.is_refused,
           'reason', t.reason) ORDER BY t.challenger_click_id)
         FROM contested_touches AS t WHERE t.player_id = b.player_id), '[]') AS contests
     FROM conversions AS n
     JOIN player_bindings AS b ON b.player_id = n.player_id
     JOIN events AS e ON e.event_id = b.binding_event_id
     LEFT JOIN conversions AS own ON own.workspace_id = e.workspace_id AND own.brand_id = e.brand_id
       AND own.kind = e.kind AND own.transaction_key = e.transaction_key
     WHERE n.conversion_id = ?`,
    [uuidFromId(conversionId)],
  );
  return rows[0] === undefined ? null : toBinding(rows[0]);
}

function toBinding(row: Row): ExplainedBinding {
  return {
    eventId: idFromUuid('evt', row.binding_event_id),
    event: row.kind,
    senderEventId: row.sender_event_id,
    conversionId: nullableId('cnv', row.conversion_id),
    boundAt: row.bound_at.toISOString(),
    provisional: row.is_provisional,
    reason: row.reason,
    clickId: nullableId('clk', row.click_id),
    partnerId: nullableId('ptn', row.partner_id),
    revision: row.revision,
    contests: row.contests.map((contest) => ({
      protectedClickId: idFromUuid('clk', contest.protectedClickId),
      protectedPartnerId: idFromUuid('ptn', contest.protectedPartnerId),
      challengerClickId: idFromUuid('clk', contest.challengerClickId),
      challengerPartnerId: idFromUuid('ptn', contest.challengerPartnerId),
      gapMs: contest.gapMs,
      refused: contest.isRefused,
      reason: contest.reason,
    })),
  };
}
