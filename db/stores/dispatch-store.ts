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
  /** Events that name that click, and all that belong to its journey; counted up to the flood limit. */
  readonly clickEvents: number;
  readonly journeyEvents: number;
  /** Events of the player that are not settled, among his latest; counted up to the flood limit. */
  readonly playerUnsettled: number;
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

/**
 * One statement for a whole batch of events. What is counted is counted up to a bound, whatever a click or a player has
 * ever had. Handled ones are absent: nothing has to reach Temporal for them.
 */
export async function loadEventRoutes(
  db: Db,
  eventUuids: readonly string[],
  floodLimit: number,
): Promise<Map<string, EventRoute>> {
  if (eventUuids.length === 0) return new Map();
  type Row = { event_id: string; player_id: string | null } & {
    [K in 'click_events' | 'journey_events' | 'player_unsettled']: bigint;
  } & { [K in keyof TargetRow]: TargetRow[K] | null };
  const { rows } = await db.raw<{ rows: Row[] }>(
    `WITH busy AS MATERIALIZED (
       SELECT concerned.player_id, latest.unsettled
       FROM (SELECT DISTINCT player_id FROM events WHERE event_id = ANY(:events)) AS concerned
       CROSS JOIN LATERAL (
         SELECT count(*) FILTER (WHERE o.handled_at IS NULL) AS unsettled
         FROM (
           SELECT handled_at FROM events WHERE player_id = concerned.player_id ORDER BY occurred_at DESC LIMIT :latest
         ) AS o
       ) AS latest
     )
     SELECT e.event_id, e.player_id, c.click_id, c.campaign_id, c.partner_id, c.expires_at, c.closed_at,
            flood.click_events, flood.journey_events, coalesce(busy.unsettled, 0) AS player_unsettled
     FROM events AS e
     ${JOIN_CLICK_OF_EVENT}
     LEFT JOIN busy ON busy.player_id = e.player_id
     LEFT JOIN LATERAL (
       SELECT count(*) FILTER (WHERE names_click) AS click_events, count(*) AS journey_events
       FROM (
         -- In this order: while enough name the click, nobody looks for its players.
         SELECT true AS names_click FROM events AS other WHERE other.click_id = c.click_id
         UNION ALL
         SELECT false FROM (
           SELECT bound.player_id FROM player_bindings AS bound WHERE bound.click_id = c.click_id
           -- Not bound yet, and known by the click all the same.
           UNION SELECT e.player_id WHERE own.click_id IS NULL AND c.click_id IS NOT NULL
         ) AS brought
         CROSS JOIN LATERAL (
           SELECT o.click_id, o.workspace_id FROM events AS o WHERE o.player_id = brought.player_id
           ORDER BY o.occurred_at DESC LIMIT :latest
         ) AS other
         WHERE NOT EXISTS (
           SELECT FROM clicks AS named
           WHERE named.click_id = other.click_id AND named.workspace_id = other.workspace_id)
         LIMIT :limit
       ) AS counted
     ) AS flood ON true
     WHERE e.event_id = ANY(:events) AND e.handled_at IS NULL`,
    { limit: floodLimit + 1, latest: 2 * floodLimit + 1, events: [...eventUuids] },
  );
  return new Map(
    rows.map((row) => [
      row.event_id,
      {
        eventId: idFromUuid('evt', row.event_id),
        playerId: row.player_id === null ? null : idFromUuid('ply', row.player_id),
        click: row.click_id === null ? null : toTarget(row as TargetRow),
        clickEvents: Number(row.click_events),
        journeyEvents: Number(row.journey_events),
        playerUnsettled: Number(row.player_unsettled),
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
