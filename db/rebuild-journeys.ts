import { setTimeout as delay } from 'node:timers/promises';
import { type ClickId, idFromUuid } from '../domain/ids';
import { type Clock, SECOND_MS } from '../domain/time';
import type { Db } from './knex';
import {
  afterClick,
  countUpTo,
  LOST_PARTS,
  type LostPart,
  latestOutboxRow,
  type Piece,
  type PieceRequest,
  requeueClicks,
  requeueEvents,
  requeuePostbacks,
  requeueTimers,
} from './stores/rebuild-store';

/** Rows of one statement: a fraction of a second, whatever the table holds. */
const PIECE_ROWS = 5_000;
/** Between two looks at what is left; counting millions of rows takes a second itself. */
const LOOK_EVERY_MS = 2 * SECOND_MS;

const WALKS: Record<LostPart, (db: Db, request: PieceRequest) => Promise<Piece>> = {
  events: requeueEvents,
  postbacks: requeuePostbacks,
  timers: requeueTimers,
  clicks: requeueClicks,
};

/** What was found in Postgres and has to be in Temporal, and how much of it was not queued already. */
export type Rebuilt = { readonly found: number; readonly queued: number };

export type RebuildProgress = Rebuilt & {
  readonly part: LostPart;
  readonly seen: number;
  /** Of the clicks: the latest that was looked at. A rebuild that was broken off goes on after it. */
  readonly lastClick: ClickId | null;
};

export type RebuildOptions = {
  /** Counts and changes nothing. */
  readonly dryRun?: boolean;
  /** Clicks up to this one are done already. */
  readonly after?: ClickId;
  readonly pieceRows?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: RebuildProgress) => void;
};

export type RebuildSummary = Readonly<Record<LostPart, Rebuilt>> & {
  /** The last row that was in the outbox when everything was queued. */
  readonly upTo: bigint;
};

/**
 * Queues everything that an empty Temporal has to know: events that are not settled, postbacks that are owed, what is
 * due of players by time alone, and the journey of every click whose window is open. Nothing is started here: relays
 * do that, at their rate, and what is new goes ahead of it. Memory stays the same however much there is; it may be
 * broken off anywhere, repeated, and run beside traffic.
 */
export async function rebuildJourneys(
  db: Db,
  clock: Clock,
  options: RebuildOptions = {},
): Promise<RebuildSummary> {
  const startedAtMs = clock.nowMs();
  const summary: Record<LostPart, Rebuilt> = {
    events: NOTHING,
    postbacks: NOTHING,
    timers: NOTHING,
    clicks: NOTHING,
  };
  for (const part of LOST_PARTS) summary[part] = await walk(db, part, startedAtMs, options);
  return { ...summary, upTo: await latestOutboxRow(db) };
}

const NOTHING: Rebuilt = { found: 0, queued: 0 };

async function walk(db: Db, part: LostPart, startedAtMs: number, options: RebuildOptions): Promise<Rebuilt> {
  const rows = options.pieceRows ?? PIECE_ROWS;
  const isDryRun = options.dryRun ?? false;
  let after = part === 'clicks' && options.after !== undefined ? afterClick(options.after) : null;
  let [seen, found, queued] = [0, 0, 0];
  for (;;) {
    options.signal?.throwIfAborted();
    const piece = await WALKS[part](db, { after, rows, startedAtMs, isDryRun });
    seen += piece.seen;
    found += piece.found;
    queued += piece.queued;
    after = piece.position ?? after;
    const lastClick = part === 'clicks' && after !== null ? idFromUuid('clk', after) : null;
    options.onProgress?.({ part, seen, found, queued, lastClick });
    if (piece.seen < rows) return { found, queued };
  }
}

/**
 * Waits until relays have carried every row up to this one to Temporal; false when the signal ended the waiting. Tells
 * what is left, again and again.
 */
export async function untilCarried(
  db: Db,
  upTo: bigint,
  options: { readonly signal: AbortSignal; readonly onLeft: (left: number) => void },
): Promise<boolean> {
  const { signal, onLeft } = options;
  while (!signal.aborted) {
    const left = await countUpTo(db, upTo);
    onLeft(left);
    if (left === 0) return true;
    // Rejects when the waiting is to end, and then the loop does.
    await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
  return false;
}
