import type { Db } from '../db/knex';
import { mintId } from '../db/mint-id';
import { acceptEvent } from '../db/stores/event-store';
import type { NewEvent } from '../db/stores/new-event';
import { enqueue } from '../db/stores/outbox-store';
import { type CampaignId, type ClickId, type EventId, idFromUuid, uuidFromId } from '../domain/ids';
import { DAY_MS, MINUTE_MS, SECOND_MS } from '../domain/time';
import { insertCampaign } from '../testing/builders/insert-campaign';
import { insertDestination, insertPostback } from '../testing/builders/insert-postback';
import { insertWorkspace, type WorkspaceFixture } from '../testing/builders/insert-workspace';
import { newEvent } from '../testing/builders/new-event';
import { recordTestClick } from '../testing/builders/record-test-click';
import { type FakeTemporal, fakeTemporal, grpcError } from '../testing/fake-temporal';
import { createTestDb, type TestDb } from '../testing/test-db';
import { type BatchShare, type RelayBatchResult, relayBatch } from './relay-batch';

const nowMs = Date.now();
const UNAVAILABLE = 14;
const RESOURCE_EXHAUSTED = 8;
const INTERNAL = 13;

let testDb: TestDb;
let db: Db;
let tenant: WorkspaceFixture;
let campaignId: CampaignId;
let temporal: FakeTemporal;

beforeAll(async () => {
  testDb = await createTestDb();
  db = testDb.db;
});
afterAll(() => testDb.drop());
beforeEach(async () => {
  await db('outbox').delete();
  tenant = await insertWorkspace(db);
  campaignId = await insertCampaign(db, tenant);
  temporal = fakeTemporal();
});

const ROWS = 200;
const batch = (group: BatchShare['group'], atMs = nowMs, rows = ROWS) =>
  relayBatch(db, temporal.starter, { group, rows, concurrency: 24 }, atMs);
/** A batch of each group, one after the other, told as if they were one. */
async function relay(
  atMs = nowMs,
): Promise<Pick<RelayBatchResult, 'claimed' | 'relayed' | 'temporalAway' | 'failures'>> {
  const results = [await batch('events', atMs), await batch('duties', atMs), await batch('starts', atMs)];
  return {
    claimed: results.reduce((sum, { claimed }) => sum + claimed, 0),
    relayed: results.reduce((sum, { relayed }) => sum + relayed, 0),
    temporalAway: results.some(({ temporalAway }) => temporalAway),
    failures: results.flatMap(({ failures }) => failures),
  };
}
const outbox = () => db('outbox').orderBy('outbox_id');
const click = (given: { clickedAtMs?: number; clickId?: ClickId; userAgent?: string } = {}) =>
  recordTestClick(db, { ...tenant, campaignId, clickedAtMs: nowMs - MINUTE_MS, ...given });
let serial = 0;
async function accept(given: Partial<NewEvent> = {}): Promise<EventId> {
  serial += 1;
  const sender = { senderEventId: `E${serial}`, occurredAtMs: nowMs - SECOND_MS, ...given };
  return (await acceptEvent(db, newEvent(tenant, sender), nowMs)).id;
}
/** An install that names the click: an event without a player. */
const install = (clickRef: ClickId) => accept({ kind: 'install', clickRef });
const playerOf = async (eventId: EventId) => {
  const row = await db('events').where('event_id', uuidFromId(eventId)).first('player_id');
  return idFromUuid('ply', row.player_id);
};
/** A click whose own outbox row is gone, as after its journey was started. */
async function startedClick(given: Parameters<typeof click>[0] = {}): Promise<ClickId> {
  const clickId = await click(given);
  await db('outbox').delete();
  return clickId;
}
const close = (clickId: ClickId) =>
  db('clicks')
    .where('click_id', uuidFromId(clickId))
    .update({ closed_at: new Date(nowMs) });

describe('where Postgres sends an event', () => {
  it('to the click’s journey, until the last millisecond of its window', async () => {
    const clickId = await startedClick({ clickedAtMs: nowMs - 30 * DAY_MS });
    const eventId = await accept({ kind: 'registration', clickRef: clickId });
    expect(await relay(nowMs)).toMatchObject({ claimed: 1, relayed: 1, failures: [], temporalAway: false });
    expect(temporal.calls).toEqual([`signal ${clickId} ${eventId}`]);
    expect(await outbox()).toEqual([]);
    const late = await accept({ clickRef: clickId });
    await relay(nowMs + 1);
    expect(temporal.calls.slice(1)).toEqual([`player ${await playerOf(eventId)} ${late}`]);
  });

  it('to the journey of the click that brought its player, when it names none', async () => {
    const clickId = await startedClick();
    await accept({ kind: 'registration', clickRef: clickId });
    const deposit = await accept();
    await relay();
    expect(temporal.calls).toContain(`signal ${clickId} ${deposit}`);
  });

  it('to the player once the journey is closed, to itself without a player', async () => {
    const clickId = await startedClick();
    const registration = await accept({ kind: 'registration', clickRef: clickId });
    const installed = await install(clickId);
    await close(clickId);
    await relay();
    expect(temporal.calls.sort()).toEqual(
      [`event ${installed}`, `player ${await playerOf(registration)} ${registration}`].sort(),
    );
  });

  it('past a journey that turns out to be over', async () => {
    temporal.journeys = 'over';
    const clickId = await startedClick();
    const registration = await accept({ kind: 'registration', clickRef: clickId });
    const installed = await install(clickId);
    expect(await relay()).toMatchObject({ relayed: 2 });
    expect(temporal.calls).toContain(`player ${await playerOf(registration)} ${registration}`);
    expect(temporal.calls).toContain(`event ${installed}`);
    expect(await outbox()).toEqual([]);
  });

  it('nowhere, when it was settled meanwhile', async () => {
    const eventId = await install(await startedClick());
    await db('events').where('event_id', uuidFromId(eventId)).update({ handled_at: new Date() });
    expect(await relay()).toMatchObject({ relayed: 1 });
    expect(temporal.calls).toEqual([]);
    expect(await outbox()).toEqual([]);
  });
});

