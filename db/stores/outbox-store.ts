import {
  type CampaignId,
  type ClickId,
  type EventId,
  idFromUuid,
  type PartnerId,
  type PlayerId,
  type PostbackId,
  uuidFromId,
  type WorkspaceId,
} from '../../domain/ids';
import { SECOND_MS } from '../../domain/time';
import type { Db } from '../knex';
import { JOIN_CLICK_OF_EVENT } from './event-click';

/** Lanes of the outbox, most urgent first: an event never waits behind a backlog of journey starts. */
export const OUTBOX_LANES = { event: 0, postback: 1, timer: 1, click: 2 } as const;
export type OutboxKind = keyof typeof OUTBOX_LANES;

/** The channel on which event and postback rows announce themselves; click rows do not, they are polled. */
export const OUTBOX_CHANNEL = 'outbox';

export type OutboxRow = {
  readonly outboxId: bigint;
  readonly kind: OutboxKind;
  readonly workspaceId: WorkspaceId;
  readonly refUuid: string;
  readonly run: number;
  readonly attempts: number;
};

type ClaimRow = {
  outbox_id: bigint;
  kind: OutboxKind;
  workspace_id: string;
  ref_id: string;
  run: number;
  attempts: number;
};

/**
 * Locks up to `limit` due rows for this transaction, events first, oldest first. Rows that another relay holds are
 * passed over; when this process dies they are free again at once, because nothing but the lock marks them.
 */
export async function claimOutbox(trx: Db, limit: number, nowMs: number): Promise<OutboxRow[]> {
  const { rows } = await trx.raw<{ rows: ClaimRow[] }>(
    `SELECT outbox_id, kind, workspace_id, ref_id, run, attempts FROM outbox
     WHERE available_at <= ? ORDER BY lane, outbox_id LIMIT ? FOR UPDATE SKIP LOCKED`,
    [new Date(nowMs), limit],
  );
  return rows.map((row) => ({
    outboxId: row.outbox_id,
    kind: row.kind,
    workspaceId: idFromUuid('wsp', row.workspace_id),
    refUuid: row.ref_id,
    run: row.run,
    attempts: row.attempts,
  }));
}

/** Removes rows that Temporal has taken. */
export async function removeFromOutbox(trx: Db, outboxIds: readonly bigint[]): Promise<void> {
  if (outboxIds.length === 0) return;
  await trx.raw('DELETE FROM outbox WHERE outbox_id = ANY(?::bigint[])', [outboxIds.map(String)]);
}

/** Puts a row back for later, with what went wrong. */
export async function deferOutbox(
  trx: Db,
  outboxId: bigint,
  error: string,
  availableAtMs: number,
): Promise<void> {
  await trx.raw(
    'UPDATE outbox SET attempts = attempts + 1, last_error = ?, available_at = ? WHERE outbox_id = ?',
    [error.slice(0, 500), new Date(availableAtMs), outboxId.toString()],
  );
}

/** Puts rows back for a moment, because Temporal is busy: nothing is wrong with them. */
export async function postponeOutbox(
  trx: Db,
  outboxIds: readonly bigint[],
  availableAtMs: number,
): Promise<void> {
  if (outboxIds.length === 0) return;
  await trx.raw('UPDATE outbox SET available_at = ? WHERE outbox_id = ANY(?::bigint[])', [
    new Date(availableAtMs),
    outboxIds.map(String),
  ]);
}

/** Queues things for Temporal; what is queued already stays as it is. */
export async function enqueue(
  db: Db,
  kind: OutboxKind,
  refs: readonly { workspaceId: WorkspaceId; refUuid: string; run?: number }[],
  nowMs: number,
): Promise<void> {
  if (refs.length === 0) return;
  await db('outbox')
    .insert(
      refs.map(({ workspaceId, refUuid, run }) => ({
        lane: OUTBOX_LANES[kind],
        kind,
        workspace_id: uuidFromId(workspaceId),
        ref_id: refUuid,
        run: run ?? 0,
        available_at: new Date(nowMs),
      })),
    )
    .onConflict(['kind', 'ref_id', 'run'])
    .ignore();
}

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
  const rows: TargetRow[] = await db('clicks')
    .select('click_id', 'campaign_id', 'partner_id', 'expires_at', 'closed_at')
    .whereIn('click_id', [...clickUuids]);
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

export function postbackIdOf(row: OutboxRow): PostbackId {
  return idFromUuid('pbk', row.refUuid);
}

/** When a player's books change next by time alone. */
export type PlayerTimer = {
  readonly workspaceId: WorkspaceId;
  readonly playerId: PlayerId;
  readonly dueAtMs: number;
};

/**
 * Queues timers for players. The run of each is its time, in seconds of this century, so that a sooner time is a row
 * of its own also while the relay holds the row of a later one.
 */
export async function enqueueTimers(db: Db, timers: readonly PlayerTimer[], nowMs: number): Promise<void> {
  const refs = timers.map(({ workspaceId, playerId, dueAtMs }) => ({
    workspaceId,
    refUuid: uuidFromId(playerId),
    run: Math.floor((dueAtMs - CENTURY_MS) / SECOND_MS),
  }));
  await enqueue(db, 'timer', refs, nowMs);
}

/** Seconds since then fit an integer column until 2068. */
const CENTURY_MS = Date.UTC(2000, 0, 1);

/** When the players' books change next by time alone; a player without such a time is absent. */
export async function loadPlayerTimers(
  db: Db,
  playerUuids: readonly string[],
): Promise<Map<string, { readonly playerId: PlayerId; readonly dueAtMs: number }>> {
  if (playerUuids.length === 0) return new Map();
  const players = new Map(playerUuids.map((uuid) => [idFromUuid('ply', uuid) as string, uuid]));
  const rows: { subject_key: string; due_at: Date }[] = await db('subjects')
    .select('subject_key', 'due_at')
    .whereIn('subject_key', [...players.keys()])
    .whereNotNull('due_at');
  return new Map(
    rows.map((row) => {
      const uuid = players.get(row.subject_key) ?? '';
      return [uuid, { playerId: idFromUuid('ply', uuid), dueAtMs: row.due_at.getTime() }];
    }),
  );
}
