import { type PostbackId, uuidFromId } from '../../domain/ids';
import { HOUR_MS, MINUTE_MS } from '../../domain/time';
import { insertAttempt, insertDestination, insertPostback } from '../../testing/builders/insert-postback';
import { insertWorkspace, type WorkspaceFixture } from '../../testing/builders/insert-workspace';
import { createTestDb, type TestDb } from '../../testing/test-db';
import type { Db } from '../knex';
import { sweepOrphanedPostbacks } from './postback-sweep-store';

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
  // Postbacks of other tests are none of this one's.
  await db('postbacks')
    .where({ status: 'pending' })
    .update({ status: 'delivered', delivered_at: new Date() });
});

/** Queued things, taken out again as a relay would. */
async function takeQueued(): Promise<{ kind: string; ref: string; run: number }[]> {
  const rows = await db('outbox').delete().returning(['kind', 'ref_id', 'run']);
  return rows.map((row) => ({ kind: row.kind, ref: row.ref_id, run: row.run }));
}
const sweepPostbacks = (atMs: number, limit = 100) =>
  db.transaction((trx) => sweepOrphanedPostbacks(trx, limit, atMs));

describe('sweepOrphanedPostbacks', () => {
  const pending = async (
    given: { createdAtMs?: number; deliveredAtMs?: number; deadAtMs?: number } = {},
  ): Promise<PostbackId> => {
    const destinationId = await insertDestination(db, tenant);
    return insertPostback(db, { ...tenant, destinationId, createdAtMs: startMs, ...given });
  };
  const swept = async (atMs: number) => {
    await sweepPostbacks(atMs);
    return takeQueued();
  };

  it('gives a postback that was never tried a workflow of its own after five minutes', async () => {
    const postbackId = await pending();
    expect(await swept(atMinute(5) - 1)).toEqual([]);
    expect(await swept(atMinute(5))).toEqual([{ kind: 'postback', ref: uuidFromId(postbackId), run: 1 }]);
    const row = await db('postbacks').where('postback_id', uuidFromId(postbackId)).first('run');
    expect(row.run).toBe(1);
  });

  it('waits longer than any pause between two attempts', async () => {
    const postbackId = await pending();
    await insertAttempt(db, { postbackId, attemptNo: 1, startedAtMs: startMs });
    await insertAttempt(db, { postbackId, attemptNo: 2, startedAtMs: atMinute(60) });
    expect(await swept(atMinute(60) + 6 * HOUR_MS)).toEqual([]);
    expect(await swept(atMinute(75) + 6 * HOUR_MS)).toHaveLength(1);
  });

  it('leaves what has ended, and what is queued already', async () => {
    await pending({ deliveredAtMs: startMs });
    await pending({ deadAtMs: startMs });
    const postbackId = await pending();
    expect(await sweepPostbacks(atMinute(5))).toBe(1);
    expect(await sweepPostbacks(atMinute(60))).toBe(0);
    expect(await takeQueued()).toEqual([{ kind: 'postback', ref: uuidFromId(postbackId), run: 1 }]);
  });

  it('starts one that nobody tries again after ever longer: delivery is away or full, and has it already', async () => {
    await pending();
    const startedAt: number[] = [];
    for (let minute = 0; minute <= 26 * 60; minute += 1) {
      await sweepPostbacks(atMinute(minute));
      if ((await takeQueued()).length > 0) startedAt.push(minute);
    }
    expect(startedAt).toEqual([5, 10, 20, 40, 80, 160, 320, 640, 1_015, 1_390]);
  });

  it('gives the young their turn, however many old ones are not tried', async () => {
    for (let index = 0; index < 6; index += 1) await pending();
    const young = await pending({ createdAtMs: atMinute(4) });
    const started: string[] = [];
    for (let minute = 5; minute <= 9; minute += 1) {
      await sweepPostbacks(atMinute(minute), 2);
      started.push(...(await takeQueued()).map(({ ref }) => ref));
    }
    expect(new Set(started).size).toBe(7);
    expect(started).toContain(uuidFromId(young));
  });

  it('is not kept from the others by those that wait in the outbox', async () => {
    for (let index = 0; index < 3; index += 1) await pending();
    expect(await sweepPostbacks(atMinute(5))).toBe(3);
    // Temporal is away: their rows stay, and they are due again before the next one is for the first time.
    const next = await pending({ createdAtMs: atMinute(6) });
    expect(await sweepPostbacks(atMinute(11), 3)).toBe(0);
    expect(await sweepPostbacks(atMinute(11), 3)).toBe(1);
    expect((await takeQueued()).map(({ ref }) => ref)).toContain(uuidFromId(next));
  });
});
