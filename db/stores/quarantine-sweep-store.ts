import { type EventId, idFromUuid, uuidFromId } from '../../domain/ids';
import { LOOKED_FOR_MS, mayAskRules, nextLookMs, type Waiting } from '../../domain/quarantine/waiting';
import { MAX_CLOCK_LEAD_MS } from '../../domain/time';
import type { Db } from '../knex';
import { nextRest, RELEASE_PIECE, release, releaseRestOf } from './quarantine-store';
import { rowBatch } from './row-batch';
import { tryRules } from './rule-sweep-store';

/** Of one round; what is left is due in the next, a minute later. */
const MAX_BATCHES = 20;

/** A waiting event whose time to be looked at has come, with what is there now. */
type Look = Waiting & {
  readonly eventId: EventId;
  /** Its click or its player has come unnoticed, and its time. */
  readonly mayGo: boolean;
  readonly hasRules: boolean;
};

/**
 * Looks at waiting events that are due for it: releases those whose click, player or time has come unnoticed or for
 * which a rule finds a click, and says of the others when they are looked at next, or that they have expired. What is
 * not due costs nothing. Several processes may do so at once; each event leaves once.
 */
export async function sweepQuarantine(
  db: Db,
  nowMs: number,
  batchRows: number,
  maxBatches = MAX_BATCHES,
): Promise<EventId[]> {
  const released: EventId[] = [];
  const failures: unknown[] = [];
  for (let batch = 0; batch < maxBatches; batch += 1) {
    const looks = await dueLooks(db, nowMs, batchRows);
    const going = looks.filter(({ mayGo }) => mayGo).map(({ eventId }) => eventId);
    const outcomes = [
      await releaseFound(db, going, nowMs),
      await tryRules(
        db,
        looks
          .filter((look) => look.hasRules && !look.mayGo && mayAskRules(look, nowMs))
          .map(({ eventId }) => eventId),
        nowMs,
      ),
    ];
    for (const outcome of outcomes) {
      released.push(...outcome.released);
      failures.push(...outcome.failures);
    }
    await noteLooks(db, looks, nowMs);
    if (looks.length < batchRows) break;
  }
  await expireReports(db, nowMs);
  await foldChanges(db);
  if (failures.length > 0) throw new AggregateError(failures, 'events could not be released');
  return released;
}

async function dueLooks(db: Db, nowMs: number, limit: number): Promise<Look[]> {
  type Row = {
    event_id: string;
    quarantined_at: Date;
    occurred_at: Date;
    names_click: boolean;
    may_go: boolean;
    has_rules: boolean;
  };
  const { rows } = await db.raw<{ rows: Row[] }>(
    `SELECT q.event_id, q.quarantined_at, e.occurred_at, e.click_id IS NOT NULL AS names_click,
       e.occurred_at <= :believable AND (c.click_id IS NOT NULL OR p.linked_at IS NOT NULL) AS may_go,
       EXISTS (
         SELECT 1 FROM quarantine_rules AS r
         WHERE r.workspace_id = q.workspace_id AND r.is_enabled AND (r.source_id IS NULL OR r.source_id = e.source_id)
       ) AS has_rules
     FROM (
       SELECT event_id, workspace_id, quarantined_at, look_again_at FROM quarantine
       WHERE released_at IS NULL AND expired_at IS NULL AND look_again_at <= :now
       ORDER BY look_again_at LIMIT :limit
     ) AS q
     JOIN events AS e ON e.event_id = q.event_id
     LEFT JOIN clicks AS c ON c.click_id = e.click_id AND c.workspace_id = e.workspace_id
     LEFT JOIN players AS p ON p.player_id = e.player_id
     ORDER BY q.look_again_at, q.event_id`,
    { now: new Date(nowMs), believable: new Date(nowMs + MAX_CLOCK_LEAD_MS), limit },
  );
  return rows.map((row) => ({
    eventId: idFromUuid('evt', row.event_id),
    quarantinedAtMs: row.quarantined_at.getTime(),
    occurredAtMs: row.occurred_at.getTime(),
    namesClick: row.names_click,
    mayGo: row.may_go,
    hasRules: row.has_rules,
  }));
}

type Outcome = { readonly released: readonly EventId[]; readonly failures: readonly unknown[] };

