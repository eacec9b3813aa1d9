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
import { type ConversionOwner, ownerColumn } from './conversion-store';

/** A destination that may be owed a postback. Null partner or campaign: of any. */
export type PostbackTarget = {
  readonly destinationId: DestinationId;
  readonly kind: DestinationKind;
  readonly url: string;
  readonly method: DestinationMethod;
  readonly events: readonly PostbackEvent[];
  readonly partnerId: PartnerId | null;
  readonly campaignId: CampaignId | null;
  /** Whether it is told of conversions that are only reported publicly, too. */
  readonly acceptsPublic: boolean;
};

type TargetRow = {
  destination_id: string;
  kind: DestinationKind;
  url: string;
  method: DestinationMethod;
  events: PostbackEvent[];
  partner_id: string | null;
  campaign_id: string | null;
  accepts_public: boolean;
};

/**
 * The workspace's destinations that are owed postbacks. Paused ones are not. Disabled ones are: theirs are parked at
 * once and can be replayed when somebody has enabled them again.
 */
export async function loadPostbackTargets(db: Db, workspaceId: WorkspaceId): Promise<PostbackTarget[]> {
  const rows: TargetRow[] = await db('destinations')
    .select('destination_id', 'kind', 'url', 'method', 'events', 'partner_id', 'campaign_id')
    .select('accepts_public')
    .where({ workspace_id: uuidFromId(workspaceId) })
    .whereIn('status', ['active', 'disabled'])
    .orderBy('destination_id');
  return rows.map((row) => ({
    destinationId: idFromUuid('dst', row.destination_id),
    kind: row.kind,
    url: row.url,
    method: row.method,
    events: row.events,
    partnerId: row.partner_id === null ? null : idFromUuid('ptn', row.partner_id),
    campaignId: row.campaign_id === null ? null : idFromUuid('cmp', row.campaign_id),
    acceptsPublic: row.accepts_public,
  }));
}

/** What a click carried that its postbacks may repeat. */
export type ClickParameters = {
  readonly campaignId: CampaignId;
  readonly partnerId: PartnerId | null;
  readonly externalId: string | null;
  readonly subs: Subs;
};

/** The click must exist: a conversion is credited to no other. */
export async function loadClickParameters(db: Db, clickId: ClickId): Promise<ClickParameters> {
  type Row = { campaign_id: string; partner_id: string | null; external_id: string | null; subs: Subs };
  const { rows } = await db.raw<{ rows: Row[] }>(
    'SELECT campaign_id, partner_id, external_id, subs FROM clicks WHERE click_id = ?',
    [uuidFromId(clickId)],
  );
  const row = rows[0];
  if (row === undefined) throw new Error(`click ${clickId} does not exist`);
  return {
    campaignId: idFromUuid('cmp', row.campaign_id),
    partnerId: row.partner_id === null ? null : idFromUuid('ptn', row.partner_id),
    externalId: row.external_id,
    subs: row.subs,
  };
}

export type NewPostback = {
  readonly workspaceId: WorkspaceId;
  readonly destinationId: DestinationId;
  readonly key: string;
  readonly event: PostbackEvent;
  /** Of a correction: the key of the report that it corrects. */
  readonly corrects: string | null;
  /** Whether the correction leaves nothing of the report. */
  readonly isWithdrawal: boolean;
  readonly causedBy: EventId;
  readonly conversionId: ConversionId;
  readonly clickId: ClickId;
  readonly playerId: PlayerId | null;
  readonly request: RenderedRequest;
};

/**
 * Stores a delivery duty unless its key exists: what was rendered first stands. One to a disabled destination is
 * parked from the beginning.
 */