describe('clicks and postbacks', () => {
  it('a click is judged once and its journey started', async () => {
    const person = await click({
      userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    });
    const robot = await click({ userAgent: 'curl/8.0' });
    await relay();
    expect(temporal.calls.sort()).toEqual([`start ${person}`, `start ${robot}`].sort());
    const verdicts = await db('verdicts').whereIn('subject_id', [person, robot].map(uuidFromId));
    expect(new Set(verdicts.map((row) => row.outcome))).toEqual(new Set(['allow', 'review']));
    await enqueue(db, 'click', [{ ...tenant, refUuid: uuidFromId(robot) }], nowMs);
    await relay();
    expect(await db('verdicts').whereIn('subject_id', [person, robot].map(uuidFromId))).toEqual(verdicts);
  });

  it('a click whose journey is over gets no second one', async () => {
    await close(await click());
    expect(await relay()).toMatchObject({ relayed: 1 });
    expect(temporal.calls).toEqual([]);
  });

  it('a click lets the events go that waited for it, and the next batch carries them', async () => {
    const clickId = mintId('clk', nowMs - MINUTE_MS);
    const early = await accept({ kind: 'registration', clickRef: clickId });
    const deposit = await accept();
    expect(await outbox()).toEqual([]);
    await click({ clickId });
    await batch('starts');
    expect(temporal.calls).toEqual([`start ${clickId}`]);
    await relay();
    expect(temporal.calls.slice(1).sort()).toEqual(
      [`signal ${clickId} ${early}`, `signal ${clickId} ${deposit}`].sort(),
    );
    expect(await db('quarantine').whereNull('released_at')).toEqual([]);
  });

  it('a postback is started with its run', async () => {
    const destinationId = await insertDestination(db, tenant);
    const postbackId = await insertPostback(db, { ...tenant, destinationId });
    await enqueue(db, 'postback', [{ ...tenant, refUuid: uuidFromId(postbackId), run: 3 }], nowMs);
    await relay();
    expect(temporal.calls).toEqual([`postback ${postbackId} 3`]);
  });

  it('a batch has its own lanes only, and no more rows than it may', async () => {
    const clickId = await click();
    for (let index = 0; index < 4; index += 1) await click();
    await install(clickId);
    expect(await batch('events')).toMatchObject({ claimed: 1, relayed: 1, calls: { event: 1, click: 0 } });
    expect(await batch('starts', nowMs, 3)).toMatchObject({ claimed: 3, calls: { event: 0, click: 3 } });
    expect(await batch('starts', nowMs, 3)).toMatchObject({ claimed: 2, relayed: 2 });
    expect(temporal.calls[1]).toBe(`start ${clickId}`);
  });

  it('what is rebuilt goes behind what is new', async () => {
    const lost = await click();
    await db('outbox').update({ lane: 3 });
    const fresh = await click();
    await batch('starts', nowMs, 1);
    expect(temporal.calls).toEqual([`start ${fresh}`]);
    await batch('starts', nowMs, 1);
    expect(temporal.calls).toEqual([`start ${fresh}`, `start ${lost}`]);
  });

  it('what is not begun in time stays for the next batch', async () => {
    await click();
    const before = await outbox();
    const share = { group: 'starts', rows: ROWS, concurrency: 8, atMostMs: 0 } as const;
    expect(await relayBatch(db, temporal.starter, share, nowMs)).toMatchObject({
      claimed: 1,
      relayed: 0,
      failures: [],
    });
    expect([temporal.calls, await outbox()]).toEqual([[], before]);
  });

  it('what is over needs no call', async () => {
    await close(await click());
    expect(await batch('starts')).toMatchObject({ claimed: 1, relayed: 1, calls: { click: 0 } });
  });

  it('two relays at once carry every row, each once', async () => {
    for (let index = 0; index < ROWS + 50; index += 1) await click();
    const results = await Promise.all([batch('starts'), batch('starts')]);
    expect(results.reduce((sum, result) => sum + result.relayed, 0)).toBe(ROWS + 50);
    expect(temporal.calls).toHaveLength(ROWS + 50);
    expect(new Set(temporal.calls).size).toBe(ROWS + 50);
    expect(await outbox()).toEqual([]);
  });

  it('verdicts are there before the first start, so that no event waits for the last one', async () => {
    const clickId = await click();
    temporal.trouble = async () => {
      expect(await db('verdicts').where('subject_id', uuidFromId(clickId))).toHaveLength(1);
    };
    expect(await batch('starts')).toMatchObject({ relayed: 1, failures: [] });
  });
});