/** All together; when that fails each alone, so that one which always fails keeps no other waiting. */
async function releaseFound(db: Db, eventIds: readonly EventId[], nowMs: number): Promise<Outcome> {
  const attempt = (ids: readonly EventId[]): Promise<EventId[]> =>
    db.transaction((trx) => release(trx, ids.map(uuidFromId), { by: 'sweep' }, nowMs));
  if (eventIds.length === 0) return { released: [], failures: [] };
  try {
    return { released: await attempt(eventIds), failures: [] };
  } catch (error) {
    if (eventIds.length === 1) return { released: [], failures: [error] };
  }
  const [released, failures]: [EventId[], unknown[]] = [[], []];
  for (const eventId of eventIds) {
    const outcome = await releaseFound(db, [eventId], nowMs);
    released.push(...outcome.released);
    failures.push(...outcome.failures);
  }
  return { released, failures };
}

const NOTES = rowBatch<{ eventId: EventId; nextMs: number | null }>([
  ['event_id', 'uuid', ({ eventId }) => uuidFromId(eventId)],
  ['next_at', 'timestamptz', ({ nextMs }) => nextMs],
]);

/**
 * When those that wait on are looked at next, and under their true reason when their time has come. Last, so that a
 * process which dies has looked at nothing; a row that somebody holds is being released, or looked at by another.
 */
async function noteLooks(db: Db, looks: readonly Look[], nowMs: number): Promise<void> {
  if (looks.length === 0) return;
  await db.raw(
    `WITH noted AS (${NOTES.select}), waiting AS (
       SELECT q.event_id, noted.next_at FROM noted JOIN quarantine AS q ON q.event_id = noted.event_id
       WHERE q.released_at IS NULL AND q.expired_at IS NULL FOR UPDATE OF q SKIP LOCKED
     )
     UPDATE quarantine AS q
     SET look_again_at = coalesce(w.next_at, q.look_again_at),
       expired_at = CASE WHEN w.next_at IS NULL THEN CAST(? AS timestamptz) END,
       reason = CASE
         WHEN q.reason <> 'clock_suspect' OR e.occurred_at > ? THEN q.reason
         WHEN e.click_ref IS NULL THEN 'unknown_player'
         WHEN e.player_id IS NULL THEN 'unknown_click'
         ELSE 'unknown_click_and_player' END
     FROM waiting AS w JOIN events AS e ON e.event_id = w.event_id
     WHERE q.event_id = w.event_id`,
    [
      ...NOTES.bindings(looks.map((look) => ({ eventId: look.eventId, nextMs: nextLookMs(look, nowMs) }))),
      new Date(nowMs),
      new Date(nowMs + MAX_CLOCK_LEAD_MS),
    ],
  );
}

/** Reports whose word nobody has explained in time. A mapping still makes events of them. */
async function expireReports(db: Db, nowMs: number): Promise<void> {
  await db.raw(
    `UPDATE unmapped_reports AS r SET expired_at = ?
     FROM (
       SELECT report_id FROM unmapped_reports
       WHERE resolved_at IS NULL AND expired_at IS NULL AND received_at <= ?
       ORDER BY received_at LIMIT ? FOR UPDATE SKIP LOCKED
     ) AS old
     WHERE r.report_id = old.report_id`,
    [new Date(nowMs), new Date(nowMs - LOOKED_FOR_MS), RELEASE_PIECE * MAX_BATCHES],
  );
}

/** Makes one row of the changes that have come in, so that adding them up costs little. */
async function foldChanges(db: Db): Promise<void> {
  await db.raw(
    `WITH folded AS (
       DELETE FROM quarantine_changes WHERE change_id = ANY(ARRAY(
         SELECT change_id FROM quarantine_changes
         WHERE (SELECT count(*) FROM (SELECT 1 FROM quarantine_changes LIMIT 2) AS two) > 1
         FOR UPDATE SKIP LOCKED))
       RETURNING waiting, expired
     )
     INSERT INTO quarantine_changes (waiting, expired)
     SELECT sum(waiting), sum(expired) FROM folded HAVING count(*) > 0`,
  );
}

/**
 * Goes on with what was let go in part, piece by piece and taking turns. One player or click that fails keeps its place
 * and holds up no other.
 */
export async function releaseRest(db: Db, nowMs: number, maxPieces = MAX_BATCHES): Promise<EventId[]> {
  const released: EventId[] = [];
  const done: string[] = [];
  const failures: unknown[] = [];
  for (let piece = 0; piece < maxPieces; piece += 1) {
    const rest = await nextRest(db, done);
    if (rest === null) break;
    try {
      const ids = await releaseRestOf(db, rest, nowMs);
      if (ids === null) done.push(rest.refUuid);
      else released.push(...ids);
    } catch (error) {
      done.push(rest.refUuid);
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, 'what is left of some could not be released');
  return released;
}
