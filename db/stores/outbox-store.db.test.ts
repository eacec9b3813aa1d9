import { randomUUID } from 'node:crypto';
import { parseId, uuidFromId } from '../../domain/ids';
import { DAY_MS, HOUR_MS } from '../../domain/time';
import { insertChain } from '../../testing/builders/insert-chain';
import { insertClick } from '../../testing/builders/insert-click';
import { type EventFixture, insertEvent, insertQuarantine } from '../../testing/builders/insert-event';
import { insertPlayer } from '../../testing/builders/insert-player';
import { insertWorkspace, type WorkspaceFixture } from '../../testing/builders/insert-workspace';
import { createTestDb, type TestDb } from '../../testing/test-db';
import type { Db } from '../knex';
import { mintId } from '../mint-id';
import { loadEventRoutes, loadJourneyTargets } from './dispatch-store';
import {
  claimOutbox,
  deferOutbox,
  enqueue,
  type LaneGroup,
  type OutboxKind,
  outboxNumber,
  outboxRowId,
  parkOutbox,
  REBUILD_LANE,
  removeFromOutbox,
} from './outbox-store';

const nowMs = Date.now();
let testDb: TestDb;
let db: Db;
let tenant: WorkspaceFixture;

beforeAll(async () => {
  testDb = await createTestDb();
  db = testDb.db;
});
afterAll(() => testDb.drop());
beforeEach(async () => {
  await db('outbox').delete();
  tenant = await insertWorkspace(db);
});

async function queue(kind: OutboxKind, count: number, atMs = nowMs): Promise<string[]> {
  const refs = Array.from({ length: count }, () => randomUUID());
  for (const refUuid of refs) await enqueue(db, kind, [{ ...tenant, refUuid }], atMs);
  return refs;
}
const claim = (group: LaneGroup, limit = 10, atMs = nowMs) =>
  db.transaction((trx) => claimOutbox(trx, group, limit, atMs));

describe('claimOutbox', () => {
  it('takes the lanes of its group only, oldest first, what is rebuilt last', async () => {
    const rebuilt = await queue('click', 1);
    await db('outbox').update({ lane: REBUILD_LANE });
    const clicks = await queue('click', 2);
    const postbacks = await queue('postback', 2);
    const timers = await queue('timer', 1);
    const events = await queue('event', 2);
    const refs = async (group: LaneGroup, limit?: number) =>
      (await claim(group, limit)).map((row) => row.refUuid);
    expect(await refs('events')).toEqual(events);
    expect(await refs('duties')).toEqual([...postbacks, ...timers]);
    expect(await refs('starts')).toEqual([...clicks, ...rebuilt]);
    expect(await refs('starts', 1)).toEqual(clicks.slice(0, 1));
  });

  it('leaves what is parked', async () => {
    const [parked, waiting] = await queue('event', 2);
    const [row] = await claim('events', 1);
    if (row !== undefined) await parkOutbox(db, row, 'broken', nowMs);
    expect(row?.refUuid).toBe(parked);
    expect((await claim('events')).map(({ refUuid }) => refUuid)).toEqual([waiting]);
  });

  it('leaves what is not due yet', async () => {
    const [due] = await queue('event', 1);
    await queue('event', 1, nowMs + 1);
    expect((await claim('events')).map((row) => row.refUuid)).toEqual([due]);
    expect(await claim('events', 10, nowMs + 1)).toHaveLength(2);
  });

  it('takes what a clock wrote that was ahead, without waiting for as long as it was wrong', async () => {
    const [ref] = await queue('click', 1, nowMs + 3 * HOUR_MS);
    expect((await claim('starts')).map((row) => row.refUuid)).toEqual([ref]);
  });

  it('takes duties of every workspace that has any, however many another has queued before them', async () => {
    const flood = await queue('postback', 30);
    tenant = await insertWorkspace(db);
    const timers = await queue('timer', 2);
    tenant = await insertWorkspace(db);
    const replays = await queue('postback', 1);
    const refs = (await claim('duties', 9)).map((row) => row.refUuid);
    // A third for each; what the others leave of theirs is the flood's.
    expect(refs).toEqual([...flood.slice(0, 6), ...timers, ...replays]);
    const [one, two] = [await db.transaction(), await db.transaction()];
    await claimOutbox(one, 'duties', 9, nowMs);
    const beside = await claimOutbox(two, 'duties', 9, nowMs);
    expect(beside.map((row) => row.refUuid)).toEqual(flood.slice(6, 15));
    await Promise.all([one.rollback(), two.rollback()]);
  });

  it('gives two relays different rows, without either waiting', async () => {
    const refs = await queue('event', 6);
    const [one, two] = [await db.transaction(), await db.transaction()];
    const first = await claimOutbox(one, 'events', 4, nowMs);
    const second = await claimOutbox(two, 'events', 4, nowMs);
    expect([...first, ...second].map((row) => row.refUuid)).toEqual(refs);
    await Promise.all([one.rollback(), two.rollback()]);
  });

  it('leaves the rows of a relay that fails or dies', async () => {
    await queue('event', 3);
    const relay = await db.transaction();
    const rows = await claimOutbox(relay, 'events', 10, nowMs);
    await removeFromOutbox(
      relay,
      rows.map((row) => row.outboxId),
    );
    await relay.rollback();
    expect(await claim('events')).toEqual(rows);
  });

  it('removes exactly what was taken', async () => {
    const refs = await queue('event', 3);
    await db.transaction(async (trx) => {
      const rows = await claimOutbox(trx, 'events', 2, nowMs);
      await removeFromOutbox(
        trx,
        rows.map((row) => row.outboxId),
      );
    });
    expect((await claim('events')).map((row) => row.refUuid)).toEqual([refs[2]]);
    await removeFromOutbox(db, []);
    expect(await claim('events')).toHaveLength(1);
  });
});

