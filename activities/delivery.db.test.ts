import { ApplicationFailureCategory } from '@temporalio/common';
import { createGuardedFetch } from '../clients/guarded-fetch';
import { generateSecret, verifyWebhook } from '../clients/standard-webhooks';
import type { Db } from '../db/knex';
import { uuidFromId } from '../domain/ids';
import { DAY_MS, HOUR_MS, SECOND_MS } from '../domain/time';
import { insertAttempt } from '../testing/builders/insert-postback';
import { type DeliveryBench, failureOf, openDeliveryBench } from '../testing/delivery-bench';
import { createTestDb, type TestDb } from '../testing/test-db';

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

describe('a delivery', () => {
  it('that is taken', async () => {
    const postbackId = await house.dueOne();
    expect(await house.deliver(postbackId)).toBe('delivered');
    const stored = await house.row(postbackId);
    expect(stored).toMatchObject({ status: 'delivered', dead_at: null });
    expect(stored.delivered_at).toBeInstanceOf(Date);
    expect(await house.attempts(postbackId)).toMatchObject([
      { attempt_no: 1, outcome: 'delivered', reason: null, http_status: 200 },
    ]);
    const [request] = house.sink.requests;
    expect(`${house.sink.origin}${request?.url}`).toBe(stored.url);
    expect(request?.headers['idempotency-key']).toBe(stored.key);
  });

  it('that is taken at the third attempt: the same key, URL and body every time', async () => {
    const postbackId = await house.dueOne({ secret: generateSecret() });
    const statuses = [500, 429, 204];
    house.sink.answer = () => ({ status: statuses.shift() ?? 500 });
    const first = await failureOf(house.deliver(postbackId));
    expect(first).toMatchObject({
      type: 'PostbackNotTaken',
      message: 'server_error',
      nonRetryable: false,
      nextRetryDelay: 5 * SECOND_MS,
      category: ApplicationFailureCategory.BENIGN,
    });
    expect(await failureOf(house.deliver(postbackId, { attempt: 2 }))).toMatchObject({
      message: 'rate_limited',
    });
    expect((await house.row(postbackId)).status).toBe('pending');
    expect(await house.deliver(postbackId, { attempt: 3 })).toBe('delivered');
    const said = house.sink.requests.map(({ url, body, headers }) => [url, body, headers['idempotency-key']]);
    expect(said).toHaveLength(3);
    expect(new Set(said.map((parts) => JSON.stringify(parts))).size).toBe(1);
    expect((await house.attempts(postbackId)).map((attempt) => attempt.outcome)).toEqual([
      'retry',
      'retry',
      'delivered',
    ]);
  });

  it('of a webhook is signed, each attempt anew, and verifies', async () => {
    const secret = generateSecret();
    const postbackId = await house.dueOne({ secret });
    await house.deliver(postbackId);
    const [request] = house.sink.requests;
    if (request === undefined) throw new Error('nothing was sent');
    const verify = (body: string) =>
      verifyWebhook({ secrets: [secret], headers: request.headers, body, nowMs: Date.now() });
    expect(request).toMatchObject({ method: 'POST', url: '/hook' });
    expect(request.headers['content-type']).toBe('application/json');
    expect(verify(request.body)).toMatchObject({ ok: true, id: postbackId });
    expect(verify(request.body.replace('100.00', '900.00'))).toEqual({ ok: false, problem: 'bad_signature' });
    expect(JSON.parse(request.body)).toMatchObject({
      type: 'first_deposit',
      data: { revision: 0, amount: '100.00', payout: '50.00', transactionId: 'D1' },
    });
  });

  it('that was taken before sends nothing', async () => {
    const postbackId = await house.dueOne();
    await house.deliver(postbackId);
    expect(await house.deliver(postbackId)).toBe('delivered');
    expect(house.sink.requests).toHaveLength(1);
    expect(await house.attempts(postbackId)).toHaveLength(1);
  });
});

