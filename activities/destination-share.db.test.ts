import type { Db } from '../db/knex';
import { type AttemptResult, closeAttempt } from '../db/stores/attempt-end-store';
import { type AttemptOpening, openAttempt } from '../db/stores/delivery-store';
import { sweepOrphanedPostbacks } from '../db/stores/postback-sweep-store';
import { type DestinationId, type PostbackId, uuidFromId } from '../domain/ids';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../domain/time';
import { insertDestination, insertPostback } from '../testing/builders/insert-postback';
import { type DeliveryBench, failureOf, openDeliveryBench } from '../testing/delivery-bench';
import { createTestDb, type TestDb } from '../testing/test-db';

const SHARE = 8;
const failure: AttemptResult = {
  ...{ outcome: 'retry', reason: 'timeout', httpStatus: null, latencyMs: 10_000, excerpt: '' },
};
const success: AttemptResult = { ...failure, outcome: 'delivered', reason: null, httpStatus: 200 };

let testDb: TestDb;
let db: Db;
let house: DeliveryBench;
let destinationId: DestinationId;
const nowMs = Date.now();

beforeAll(async () => {
  testDb = await createTestDb({ poolMax: 20 });
  db = testDb.db;
});
afterAll(() => testDb.drop());
beforeEach(async () => {
  house = await openDeliveryBench(db);
  destinationId = await insertDestination(db, house.bench.tenant);
});
afterEach(() => house.close());

const owed = (count: number, to = destinationId): Promise<PostbackId[]> =>
  Promise.all(
    Array.from({ length: count }, () => insertPostback(db, { ...house.bench.tenant, destinationId: to })),
  );
const open = (id: PostbackId, atMs = nowMs, hasWaited = false) => openAttempt(db, id, atMs, 0, hasWaited);
const kinds = (openings: readonly AttemptOpening[]) => openings.map(({ kind }) => kind);
const turnOf = (opening: AttemptOpening) => (opening.kind === 'busy' ? opening.turnInMs : null);
const countOf = (openings: readonly AttemptOpening[], kind: AttemptOpening['kind']) =>
  kinds(openings).filter((one) => one === kind).length;

async function close(
  id: PostbackId,
  opening: AttemptOpening | undefined,
  result: AttemptResult,
): Promise<void> {
  if (opening?.kind !== 'opened') throw new Error(`not opened but ${opening?.kind}`);
  await closeAttempt(db, id, opening.attempt, result, nowMs);
}

/** Fails so often, one after the other. */
async function fail(times: number): Promise<void> {
  const [id] = (await owed(1)) as [PostbackId];
  for (let count = 0; count < times; count += 1) await close(id, await open(id), failure);
}

describe('the share of a destination', () => {
  it('is so many attempts at once over all workers, whoever asks; another destination has its own', async () => {
    const ids = await owed(40);
    const openings = await Promise.all(ids.map((id) => open(id)));
    expect(countOf(openings, 'opened')).toBe(SHARE);
    expect(countOf(openings, 'busy')).toBe(40 - SHARE);
    const other = await insertDestination(db, house.bench.tenant);
    expect(kinds(await Promise.all((await owed(3, other)).map((id) => open(id))))).toEqual(
      Array(3).fill('opened'),
    );
    const waiting = ids.filter((_, index) => openings[index]?.kind === 'busy');
    const attempts = await db('postback_attempts').whereIn('postback_id', waiting.map(uuidFromId));
    expect(attempts).toEqual([]);
  });

  it('has a place again when an attempt has ended, or its worker has died in it', async () => {
    const ids = await owed(SHARE + 2);
    const openings = await Promise.all(ids.slice(0, SHARE).map((id) => open(id)));
    const [next, last] = ids.slice(SHARE) as [PostbackId, PostbackId];
    expect((await open(next)).kind).toBe('busy');
    await close(ids[0] as PostbackId, openings[0], success);
    expect((await open(next, nowMs, true)).kind).toBe('opened');
    expect((await open(last, nowMs + 20 * SECOND_MS, true)).kind).toBe('busy');
    expect((await open(last, nowMs + 20 * SECOND_MS + 1, true)).kind).toBe('opened');
  });

  it('takes no second place for a postback that is tried again after its worker died', async () => {
    const ids = await owed(SHARE);
    await Promise.all(ids.map((id) => open(id)));
    expect(kinds(await Promise.all(ids.map((id) => open(id, nowMs, true))))).toEqual(
      Array(SHARE).fill('opened'),
    );
  });

  it.each([
    [5, 4],
    [10, 2],
    [15, 1],
    [30, 1],
  ])(
    'shrinks with failures in a row, and is whole again with a success: %i leave %i',
    async (failures, left) => {
      await fail(failures);
      const ids = await owed(SHARE);
      const openings = await Promise.all(ids.map((id) => open(id)));
      expect(countOf(openings, 'opened')).toBe(left);
      const first = openings.findIndex(({ kind }) => kind === 'opened');
      await close(ids[first] as PostbackId, openings[first], success);
      const again = await Promise.all(
        ids.filter((_, index) => openings[index]?.kind === 'busy').map((id) => open(id, nowMs, true)),
      );
      expect(countOf(again, 'opened')).toBe(SHARE - left);
    },
  );
});