describe('enqueue', () => {
  it('twice is one row, as it was', async () => {
    const [refUuid = ''] = await queue('event', 1);
    await db.transaction(async (trx) => {
      const [row] = await claimOutbox(trx, 'events', 1, nowMs);
      if (row !== undefined) await deferOutbox(trx, row.outboxId, 'x'.repeat(1_000), nowMs - 1);
    });
    await enqueue(db, 'event', [{ ...tenant, refUuid }], nowMs + 5);
    const rows = await db('outbox').select();
    expect(rows).toMatchObject([{ attempts: 1, available_at: new Date(nowMs - 1), run: 0 }]);
    expect(rows[0].last_error).toBe('x'.repeat(500));
  });

  it('takes more rows than a statement may have parameters', async () => {
    const refs = Array.from({ length: 12_000 }, () => ({ ...tenant, refUuid: randomUUID() }));
    await enqueue(db, 'event', refs, nowMs);
    expect(await db('outbox').count()).toEqual([{ count: 12_000n }]);
  });

  it('keeps runs of one postback apart, and takes an empty list', async () => {
    const refUuid = randomUUID();
    await enqueue(db, 'postback', [{ ...tenant, refUuid }], nowMs);
    await enqueue(db, 'postback', [{ ...tenant, refUuid, run: 1 }], nowMs);
    await enqueue(db, 'postback', [], nowMs);
    expect((await claim('duties')).map((row) => row.run)).toEqual([0, 1]);
  });
});