describe('trouble with Temporal', () => {
  it('away: every row stays as it is, and a later batch carries them', async () => {
    await install(await startedClick());
    await click();
    const before = await outbox();
    temporal.trouble = () => Promise.reject(grpcError(UNAVAILABLE));
    expect(await relay()).toMatchObject({ claimed: 2, relayed: 0, temporalAway: true, failures: [] });
    expect(await outbox()).toEqual(before);
    temporal.trouble = async () => undefined;
    expect(await relay()).toMatchObject({ relayed: 2, temporalAway: false });
  });

  it('away in the middle: what was taken is removed, the rest stays', async () => {
    const first = await install(await startedClick());
    const clickId = await click();
    temporal.trouble = (call) =>
      call.startsWith('start') ? Promise.reject(grpcError(UNAVAILABLE)) : Promise.resolve();
    expect(await relay()).toMatchObject({ relayed: 1, temporalAway: true });
    expect(temporal.calls).toEqual([expect.stringContaining(first)]);
    expect(await outbox()).toMatchObject([{ kind: 'click', ref_id: uuidFromId(clickId), attempts: 0 }]);
  });

  it('busy: again in a second, however often, and no failure', async () => {
    await click();
    temporal.trouble = () => Promise.reject(grpcError(RESOURCE_EXHAUSTED));
    for (let round = 0; round < 3; round += 1) {
      const atMs = nowMs + round * SECOND_MS;
      expect(await relay(atMs)).toMatchObject({ claimed: 1, relayed: 0, temporalAway: false, failures: [] });
      expect(await outbox()).toMatchObject([{ attempts: 0, available_at: new Date(atMs + SECOND_MS) }]);
      expect(await relay(atMs + SECOND_MS - 1)).toMatchObject({ claimed: 0 });
    }
  });

  it('busy holds the later events of the same journey, in their order, and no others', async () => {
    const [first, other] = [await startedClick(), await startedClick()];
    const events = [await install(first), await install(first), await install(first)];
    await install(other);
    temporal.trouble = async (call) => {
      if (call.includes(first)) throw grpcError(RESOURCE_EXHAUSTED);
    };
    expect(await batch('events')).toMatchObject({ relayed: 1, calls: { event: 2 } });
    temporal.trouble = async () => undefined;
    await batch('events', nowMs + SECOND_MS);
    expect(temporal.calls.slice(1)).toEqual(events.map((eventId) => `signal ${first} ${eventId}`));
  });

  it('faulty: later and later, at most a minute, with what went wrong', async () => {
    const clickId = await click();
    const healthy = await install(clickId);
    temporal.trouble = (call) =>
      call.startsWith('start') ? Promise.reject(grpcError(INTERNAL)) : Promise.resolve();
    let atMs = nowMs;
    const delays: number[] = [];
    for (let round = 0; round < 8; round += 1) {
      const result = await relay(atMs);
      expect(result.failures).toMatchObject([{ row: { kind: 'click', attempts: round } }]);
      const [row] = await outbox();
      expect(row.last_error).toContain('13: refused');
      delays.push((row.available_at.getTime() - atMs) / SECOND_MS);
      atMs = row.available_at.getTime();
    }
    expect(delays).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
    expect(temporal.calls).toEqual([`signal ${clickId} ${healthy}`]);
  });

  it('a relay that dies in the middle leaves every row, and repeats its calls', async () => {
    const [first, second] = [await click(), await click()];
    const before = await outbox();
    temporal.trouble = async (call) => {
      if (!call.endsWith(second)) return;
      // The connection that holds the claim, gone as with a process that was killed.
      await db.raw(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND state = 'idle in transaction' AND pid <> pg_backend_pid()`,
      );
    };
    // By shape: the driver's error may come from another realm.
    await expect(batch('starts')).rejects.toMatchObject({ message: expect.any(String) });
    expect(temporal.calls).toHaveLength(2);
    expect(await outbox()).toEqual(before);
    const verdicts = await db('verdicts').whereIn('subject_id', [first, second].map(uuidFromId));
    temporal.trouble = async () => undefined;
    expect(await batch('starts')).toMatchObject({ claimed: 2, relayed: 2 });
    expect(temporal.calls.filter((call) => call === `start ${first}`)).toHaveLength(2);
    expect(await db('verdicts').whereIn('subject_id', [first, second].map(uuidFromId))).toEqual(verdicts);
  });
});
