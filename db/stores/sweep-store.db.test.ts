import { type EventId, uuidFromId } from '../../domain/ids';
import { MINUTE_MS } from '../../domain/time';
import { insertCampaign } from '../../testing/builders/insert-campaign';
import { type EventFixture, insertEvent, insertQuarantine } from '../../testing/builders/insert-event';
import { insertWorkspace, type WorkspaceFixture } from '../../testing/builders/insert-workspace';
import { newEvent } from '../../testing/builders/new-event';
import { recordTestClick } from '../../testing/builders/record-test-click';
import { createTestDb, type TestDb } from '../../testing/test-db';
import type { Db } from '../knex';
import { acceptEvent } from './event-store';
import { sweepUnhandledEvents } from './sweep-store';

let testDb: TestDb;
let db: Db;
let tenant: WorkspaceFixture;
const startMs = Date.now();
const atMinute = (minutes: number) => startMs + minutes * MINUTE_MS;

beforeAll(async () => {
  testDb = await createTestDb();
  db = testDb.db;
});
afterAll(() => testDb.drop());
beforeEach(async () => {
  tenant = await insertWorkspace(db);
  await db('outbox').delete();
  // Events of other tests are none of this one's.
  await db('events').update({ handled_at: new Date() });
});

/** Queued things, taken out again as a relay would. */
async function takeQueued(): Promise<{ kind: string; ref: string; run: number }[]> {
  const rows = await db('outbox').delete().returning(['kind', 'ref_id', 'run']);
  return rows.map((row) => ({ kind: row.kind, ref: row.ref_id, run: row.run }));
}
const sweepEvents = (atMs: number, limit = 100) =>
  db.transaction((trx) => sweepUnhandledEvents(trx, limit, atMs));

describe('sweepUnhandledEvents', () => {
  /** Received at the start of the test, and first due a minute later. */
  async function unhandled(given: Partial<EventFixture> = {}): Promise<EventId> {
    const eventId = await insertEvent(db, { ...tenant, kind: 'lead', receivedAtMs: startMs, ...given });
    await db('events')
      .where('event_id', uuidFromId(eventId))
      .update({ sweep_after: new Date(atMinute(1)) });
    return eventId;
  }

  it('gives a new event a minute before it may be swept', async () => {
    const eventId = await insertEvent(db, { ...tenant, kind: 'lead' });
    const row = await db('events').where('event_id', uuidFromId(eventId)).first('sweep_after');
    const waitMs = row.sweep_after.getTime() - Date.now();
    expect(waitMs).toBeGreaterThan(50_000);
    expect(waitMs).toBeLessThanOrEqual(60_000);
  });

  it('queues what is not settled after a minute, once, then after twice as long each time', async () => {
    const eventId = await unhandled();
    const queuedAt: number[] = [];
    for (let minute = 0; minute <= 20; minute += 1) {
      await sweepEvents(atMinute(minute));
      for (const { kind, ref } of await takeQueued()) {
        expect([kind, ref]).toEqual(['event', uuidFromId(eventId)]);
        queuedAt.push(minute);
      }
    }
    expect(queuedAt).toEqual([1, 2, 4, 8, 16]);
  });

  it('does not double what is queued already', async () => {
    const { id } = await acceptEvent(
      db,
      newEvent(tenant, {
        kind: 'install',
        senderEventId: 'I1',
        clickRef: await recordTestClick(db, {
          ...tenant,
          campaignId: await insertCampaign(db, tenant),
          clickedAtMs: startMs,
        }),
      }),
      startMs,
    );
    expect(await sweepEvents(Date.now() + 2 * MINUTE_MS)).toBe(1);
    const events = (await takeQueued()).filter((row) => row.kind === 'event');
    expect(events).toEqual([{ kind: 'event', ref: uuidFromId(id), run: 0 }]);
  });

  it('leaves handled events, and those in quarantine until they are released', async () => {
    await unhandled({ handledAtMs: startMs });
    await insertQuarantine(db, { ...tenant, eventId: await unhandled() });
    const released = await unhandled();
    await insertQuarantine(db, { ...tenant, eventId: released, releasedAtMs: startMs });
    expect(await sweepEvents(atMinute(1))).toBe(1);
    expect(await takeQueued()).toEqual([{ kind: 'event', ref: uuidFromId(released), run: 0 }]);
  });

  it('is bounded, and two sweeps at once share the work', async () => {
    for (let index = 0; index < 6; index += 1) await unhandled();
    expect(await sweepEvents(atMinute(1), 2)).toBe(2);
    const [one, two] = [await db.transaction(), await db.transaction()];
    const found = [
      await sweepUnhandledEvents(one, 2, atMinute(1)),
      await sweepUnhandledEvents(two, 100, atMinute(1)),
    ];
    await Promise.all([one.commit(), two.commit()]);
    expect(found).toEqual([2, 2]);
    expect(await takeQueued()).toHaveLength(6);
  });
});
