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
import type { PostbackContext } from '../../domain/postback/context';
import type { PostbackEvent } from '../../domain/postback/events';
import type { Subs } from '../../domain/postback/macros';
import type { DestinationKind, DestinationMethod, RenderedRequest } from '../../domain/postback/render';
import type { Db } from '../knex';
import { mintId } from '../mint-id';
import { type ConversionOwner, ownerColumn } from './conversion-store';
import { UNTRIED_MS } from './postback-run-store';

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
 * The workspace's destinations that are owed postbacks: all of them. What is due to a paused one is held, and what is
 * due to a disabled one is parked at once: neither may miss a report that others got.
 */
export async function loadPostbackTargets(db: Db, workspaceId: WorkspaceId): Promise<PostbackTarget[]> {
  const rows: TargetRow[] = await db('destinations')
    .select('destination_id', 'kind', 'url', 'method', 'events', 'partner_id', 'campaign_id')
    .select('accepts_public')
    .where({ workspace_id: uuidFromId(workspaceId) })
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
  /** What its URL was rendered from, when that has macros. */
  readonly context: PostbackContext | null;
  /** The activity that will be given it to deliver; null: the sweep finds it. */
  readonly handedTo: string | null;
};

/**
 * Stores a delivery duty unless its key exists: what was rendered first stands. One to a disabled destination is
 * parked from the beginning, one to a paused destination held.
 */
export async function addPostback(db: Db, postback: NewPostback, nowMs: number): Promise<void> {
  const ifIt = (isSo: 'paused' | 'disabled', then: string, otherwise: string) =>
    db.raw(
      `(SELECT CASE status WHEN '${isSo}' THEN ${then} ELSE ${otherwise} END
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
      status: ifIt('disabled', `'dead'`, `'pending'`),
      dead_at: ifIt('disabled', 'CAST(:now AS timestamptz)', 'NULL'),
      dead_reason: ifIt('disabled', `'destination_disabled'`, 'NULL'),
      held_at: ifIt('paused', 'CAST(:now AS timestamptz)', 'NULL'),
      handed_to: postback.handedTo,
      context: postback.context === null ? null : JSON.stringify(postback.context),
      created_at: new Date(nowMs),
      sweep_after: new Date(nowMs + UNTRIED_MS),
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

/**
 * Of postbacks `p`: those that this activity stored, in this try of it or in one whose answer was lost, and that still
 * wait for their first run. No other settlement of the same event, conversion or time is given them, because their
 * workflow may be at it, or wait for its next attempt.
 */
const HANDED_OUT = `p.handed_to = ? AND p.status = 'pending' AND p.run = 0 AND p.held_at IS NULL`;

/** What settling this event gives the activity to deliver, oldest first. */
export async function handedForEvent(db: Db, eventId: EventId, handedTo: string): Promise<PostbackId[]> {
  return handed(
    db,
    `SELECT p.postback_id FROM postbacks AS p WHERE p.caused_by_event_id = ? AND ${HANDED_OUT}
     ORDER BY p.postback_id`,
    [uuidFromId(eventId), handedTo],
  );
}

/** What settling its time gives the activity to deliver of the owner's conversions, oldest first. */
export async function handedForOwner(
  db: Db,
  owner: Pick<ConversionOwner, 'playerId' | 'ownEventId'>,
  handedTo: string,
): Promise<PostbackId[]> {
  return handed(
    db,
    `SELECT p.postback_id FROM conversions AS c JOIN postbacks AS p ON p.conversion_id = c.conversion_id
     WHERE c.?? = ? AND ${HANDED_OUT} ORDER BY p.postback_id`,
    [...ownerColumn(owner), handedTo],
  );
}

async function handed(db: Db, sql: string, bindings: readonly string[]): Promise<PostbackId[]> {
  const { rows } = await db.raw<{ rows: { postback_id: string }[] }>(sql, bindings);
  return rows.map((row) => idFromUuid('pbk', row.postback_id));
}
