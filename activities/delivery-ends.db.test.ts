import { MockActivityEnvironment } from '@temporalio/testing';
import type { Db } from '../db/knex';
import { closeAttempt } from '../db/stores/attempt-end-store';
import { uuidFromId } from '../domain/ids';
import { type DeliveryBench, openDeliveryBench } from '../testing/delivery-bench';
import { createTestDb, type TestDb } from '../testing/test-db';
import { until } from '../testing/until';

let testDb: TestDb;
let db: Db;
let house: DeliveryBench;

beforeAll(async () => {
  testDb = await createTestDb();
  db = testDb.db;
});
afterAll(() => testDb.drop());
beforeEach(async () => {
  house = await openDeliveryBench(db);
});
afterEach(() => house.close());

const isWaiting = async (statement: string) => {
  const { rows } = await db.raw<{ rows: unknown[] }>(
    `SELECT 1 FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE ?`,
    [`%${statement}%`],
  );
  return rows.length > 0;
};

describe('a worker that dies in an attempt', () => {
  it('leaves it abandoned; the next one sends the same again', async () => {
    const postbackId = await house.dueOne();
    await house.opened(postbackId);
    expect(await house.deliver(postbackId, { attempt: 2 })).toBe('delivered');
    expect(await house.attempts(postbackId)).toMatchObject([
      { attempt_no: 1, outcome: 'abandoned', reason: 'worker_lost', http_status: null },
      { attempt_no: 2, outcome: 'delivered' },
    ]);
  });

  it('or is told to stop: the attempt stays open until the next', async () => {
    const postbackId = await house.dueOne();
    house.sink.answer = () => new Promise(() => undefined);
    const env = new MockActivityEnvironment();
    const attempt = house.deliver(postbackId, { env }).catch((error: unknown) => error);
    await until('the request to arrive', async () => house.sink.requests.length > 0);
    env.cancel('WORKER_SHUTDOWN');
    expect(await attempt).toBeInstanceOf(Error);
    expect(await house.attempts(postbackId)).toMatchObject([{ finished_at: null }]);
    expect((await house.row(postbackId)).status).toBe('pending');
    house.sink.answer = () => ({ status: 200 });
    expect(await house.deliver(postbackId, { attempt: 2 })).toBe('delivered');
  });

  const now = new Date();
  it.each([
    ['destinations', 'destination_id', { status: 'disabled', disabled_reason: 'gone', disabled_at: now }],
    ['players', 'player_id', { excluded_during: '{[2026-01-01,)}' }],
    ['postbacks', 'postback_id', { status: 'dead', dead_at: now, dead_reason: 'self_excluded' }],
  ])('leaves it abandoned also where nothing may be sent any more: its %s', async (table, key, change) => {
    const postbackId = await house.dueOne();
    await house.opened(postbackId);
    await db(table)
      .where(key, String((await house.row(postbackId))[key]))
      .update(change);
    expect(await house.deliver(postbackId, { attempt: 2 })).toBe('dead');
    expect(house.sink.requests).toEqual([]);
    expect(await house.attempts(postbackId)).toMatchObject([{ outcome: 'abandoned', reason: 'worker_lost' }]);
  });

  it('leaves it abandoned also when the time is up', async () => {
    const postbackId = await house.dueOne();
    await house.opened(postbackId);
    await house.park(postbackId);
    expect(await house.attempts(postbackId)).toMatchObject([{ outcome: 'abandoned', reason: 'worker_lost' }]);
    expect((await house.row(postbackId)).status).toBe('dead');
  });

  it('two that try at once end as one delivery, under one key', async () => {
    const postbackId = await house.dueOne();
    const answers = await Promise.all([
      house.deliver(postbackId),
      house.deliver(postbackId),
      house.deliver(postbackId),
    ]);
    expect(new Set(answers)).toEqual(new Set(['delivered']));
    expect(new Set(house.sink.requests.map((request) => request.headers['idempotency-key'])).size).toBe(1);
    expect((await house.row(postbackId)).status).toBe('delivered');
    const outcomes = (await house.attempts(postbackId)).map((attempt) => attempt.outcome);
    expect(outcomes).toContain('delivered');
    expect(outcomes).not.toContain(null);
  });
});

