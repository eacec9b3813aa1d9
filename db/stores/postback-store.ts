import {
  type CampaignId,
  type ClickId,
  type ConversionId,
  type DestinationId,
  type EventId,
  idFromUuid,
  type PartnerId,
  type PlayerId,
  type PostbackId,
  uuidFromId,
  type WorkspaceId,
} from '../../domain/ids';
import type { PostbackEvent } from '../../domain/postback/events';
import type { Subs } from '../../domain/postback/macros';
import type { DestinationKind, DestinationMethod, RenderedRequest } from '../../domain/postback/render';
import type { Db } from '../knex';
import { mintId } from '../mint-id';

/** A destination that may be owed a postback. Null partner or campaign: of any. */
export type PostbackTarget = {
  readonly destinationId: DestinationId;
  readonly kind: DestinationKind;
  readonly url: string;
  readonly method: DestinationMethod;
  readonly events: readonly PostbackEvent[];
  readonly partnerId: PartnerId | null;
  readonly campaignId: CampaignId | null;
};

type TargetRow = {
  destination_id: string;
  kind: DestinationKind;
  url: string;
  method: DestinationMethod;
  events: PostbackEvent[];
  partner_id: string | null;
  campaign_id: string | null;
};

/** The workspace's destinations that take postbacks now; paused and disabled ones get none. */
export async function loadPostbackTargets(db: Db, workspaceId: WorkspaceId): Promise<PostbackTarget[]> {
  const rows: TargetRow[] = await db('destinations')
    .select('destination_id', 'kind', 'url', 'method', 'events', 'partner_id', 'campaign_id')
    .where({ workspace_id: uuidFromId(workspaceId), status: 'active' })
    .orderBy('destination_id');
  return rows.map((row) => ({
    destinationId: idFromUuid('dst', row.destination_id),
    kind: row.kind,
    url: row.url,
    method: row.method,
    events: row.events,
    partnerId: row.partner_id === null ? null : idFromUuid('ptn', row.partner_id),
    campaignId: row.campaign_id === null ? null : idFromUuid('cmp', row.campaign_id),
  }));
}

/** What a click carried that its postbacks may repeat. */
export type ClickParameters = { readonly externalId: string | null; readonly subs: Subs };

export async function loadClickParameters(db: Db, clickId: ClickId): Promise<ClickParameters> {
  const [row]: { external_id: string | null; subs: Subs }[] = await db('clicks')
    .select('external_id', 'subs')
    .where('click_id', uuidFromId(clickId));
  return { externalId: row?.external_id ?? null, subs: row?.subs ?? {} };
}

export type NewPostback = {
  readonly workspaceId: WorkspaceId;
  readonly destinationId: DestinationId;
  readonly key: string;
  readonly event: PostbackEvent;
  readonly causedBy: EventId;
  readonly conversionId: ConversionId;
  readonly clickId: ClickId;
  readonly playerId: PlayerId | null;
  readonly request: RenderedRequest;
};

/** Stores a delivery duty unless its key exists; says which conversion holds the key then. */
export async function addPostback(
  db: Db,
  postback: NewPostback,
  nowMs: number,
): Promise<{ added: true } | { added: false; conversionId: ConversionId }> {
  const inserted = await db('postbacks')
    .insert({
      postback_id: uuidFromId(mintId('pbk', nowMs)),
      workspace_id: uuidFromId(postback.workspaceId),
      destination_id: uuidFromId(postback.destinationId),
      key: postback.key,
      event_kind: postback.event,
      caused_by_event_id: uuidFromId(postback.causedBy),
      conversion_id: uuidFromId(postback.conversionId),
      click_id: uuidFromId(postback.clickId),
      player_id: postback.playerId === null ? null : uuidFromId(postback.playerId),
      method: postback.request.method,
      url: postback.request.url,
      headers: JSON.stringify(postback.request.headers),
      body: postback.request.body,
      is_test: false,
      status: 'pending',
      created_at: new Date(nowMs),
    })
    .onConflict('key')
    .ignore()
    .returning('postback_id');
  if (inserted.length > 0) return { added: true };
  const [holder]: { conversion_id: string }[] = await db('postbacks')
    .select('conversion_id')
    .where('key', postback.key);
  if (holder === undefined) throw new Error(`postback ${postback.key} is neither new nor there`);
  return { added: false, conversionId: idFromUuid('cnv', holder.conversion_id) };
}

/** Keys under which a conversion was reported to each destination; corrections are not reports. */
export async function reportedKeys(
  db: Db,
  conversionId: ConversionId,
): Promise<{ destinationId: DestinationId; key: string }[]> {
  const rows: { destination_id: string; key: string }[] = await db('postbacks')
    .select('destination_id', 'key')
    .where('conversion_id', uuidFromId(conversionId))
    .whereNotIn('event_kind', ['correction', 'chargeback']);
  return rows.map((row) => ({ destinationId: idFromUuid('dst', row.destination_id), key: row.key }));
}

/** The postbacks that settling this event made and that nobody has delivered yet, oldest first. */
export async function pendingPostbacksOf(db: Db, eventId: EventId): Promise<PostbackId[]> {
  const rows: { postback_id: string }[] = await db('postbacks')
    .select('postback_id')
    .where({ caused_by_event_id: uuidFromId(eventId), status: 'pending' })
    .orderBy('postback_id');
  return rows.map((row) => idFromUuid('pbk', row.postback_id));
}
