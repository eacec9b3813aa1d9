import { type CampaignId, type ClickId, type PlayerId, uuidFromId } from '../domain/ids';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../domain/time';
import { insertCampaign } from '../testing/builders/insert-campaign';
import { insertClick } from '../testing/builders/insert-click';
import { insertEvent, insertQuarantine } from '../testing/builders/insert-event';
import { insertPlayer } from '../testing/builders/insert-player';
import { insertDestination, insertPostback } from '../testing/builders/insert-postback';
import { insertWorkspace, type WorkspaceFixture } from '../testing/builders/insert-workspace';
import { createTestDb, type TestDb } from '../testing/test-db';
import type { Db } from './knex';
import { type RebuildOptions, type RebuildProgress, rebuildJourneys, untilCarried } from './rebuild-journeys';
import { enqueue, enqueueTimers, OUTBOX_LANES, REBUILD_LANE, timerRun } from './stores/outbox-store';
import { sweepOrphanedPostbacks } from './stores/postback-sweep-store';

const nowMs = Date.now();
const clock = { nowMs: () => nowMs };

let testDb: TestDb;
let db: Db;
let tenant: WorkspaceFixture;
let campaignId: CampaignId;

// One for each test: a rebuild looks at everything that there is.
beforeEach(async () => {
  testDb = await createTestDb();
  db = testDb.db;
  tenant = await insertWorkspace(db);
  campaignId = await insertCampaign(db, tenant);
});
afterEach(() => testDb.drop());

const rebuild = (options: RebuildOptions = {}) => rebuildJourneys(db, clock, options);
const queue = () => db('outbox').orderBy('outbox_id').select('lane', 'kind', 'ref_id', 'run', 'available_at');
const queuedRefs = async (kind: string): Promise<string[]> =>
  db('outbox').where({ kind }).orderBy('outbox_id').pluck('ref_id');
const click = (given: { clickedAtMs: number; expiresAtMs?: number; closedAtMs?: number }): Promise<ClickId> =>
  insertClick(db, { ...tenant, campaignId, ...given });
async function dueAt(dueAtMs: number | null): Promise<PlayerId> {
  const playerId = await insertPlayer(db, tenant);
  const due_at = dueAtMs === null ? null : new Date(dueAtMs);
  await db('subjects').insert({ subject_key: playerId, due_at });
  return playerId;
}