export async function addPostback(db: Db, postback: NewPostback, nowMs: number): Promise<void> {
  const ifDisabled = (then: string, otherwise: string) =>
    db.raw(
      `(SELECT CASE status WHEN 'disabled' THEN ${then} ELSE ${otherwise} END
        FROM destinations WHERE destination_id = :destination)`,
      { destination: uuidFromId(postback.destinationId), now: new Date(nowMs) },
    );
  await db('postbacks')
    .insert({
      postback_id: uuidFromId(mintId('pbk', nowMs)),
      workspace_id: uuidFromId(postback.workspaceId),
      destination_id: uuidFromId(postback.destinationId),
      key: postback.key,
      event_kind: postback.event,
      corrects: postback.corrects,
      is_withdrawal: postback.isWithdrawal,
      caused_by_event_id: uuidFromId(postback.causedBy),
      conversion_id: uuidFromId(postback.conversionId),
      click_id: uuidFromId(postback.clickId),
      player_id: postback.playerId === null ? null : uuidFromId(postback.playerId),
      method: postback.request.method,
      url: postback.request.url,
      headers: JSON.stringify(postback.request.headers),
      body: postback.request.body,
      is_test: false,
      status: ifDisabled(`'dead'`, `'pending'`),
      dead_at: ifDisabled('CAST(:now AS timestamptz)', 'NULL'),
      dead_reason: ifDisabled(`'destination_disabled'`, 'NULL'),
      created_at: new Date(nowMs),
    })
    .onConflict('key')
    .ignore();
}

/** What a destination was told under one key, as of the last word: the report itself or its latest correction. */
export type Report = {
  readonly destinationId: DestinationId;
  /** Of the report itself. */
  readonly key: string;
  readonly event: PostbackEvent;
  readonly corrections: number;
  readonly conversionId: ConversionId;
  readonly clickId: ClickId;
  readonly isWithdrawn: boolean;
};

/** Everything that was ever reported of the owner's conversions, by the key of the report. */
export async function loadReports(db: Db, owner: ConversionOwner): Promise<Map<string, Report>> {
  type Row = {
    destination_id: string;
    key: string;
    event_kind: PostbackEvent;
    corrections: number;
    conversion_id: string;
    click_id: string;
    is_withdrawal: boolean;
  };
  const [column, uuid] = ownerColumn(owner);
  const { rows } = await db.raw<{ rows: Row[] }>(
    `SELECT DISTINCT ON (coalesce(p.corrects, p.key))
       p.destination_id, coalesce(p.corrects, p.key) AS key, coalesce(first.event_kind, p.event_kind) AS event_kind,
       CASE WHEN p.corrects IS NULL THEN 0
         ELSE substr(p.key, length(p.corrects) + 3)::integer END AS corrections,
       p.conversion_id, p.click_id, p.is_withdrawal
     FROM conversions AS c
     JOIN postbacks AS p ON p.conversion_id = c.conversion_id
     LEFT JOIN postbacks AS first ON first.key = p.corrects
     WHERE c.?? = ?
     ORDER BY coalesce(p.corrects, p.key), corrections DESC`,
    [column, uuid],
  );
  return new Map(
    rows.map((row) => [
      row.key,
      {
        destinationId: idFromUuid('dst', row.destination_id),
        key: row.key,
        event: row.event_kind,
        corrections: row.corrections,
        conversionId: idFromUuid('cnv', row.conversion_id),
        clickId: idFromUuid('clk', row.click_id),
        isWithdrawn: row.is_withdrawal,
      },
    ]),
  );
}

/** The postbacks that settling this event made and that nobody has delivered yet, oldest first. */
export async function pendingPostbacksOf(db: Db, eventId: EventId): Promise<PostbackId[]> {
  const rows: { postback_id: string }[] = await db('postbacks')
    .select('postback_id')
    .where({ caused_by_event_id: uuidFromId(eventId), status: 'pending' })
    .orderBy('postback_id');
  return rows.map((row) => idFromUuid('pbk', row.postback_id));
}

/**
 * The postbacks of these conversions that nobody has tried to deliver yet, oldest first. One that was tried is in the
 * hands of another workflow, which goes on; a second one beside it would send everything twice.
 */
export async function pendingPostbacksAbout(
  db: Db,
  conversionIds: readonly ConversionId[],
): Promise<PostbackId[]> {
  if (conversionIds.length === 0) return [];
  const rows: { postback_id: string }[] = await db('postbacks')
    .select('postback_id')
    .whereRaw('conversion_id = ANY(?)', [conversionIds.map(uuidFromId)])
    .where('status', 'pending')
    .whereRaw('NOT EXISTS (SELECT 1 FROM postback_attempts AS a WHERE a.postback_id = postbacks.postback_id)')
    .orderBy('postback_id');
  return rows.map((row) => idFromUuid('pbk', row.postback_id));
}