describe('what is tried again', () => {
  it('after as long as the destination asks, up to six hours', async () => {
    const postbackId = await house.dueOne();
    const delayAfter = async (retryAfter: string) => {
      house.sink.answer = () => ({ status: 503, headers: { 'retry-after': retryAfter } });
      return (await failureOf(house.deliver(postbackId))).nextRetryDelay;
    };
    expect(await delayAfter('1')).toBe(5 * SECOND_MS);
    expect(await delayAfter('120')).toBe(120 * SECOND_MS);
    expect(await delayAfter('999999')).toBe(6 * HOUR_MS);
    const inTenMinutes = new Date(Date.now() + 600_000).toUTCString();
    const delay = Number(await delayAfter(inTenMinutes));
    expect(delay).toBeGreaterThan(590_000);
    expect(delay).toBeLessThanOrEqual(600_000);
  });

  it('a destination that hangs: the deadline cuts it off', async () => {
    const postbackId = await house.dueOne();
    const impatient = createGuardedFetch({ allowedSink: house.sink.address, deadlineMs: 150 });
    house.sink.answer = () => new Promise(() => undefined);
    expect(await failureOf(house.deliver(postbackId, { client: impatient }))).toMatchObject({
      message: 'timeout',
    });
    expect(await house.attempts(postbackId)).toMatchObject([
      { outcome: 'retry', reason: 'timeout', http_status: null },
    ]);
    await impatient.close();
  });

  it('a destination that is not there, or breaks off', async () => {
    const postbackId = await house.dueOne();
    house.sink.answer = () => Promise.reject(new Error('breaks off'));
    expect(await failureOf(house.deliver(postbackId))).toMatchObject({ message: 'reset' });
    await house.sink.close();
    expect(await failureOf(house.deliver(postbackId))).toMatchObject({ message: 'refused' });
  });

  it('a last time just before the three days are over, and then no more', async () => {
    const postbackId = await house.dueOne();
    for (let attemptNo = 1; attemptNo < 80; attemptNo += 1) {
      await insertAttempt(db, { postbackId, attemptNo });
    }
    house.sink.answer = () => ({ status: 500 });
    const late = await failureOf(
      house.deliver(postbackId, { attempt: 80, elapsedMs: 3 * DAY_MS - 60 * SECOND_MS }),
    );
    expect(late).toMatchObject({ nonRetryable: false, nextRetryDelay: 45 * SECOND_MS });
    const last = await failureOf(
      house.deliver(postbackId, { attempt: 81, elapsedMs: 3 * DAY_MS - 15 * SECOND_MS }),
    );
    expect(last).toMatchObject({ nonRetryable: true });
    await house.park(postbackId);
    expect(await house.row(postbackId)).toMatchObject({ status: 'dead', dead_reason: 'retries_exhausted' });
  });
});

describe('what is refused for good', () => {
  it.each([
    [404, 'not_found'],
    [400, 'client_error'],
    [401, 'unauthorized'],
    [302, 'redirect'],
    [308, 'redirect'],
  ])('%i is parked as %s, and not asked again', async (status, reason) => {
    const postbackId = await house.dueOne();
    house.sink.answer = () => ({ status, headers: { location: `${house.sink.origin}/elsewhere` } });
    expect(await house.deliver(postbackId)).toBe('dead');
    expect(await house.row(postbackId)).toMatchObject({
      status: 'dead',
      dead_reason: reason,
      delivered_at: null,
    });
    expect(await house.attempts(postbackId)).toMatchObject([
      { outcome: 'refused', reason, http_status: status },
    ]);
    expect(await house.deliver(postbackId)).toBe('dead');
    expect(house.sink.requests).toHaveLength(1);
  });

  it('an address in the private network', async () => {
    const postbackId = await house.dueOne();
    const guarded = createGuardedFetch();
    expect(await house.deliver(postbackId, { client: guarded })).toBe('dead');
    expect(await house.row(postbackId)).toMatchObject({ dead_reason: 'blocked_address' });
    expect(house.sink.requests).toEqual([]);
    await guarded.close();
  });

  it('410 disables the destination; what else is due to it is parked without a call', async () => {
    const { destinationId, postbackIds } = await house.due({ events: ['first_deposit', 'deposit'] });
    const [gone, next] = postbackIds;
    if (gone === undefined || next === undefined) throw new Error('two are due');
    house.sink.answer = () => ({ status: 410 });
    expect(await house.deliver(gone)).toBe('dead');
    expect(await db('destinations').where('destination_id', uuidFromId(destinationId)).first()).toMatchObject(
      {
        status: 'disabled',
        disabled_reason: 'gone',
      },
    );
    expect(await db('audit').where('subject', destinationId)).toMatchObject([
      { actor: 'delivery', action: 'destination.disabled', cause: gone, detail: { reason: 'gone' } },
    ]);
    expect(await house.deliver(next)).toBe('dead');
    expect(await house.row(next)).toMatchObject({ status: 'dead', dead_reason: 'destination_disabled' });
    expect(await house.attempts(next)).toEqual([]);
    expect(house.sink.requests).toHaveLength(1);
  });
});