describe('what is queued', () => {
  it('the journey of every click whose window is open and which has not converted, oldest first', async () => {
    const young = await click({ clickedAtMs: nowMs - HOUR_MS });
    const old = await click({ clickedAtMs: nowMs - 89 * DAY_MS, expiresAtMs: nowMs + DAY_MS });
    await click({ clickedAtMs: nowMs - HOUR_MS, closedAtMs: nowMs });
    await click({ clickedAtMs: nowMs - 2 * DAY_MS, expiresAtMs: nowMs });
    expect((await rebuild()).clicks).toEqual({ found: 2, queued: 2 });
    const row = { lane: REBUILD_LANE, kind: 'click', run: 0, available_at: new Date(nowMs) };
    expect(await queue()).toEqual([
      { ...row, ref_id: uuidFromId(old) },
      { ...row, ref_id: uuidFromId(young) },
    ]);
  });

  it('leaves clicks of after its beginning to their own rows', async () => {
    await click({ clickedAtMs: nowMs + MINUTE_MS });
    expect((await rebuild()).clicks).toEqual({ found: 0, queued: 0 });
  });

  it('events that are neither settled nor in quarantine', async () => {
    const event = (given: { handledAtMs?: number } = {}) =>
      insertEvent(db, { ...tenant, kind: 'lead', receivedAtMs: nowMs - MINUTE_MS, ...given });
    const open = await event();
    const released = await event();
    await insertQuarantine(db, { ...tenant, eventId: released, releasedAtMs: nowMs });
    await insertQuarantine(db, { ...tenant, eventId: await event() });
    await event({ handledAtMs: nowMs });
    expect((await rebuild()).events).toEqual({ found: 2, queued: 2 });
    expect((await queuedRefs('event')).sort()).toEqual([open, released].map(uuidFromId).sort());
    expect(await queue()).toMatchObject([{ lane: OUTBOX_LANES.event }, { lane: OUTBOX_LANES.event }]);
  });

  it('postbacks that are owed, each as a run of its own, tried before or not', async () => {
    const destinationId = await insertDestination(db, tenant);
    const postback = (given: { deliveredAtMs?: number; deadAtMs?: number } = {}) =>
      insertPostback(db, { ...tenant, destinationId, createdAtMs: nowMs - MINUTE_MS, ...given });
    const pending = await postback();
    await db('postbacks').update({ run: 2 });
    await postback({ deliveredAtMs: nowMs });
    await postback({ deadAtMs: nowMs });
    expect((await rebuild()).postbacks).toEqual({ found: 1, queued: 1 });
    const row = { lane: 1, kind: 'postback', ref_id: uuidFromId(pending), run: 3 };
    expect(await queue()).toMatchObject([row]);
    expect(await db('postbacks').where('status', 'pending').pluck('run')).toEqual([3]);
    // Neither a second rebuild nor the sweep gives it another run while this one waits.
    expect((await rebuild()).postbacks).toEqual({ found: 0, queued: 0 });
    expect(await sweepOrphanedPostbacks(db, 10, nowMs + DAY_MS)).toBe(0);
    expect(await queue()).toMatchObject([row]);
  });

  it('what is due of players by time alone, soonest first and behind everything new', async () => {
    const [late, soon] = [await dueAt(nowMs + DAY_MS), await dueAt(nowMs + HOUR_MS)];
    await dueAt(null);
    await db('subjects').insert({ subject_key: 'evt_01k9ptrm7yfyaag1mg08mggg7s', due_at: new Date(nowMs) });
    expect((await rebuild()).timers).toEqual({ found: 2, queued: 2 });
    expect(await queue()).toMatchObject([
      { lane: REBUILD_LANE, kind: 'timer', ref_id: uuidFromId(soon), run: timerRun(nowMs + HOUR_MS) },
      { lane: REBUILD_LANE, kind: 'timer', ref_id: uuidFromId(late), run: timerRun(nowMs + DAY_MS) },
    ]);
  });

  it('nothing that is queued already, and a parked row stays parked', async () => {
    const clickId = await click({ clickedAtMs: nowMs - HOUR_MS });
    const eventId = await insertEvent(db, { ...tenant, kind: 'lead', receivedAtMs: nowMs - MINUTE_MS });
    const playerId = await dueAt(nowMs + DAY_MS);
    await db('outbox').insert({
      ...{ lane: REBUILD_LANE, kind: 'click', workspace_id: uuidFromId(tenant.workspaceId) },
      ...{ ref_id: uuidFromId(clickId), available_at: new Date(nowMs) },
    });
    await enqueue(db, 'event', [{ ...tenant, refUuid: uuidFromId(eventId) }], nowMs);
    await enqueueTimers(db, [{ ...tenant, playerId, dueAtMs: nowMs + DAY_MS }], nowMs);
    await db('outbox')
      .where({ kind: 'event' })
      .update({ attempts: 20, last_error: 'broken', parked_at: new Date(nowMs) });
    const before = await db('outbox').orderBy('outbox_id');
    expect(await rebuild()).toMatchObject({
      clicks: { found: 1, queued: 0 },
      events: { found: 1, queued: 0 },
      timers: { found: 1, queued: 0 },
    });
    expect(await db('outbox').orderBy('outbox_id')).toEqual(before);
  });

  it('the same of every tenant', async () => {
    const stranger = await insertWorkspace(db);
    await click({ clickedAtMs: nowMs - HOUR_MS });
    await insertClick(db, { ...stranger, clickedAtMs: nowMs - HOUR_MS });
    await rebuild();
    expect(new Set(await db('outbox').pluck('workspace_id'))).toEqual(
      new Set([tenant, stranger].map(({ workspaceId }) => uuidFromId(workspaceId))),
    );
  });
});