describe('who waits for a place', () => {
  it('gets a turn of its own, as often as a silent destination frees a place', async () => {
    const ids = await owed(SHARE + 4);
    await Promise.all(ids.slice(0, SHARE).map((id) => open(id)));
    const askedAtMs = nowMs + 2 * SECOND_MS;
    const turns = [];
    for (const id of ids.slice(SHARE)) turns.push(turnOf(await open(id, askedAtMs)));
    expect(turns).toEqual([500, 1_000, 1_500, 2_000]);
  });

  it('has a place that nobody who is new may take, and the new ones have the others', async () => {
    const ids = await owed(SHARE + 3);
    const openings = await Promise.all(ids.slice(0, SHARE).map((id) => open(id)));
    const [waiting, fresh, another] = ids.slice(SHARE) as [PostbackId, PostbackId, PostbackId];
    expect((await open(waiting)).kind).toBe('busy');
    await close(ids[0] as PostbackId, openings[0], success);
    expect((await open(fresh)).kind).toBe('busy');
    expect((await open(waiting, nowMs, true)).kind).toBe('opened');
    await close(ids[1] as PostbackId, openings[1], success);
    await close(ids[2] as PostbackId, openings[2], success);
    expect(kinds([await open(fresh), await open(another)])).toEqual(['opened', 'busy']);
  });

  it('is at most a quarter of an hour away from it, however long the line is', async () => {
    await fail(15);
    const ids = await owed(4);
    await open(ids[0] as PostbackId);
    await db('destinations')
      .where('destination_id', uuidFromId(destinationId))
      .update({ next_turn_at: new Date(nowMs + HOUR_MS) });
    expect(turnOf(await open(ids[1] as PostbackId, nowMs + 5 * SECOND_MS))).toBe(15 * MINUTE_MS);
  });

  it('comes back as a retryable failure that counts as no attempt, and not past its three days', async () => {
    const [postbackId, ...others] = await owed(SHARE + 1);
    if (postbackId === undefined) throw new Error('nothing is owed');
    for (const id of others) await open(id, Date.now());
    const busy = await failureOf(house.deliver(postbackId));
    expect(busy).toMatchObject({
      type: 'DestinationBusy',
      nonRetryable: false,
      nextRetryDelay: expect.any(Number),
    });
    const last = await failureOf(
      house.deliver(postbackId, { attempt: 9, elapsedMs: 3 * DAY_MS - SECOND_MS }),
    );
    expect(last).toMatchObject({ type: 'DestinationBusy', nonRetryable: true });
    expect(await house.attempts(postbackId)).toEqual([]);
    await db('postback_attempts').whereIn('postback_id', others.map(uuidFromId)).delete();
    await db('postbacks')
      .where('postback_id', uuidFromId(postbackId))
      .update({ url: `${house.sink.origin}/pb` });
    house.sink.answer = () => ({ status: 503 });
    const failed = await failureOf(house.deliver(postbackId, { attempt: 10 }));
    expect(failed).toMatchObject({ type: 'PostbackNotTaken', nextRetryDelay: 5 * SECOND_MS });
  });

  it('is left alone by the sweep until long after its turn', async () => {
    const ids = await owed(SHARE + 1);
    for (const id of ids.slice(0, SHARE)) await open(id);
    const waiting = ids[SHARE] as PostbackId;
    const laterMs = nowMs + 10 * MINUTE_MS;
    for (const id of ids.slice(0, SHARE)) await open(id, laterMs, true);
    expect((await open(waiting, laterMs, true)).kind).toBe('busy');
    await db('outbox').delete();
    const sweptAt = async (atMs: number) => {
      await db.transaction((trx) => sweepOrphanedPostbacks(trx, 1_000, atMs));
      return (await db('outbox').where('ref_id', uuidFromId(waiting))).length;
    };
    expect(await sweptAt(laterMs + 14 * MINUTE_MS)).toBe(0);
    expect(await sweptAt(laterMs + 16 * MINUTE_MS)).toBe(1);
  });
});
