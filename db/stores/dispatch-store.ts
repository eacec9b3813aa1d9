import {
  type CampaignId,
  type ClickId,
  type EventId,
  idFromUuid,
  type PartnerId,
  type PlayerId,
} from '../../domain/ids';
import type { Db } from '../knex';
import { JOIN_CLICK_OF_EVENT } from './event-click';

/** Where an event has to go, decided by Postgres and not by what Temporal remembers. */
export type EventRoute = {
  readonly eventId: EventId;
  readonly playerId: PlayerId | null;
  /** The click whose journey takes the event: the named or matched one, else the one that brought the player. */
  readonly click: JourneyTarget | null;
  /** Events of that click so far, counted up to the flood limit. */
  readonly clickEvents: number;
};

/** What a journey is started with. */
export type JourneyTarget = {
  readonly clickId: ClickId;
  readonly campaignId: CampaignId;
  readonly partnerId: PartnerId | null;
  readonly expiresAtMs: number;
  readonly isClosed: boolean;
};

type TargetRow = {
  click_id: string;
  campaign_id: string;
  partner_id: string | null;
  expires_at: Date;
  closed_at: Date | null;
};

/** One statement for a whole batch of events. Handled ones are absent: nothing has to reach Temporal for them. */
export async function loadEventRoutes(
  db: Db,
  eventUuids: readonly string[],
  floodLimit: number,
): Promise<Map<string, EventRoute>> {
  if (eventUuids.length === 0) return new Map();
  type Row = { event_id: string; player_id: string | null; click_events: bigint } & {
    [K in keyof TargetRow]: TargetRow[K] | null;
  };
  const { rows } = await db.raw<{ rows: Row[] }>(
    `SELECT e.event_id, e.player_id, c.click_id, c.campaign_id, c.partner_id, c.expires_at, c.closed_at,
            flood.click_events
     FROM events AS e
     ${JOIN_CLICK_OF_EVENT}
     LEFT JOIN LATERAL (
       SELECT count(*) AS click_events
       FROM (SELECT 1 FROM events AS other WHERE other.click_id = c.click_id LIMIT ?) AS counted
     ) AS flood ON true
     WHERE e.event_id = ANY(?) AND e.handled_at IS NULL`,
    [floodLimit + 1, [...eventUuids]],
  );
  return new Map(
    rows.map((row) => [
      row.event_id,
      {
        eventId: idFromUuid('evt', row.event_id),
        playerId: row.player_id === null ? null : idFromUuid('ply', row.player_id),
        click: row.click_id === null ? null : toTarget(row as TargetRow),
        clickEvents: Number(row.click_events),
      },
    ]),
  );
}

/** The journeys to start for a batch of clicks; one statement. */
export async function loadJourneyTargets(
  db: Db,
  clickUuids: readonly string[],
): Promise<Map<string, JourneyTarget>> {
  if (clickUuids.length === 0) return new Map();
  const { rows } = await db.raw<{ rows: TargetRow[] }>(
    'SELECT click_id, campaign_id, partner_id, expires_at, closed_at FROM clicks WHERE click_id = ANY(?)',
    [[...clickUuids]],
  );
  return new Map(rows.map((row) => [row.click_id, toTarget(row)]));
}

function toTarget(row: TargetRow): JourneyTarget {
  return {
    clickId: idFromUuid('clk', row.click_id),
    campaignId: idFromUuid('cmp', row.campaign_id),
    partnerId: row.partner_id === null ? null : idFromUuid('ptn', row.partner_id),
    expiresAtMs: row.expires_at.getTime(),
    isClosed: row.closed_at !== null,
  };
}

/** When the players' books change next by time alone; a player without such a time is absent. */
export async function loadPlayerTimers(
  db: Db,
  playerUuids: readonly string[],
): Promise<Map<string, { readonly playerId: PlayerId; readonly dueAtMs: number }>> {
  if (playerUuids.length === 0) return new Map();
  const players = new Map(playerUuids.map((uuid) => [idFromUuid('ply', uuid) as string, uuid]));
  const { rows } = await db.raw<{ rows: { subject_key: string; due_at: Date }[] }>(
    'SELECT subject_key, due_at FROM subjects WHERE subject_key = ANY(?) AND due_at IS NOT NULL',
    [[...players.keys()]],
  );
  return new Map(
    rows.map((row) => {
      const uuid = players.get(row.subject_key) ?? '';
      return [uuid, { playerId: idFromUuid('ply', uuid), dueAtMs: row.due_at.getTime() }];
    }),
  );
}