describe('how', () => {
  async function fill(): Promise<void> {
    const destinationId = await insertDestination(db, tenant);
    for (let index = 0; index < 7; index += 1) {
      // Some at the same moment, so that a piece may end between them.
      const atMs = nowMs - DAY_MS + Math.floor(index / 3);
      await click({ clickedAtMs: atMs });
      await insertEvent(db, { ...tenant, kind: 'lead', receivedAtMs: atMs });
      await insertPostback(db, { ...tenant, destinationId, createdAtMs: atMs });
      await dueAt(nowMs + DAY_MS + Math.floor(index / 3));
    }
    await db('events').update({ sweep_after: new Date(nowMs) });
  }
  const everything = { found: 7, queued: 7 };

  it.each([1, 2, 3, 7, 8, 5_000])('in pieces of %i rows, each row once', async (pieceRows) => {
    await fill();
    const summary = await rebuild({ pieceRows });
    expect(summary).toMatchObject({
      events: everything,
      postbacks: everything,
      timers: everything,
      clicks: everything,
    });
    expect(await queue()).toHaveLength(28);
    expect(new Set(await db('postbacks').pluck('run'))).toEqual(new Set([1]));
  });

  it('a dry run counts the same and changes nothing', async () => {
    await fill();
    const counted = { found: 7, queued: 0 };
    expect(await rebuild({ dryRun: true, pieceRows: 2 })).toMatchObject({
      events: counted,
      postbacks: counted,
      timers: counted,
      clicks: counted,
      upTo: 0n,
    });
    expect(await queue()).toEqual([]);
    expect(new Set(await db('postbacks').pluck('run'))).toEqual(new Set([0]));
  });

  it('among many clicks of the past, a piece is what was looked at, not what was found', async () => {
    for (let index = 0; index < 9; index += 1) {
      await click({ clickedAtMs: nowMs - 2 * DAY_MS, expiresAtMs: nowMs - DAY_MS });
    }
    const open = await click({ clickedAtMs: nowMs - HOUR_MS });
    const seen: RebuildProgress[] = [];
    await rebuild({ pieceRows: 3, onProgress: (progress) => seen.push(progress) });
    const ofClicks = seen.filter(({ part }) => part === 'clicks');
    expect(ofClicks.map((progress) => [progress.seen, progress.found])).toEqual([
      [3, 0],
      [6, 0],
      [9, 0],
      [10, 1],
    ]);
    expect(ofClicks.at(-1)?.lastClick).toBe(open);
  });

  it('broken off anywhere, it goes on where it was', async () => {
    await fill();
    const broken = new AbortController();
    let lastClick: ClickId | null = null;
    const first = rebuild({
      pieceRows: 2,
      signal: broken.signal,
      onProgress: (progress) => {
        lastClick = progress.lastClick;
        if (progress.part === 'clicks' && progress.seen === 4) broken.abort();
      },
    });
    await expect(first).rejects.toMatchObject({ name: 'AbortError' });
    const done = await queuedRefs('click');
    expect(done).toHaveLength(4);
    if (lastClick === null) throw new Error('no click was looked at');
    const second = await rebuild({ after: lastClick });
    expect(second.clicks).toEqual({ found: 3, queued: 3 });
    expect(new Set(await queuedRefs('click')).size).toBe(7);
  });

  it('two at once queue everything once', async () => {
    await fill();
    await Promise.all([rebuild({ pieceRows: 2 }), rebuild({ pieceRows: 3 })]);
    for (const kind of ['click', 'event', 'timer']) expect(await queuedRefs(kind)).toHaveLength(7);
    expect(new Set(await queuedRefs('postback')).size).toBe(7);
  });
});

describe('waiting until relays have carried it', () => {
  it('ends when everything of then is gone, whatever came later or is parked', async () => {
    const parked = await click({ clickedAtMs: nowMs - HOUR_MS });
    await click({ clickedAtMs: nowMs - HOUR_MS });
    const { upTo } = await rebuild();
    await db('outbox')
      .where({ ref_id: uuidFromId(parked) })
      .update({ attempts: 20, last_error: 'broken', parked_at: new Date(nowMs) });
    const later = await click({ clickedAtMs: nowMs });
    await enqueue(db, 'click', [{ ...tenant, refUuid: uuidFromId(later) }], nowMs);
    const left: number[] = [];
    const look = (isOver: boolean) => {
      const over = new AbortController();
      const onLeft = (count: number): void => {
        left.push(count);
        if (isOver) over.abort();
      };
      return untilCarried(db, upTo, { signal: over.signal, onLeft });
    };
    expect(await look(true)).toBe(false);
    await db('outbox').where('outbox_id', '<=', upTo.toString()).whereNull('parked_at').delete();
    expect(await look(false)).toBe(true);
    expect(left).toEqual([1, 0]);
  });
});