describe('loadEventRoutes', () => {
  const route = async (given: Partial<EventFixture> = {}, floodLimit = 200) => {
    const eventId = await insertEvent(db, { ...tenant, kind: 'install', ...given });
    const routes = await loadEventRoutes(db, [uuidFromId(eventId)], floodLimit);
    return { eventId, route: routes.get(uuidFromId(eventId)) };
  };

  it('names the click, when its window ends and whether its journey is over', async () => {
    const expiresAtMs = nowMs + DAY_MS;
    const open = await insertClick(db, { ...tenant, expiresAtMs });
    const closed = await insertClick(db, { ...tenant, expiresAtMs, closedAtMs: nowMs });
    expect((await route({ clickId: open })).route).toMatchObject({
      playerId: null,
      click: { clickId: open, expiresAtMs, isClosed: false },
      clickEvents: 1,
    });
    expect((await route({ clickId: closed })).route?.click).toMatchObject({
      clickId: closed,
      isClosed: true,
    });
  });

  it('finds the click of an event that names none: matched by hand, bound, or named by the player before', async () => {
    const chain = await insertChain(db, tenant, { clickedAtMs: nowMs });
    const bound = await route({ kind: 'deposit', playerId: chain.playerId });
    expect(bound.route).toMatchObject({ playerId: chain.playerId, click: { clickId: chain.clickId } });

    const playerId = await insertPlayer(db, tenant);
    const clickId = await insertClick(db, tenant);
    await insertEvent(db, { ...tenant, kind: 'registration', playerId, clickId });
    expect((await route({ kind: 'deposit', playerId })).route?.click).toMatchObject({ clickId });

    const matched = await insertClick(db, tenant);
    const eventId = await insertEvent(db, { ...tenant, kind: 'deposit', playerId });
    await insertQuarantine(db, { ...tenant, eventId, releasedAtMs: nowMs, matchedClickId: matched });
    const routes = await loadEventRoutes(db, [uuidFromId(eventId)], 200);
    expect(routes.get(uuidFromId(eventId))?.click).toMatchObject({ clickId: matched });
  });

  it('passes over a click without a row, and does not mind that one came after its event', async () => {
    const missing = mintId('clk', nowMs);
    const chain = await insertChain(db, tenant, { clickedAtMs: nowMs, externalId: 'casino-78' });
    const bound = await route({ kind: 'deposit', playerId: chain.playerId, clickId: missing });
    expect(bound.route?.click).toMatchObject({ clickId: chain.clickId });

    const playerId = await insertPlayer(db, tenant);
    const clickId = await insertClick(db, tenant);
    await insertEvent(db, { ...tenant, kind: 'lead', playerId, clickId: missing, clickWasKnown: false });
    await insertEvent(db, { ...tenant, kind: 'registration', playerId, clickId, clickWasKnown: false });
    expect((await route({ kind: 'deposit', playerId })).route?.click).toMatchObject({ clickId });
  });

  it('knows no click that does not exist or belongs to another workspace', async () => {
    const stranger = await insertWorkspace(db);
    const theirs = await insertClick(db, stranger);
    expect((await route({ clickId: theirs })).route?.click).toBeNull();
    expect((await route()).route).toMatchObject({ click: null, playerId: null });
  });

  it('is absent for a handled event, and one statement for a batch', async () => {
    expect((await route({ handledAtMs: nowMs })).route).toBeUndefined();
    const ids = [];
    for (let index = 0; index < 5; index += 1) ids.push(await insertEvent(db, { ...tenant, kind: 'lead' }));
    let statements = 0;
    const count = (): void => {
      statements += 1;
    };
    db.on('query', count);
    const routes = await loadEventRoutes(db, ids.map(uuidFromId), 200);
    db.removeListener('query', count);
    expect([routes.size, statements]).toEqual([5, 1]);
    expect(await loadEventRoutes(db, [], 200)).toEqual(new Map());
  });

  it('counts the events of a click no further than the limit needs', async () => {
    const clickId = await insertClick(db, tenant);
    for (let index = 0; index < 4; index += 1) await insertEvent(db, { ...tenant, kind: 'lead', clickId });
    expect((await route({ clickId }, 10)).route?.clickEvents).toBe(5);
    expect((await route({ clickId }, 3)).route?.clickEvents).toBe(4);
  });
});

describe('loadJourneyTargets', () => {
  it('gives what a journey is started with', async () => {
    const clickId = await insertClick(db, { ...tenant, clickedAtMs: nowMs });
    const targets = await loadJourneyTargets(db, [uuidFromId(clickId), randomUUID()]);
    expect([...targets.values()]).toEqual([
      expect.objectContaining({
        clickId,
        partnerId: null,
        expiresAtMs: nowMs + 30 * DAY_MS,
        isClosed: false,
      }),
    ]);
    expect(await loadJourneyTargets(db, [])).toEqual(new Map());
  });
});

describe('the id of a row', () => {
  it.each([1n, 255n, 2n ** 40n, 2n ** 63n - 1n])('%s, there and back', (number) => {
    const id = outboxRowId(number);
    expect(parseId('obx', id)).toBe(id);
    expect(outboxNumber(uuidFromId(id))).toBe(number);
  });

  it('one that is none of ours is that of no row, and no number that Postgres could not hold', () => {
    expect(outboxNumber('ffffffff-ffff-ffff-ffff-ffffffffffff')).toBe(2n ** 63n - 1n);
  });
});