describe('the end of a postback', () => {
  const result = { reason: null, httpStatus: 200, latencyMs: 1, excerpt: '' } as const;

  it('is delivered once anybody has taken it, whatever a slower attempt reports later', async () => {
    const postbackId = await house.dueOne();
    const [slow, quick] = [await house.opened(postbackId), await house.opened(postbackId)];
    await closeAttempt(db, postbackId, quick, { ...result, outcome: 'delivered' }, Date.now());
    await closeAttempt(
      db,
      postbackId,
      slow,
      { ...result, outcome: 'refused', reason: 'not_found' },
      Date.now(),
    );
    expect(await house.row(postbackId)).toMatchObject({ status: 'delivered', dead_at: null });
    await house.park(postbackId);
    expect(await house.row(postbackId)).toMatchObject({ status: 'delivered', dead_reason: null });
  });

  it('is delivered also when it was parked while the destination was answering', async () => {
    const postbackId = await house.dueOne();
    const attempt = await house.opened(postbackId);
    await house.park(postbackId);
    await closeAttempt(db, postbackId, attempt, { ...result, outcome: 'delivered' }, Date.now());
    expect(await house.row(postbackId)).toMatchObject({
      status: 'delivered',
      dead_at: null,
      dead_reason: null,
    });
  });

  it('does not deadlock with the next attempt, which is being opened', async () => {
    const postbackId = await house.dueOne();
    const attempt = await house.opened(postbackId);
    const opening = await db.transaction();
    await opening.raw('SELECT 1 FROM postbacks WHERE postback_id = ? FOR UPDATE', [uuidFromId(postbackId)]);
    const closing = closeAttempt(db, postbackId, attempt, { ...result, outcome: 'delivered' }, Date.now());
    await until('the first attempt to wait', () => isWaiting('FOR UPDATE'));
    await opening('postback_attempts')
      .where('postback_id', uuidFromId(postbackId))
      .update({ finished_at: new Date(), outcome: 'abandoned' });
    await opening.commit();
    await closing;
    expect((await house.row(postbackId)).status).toBe('delivered');
    expect(await house.attempts(postbackId)).toMatchObject([{ outcome: 'delivered' }]);
  });

  it('disables a destination once, in one transaction with its audit, however many hear that it is gone', async () => {
    const { destinationId, postbackIds } = await house.due({ events: ['first_deposit', 'deposit'] });
    const gone = { ...result, outcome: 'disabled', reason: 'gone', httpStatus: 410 } as const;
    const running = await Promise.all(
      postbackIds.map(async (id) => ({ id, attempt: await house.opened(id) })),
    );
    for (const { id, attempt } of running) await closeAttempt(db, id, attempt, gone, Date.now());
    expect(await db('audit').where('subject', destinationId)).toHaveLength(1);
    const reasons = await Promise.all(postbackIds.map(async (id) => (await house.row(id)).dead_reason));
    // What is owed is parked with the destination, also while it is under way.
    expect(reasons).toEqual(['gone', 'destination_disabled']);
  });

  it('waits for whoever is changing the player, so that an exclusion is seen or comes after', async () => {
    const postbackId = await house.dueOne();
    const exclusion = await db.transaction();
    await exclusion.raw('SELECT 1 FROM players WHERE workspace_id = ? FOR UPDATE', [
      uuidFromId(house.bench.tenant.workspaceId),
    ]);
    const delivery = house.deliver(postbackId);
    await until('the attempt to wait', () => isWaiting('FOR SHARE'));
    expect(house.sink.requests).toEqual([]);
    await exclusion.commit();
    expect(await delivery).toBe('delivered');
  });
});
