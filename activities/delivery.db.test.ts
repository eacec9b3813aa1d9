import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createGuardedFetch, type GuardedFetch } from '../clients/guarded-fetch';
import { generateSecret, verifyWebhook } from '../clients/standard-webhooks';
import type { Db } from '../db/knex';
import { closeAttempt, openAttempt } from '../db/stores/delivery-store';
import { type DestinationId, type PostbackId, uuidFromId } from '../domain/ids';
import { DAY_MS, HOUR_MS, SECOND_MS } from '../domain/time';
import { insertDestination } from '../testing/builders/insert-postback';
import { openSettlementBench, type SettlementBench } from '../testing/settlement-bench';
import { type Sink, startSink } from '../testing/sink';
import { createTestDb, type TestDb } from '../testing/test-db';
import { until } from '../testing/until';
import { createDeliveryActivities } from './delivery';

const PATH = '/pb?c={click_id}&e={event}&t={transaction_id}&p={payout}';

let testDb: TestDb;
let db: Db;
let bench: SettlementBench;
let sink: Sink;
let http: GuardedFetch;

beforeAll(async () => {
  testDb = await createTestDb();
  db = testDb.db;
});
afterAll(() => testDb.drop());
beforeEach(async () => {
  bench = await openSettlementBench(db);
  sink = await startSink();
  http = createGuardedFetch({ allowedSink: sink.address, deadlineMs: 2_000 });
});
afterEach(async () => {
  await http.close();
  await sink.close();
});

type Given = { url?: string; secret?: string; events?: readonly string[] };

/** Settles a first deposit that owes the destination its postbacks. */
async function due(given: Given = {}): Promise<{ destinationId: DestinationId; postbackIds: PostbackId[] }> {
  const destinationId = await insertDestination(db, {
    ...bench.tenant,
    partnerId: bench.partnerId,
    url: given.secret === undefined ? `${sink.origin}${PATH}` : `${sink.origin}/hook`,
    ...given,
  });
  const clickId = await bench.click();
  await bench.registration({ key: 'R1', click: clickId, atMin: 1 });
  const { id } = await bench.deposit({ key: 'D1', click: clickId, atMin: 2 });
  await bench.settleAll();
  return { destinationId, postbackIds: [...(await bench.settle(id)).postbackIds] };
}
async function dueOne(given: Given = {}): Promise<PostbackId> {
  const [postbackId] = (await due(given)).postbackIds;
  if (postbackId === undefined) throw new Error('nothing is due');
  return postbackId;
}

type Run = { attempt?: number; elapsedMs?: number; client?: GuardedFetch; env?: MockActivityEnvironment };

/** One attempt, as the worker would run it. */
function deliver(postbackId: PostbackId, run: Run = {}): Promise<'delivered' | 'dead' | 'superseded'> {
  const scheduled = Date.now();
  const env =
    run.env ??
    new MockActivityEnvironment({
      attempt: run.attempt ?? 1,
      scheduledTimestampMs: scheduled,
      currentAttemptScheduledTimestampMs: scheduled + (run.elapsedMs ?? 0),
    });
  return env.run(activities(run.client).deliverPostback, { postbackId });
}
const park = (postbackId: PostbackId) =>
  new MockActivityEnvironment().run(activities().parkPostback, { postbackId, reason: 'retries_exhausted' });
const activities = (client: GuardedFetch = http) =>
  createDeliveryActivities({ db, clock: bench.clock, http: client, random01: () => 0.5 });

async function failureOf(attempt: Promise<unknown>): Promise<ApplicationFailure> {
  const failure = await attempt.then(
    () => null,
    (error: unknown) => error,
  );
  if (!(failure instanceof ApplicationFailure)) throw new Error(`no failure but ${String(failure)}`);
  return failure;
}
const row = (postbackId: PostbackId) => db('postbacks').where('postback_id', uuidFromId(postbackId)).first();
const isWaiting = async (statement: string) => {
  const { rows } = await db.raw<{ rows: unknown[] }>(
    `SELECT 1 FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE ?`,
    [`%${statement}%`],
  );
  return rows.length > 0;
};
const attempts = (postbackId: PostbackId) =>
  db('postback_attempts').where('postback_id', uuidFromId(postbackId)).orderBy('attempt_no');

describe('a delivery', () => {
  it('that is taken', async () => {
    const postbackId = await dueOne();
    expect(await deliver(postbackId)).toBe('delivered');
    const stored = await row(postbackId);
    expect(stored).toMatchObject({ status: 'delivered', dead_at: null });
    expect(stored.delivered_at).toBeInstanceOf(Date);
    expect(await attempts(postbackId)).toMatchObject([
      { attempt_no: 1, outcome: 'delivered', reason: null, http_status: 200 },
    ]);
    const [request] = sink.requests;
    expect(`${sink.origin}${request?.url}`).toBe(stored.url);
    expect(request?.headers['idempotency-key']).toBe(stored.key);
  });

  it('that is taken at the third attempt: the same key, URL and body every time', async () => {
    const postbackId = await dueOne({ secret: generateSecret() });
    const statuses = [500, 429, 204];
    sink.answer = () => ({ status: statuses.shift() ?? 500 });
    const first = await failureOf(deliver(postbackId));
    expect(first).toMatchObject({
      type: 'PostbackNotTaken',
      message: 'server_error',
      nonRetryable: false,
      nextRetryDelay: 5 * SECOND_MS,
      category: ApplicationFailureCategory.BENIGN,
    });
    expect(await failureOf(deliver(postbackId, { attempt: 2 }))).toMatchObject({ message: 'rate_limited' });
    expect((await row(postbackId)).status).toBe('pending');
    expect(await deliver(postbackId, { attempt: 3 })).toBe('delivered');
    const said = sink.requests.map(({ url, body, headers }) => [url, body, headers['idempotency-key']]);
    expect(said).toHaveLength(3);
    expect(new Set(said.map((parts) => JSON.stringify(parts))).size).toBe(1);
    expect((await attempts(postbackId)).map((attempt) => attempt.outcome)).toEqual([
      'retry',
      'retry',
      'delivered',
    ]);
  });

  it('of a webhook is signed, each attempt anew, and verifies', async () => {
    const secret = generateSecret();
    const postbackId = await dueOne({ secret });
    await deliver(postbackId);
    const [request] = sink.requests;
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
    const postbackId = await dueOne();
    await deliver(postbackId);
    expect(await deliver(postbackId)).toBe('delivered');
    expect(sink.requests).toHaveLength(1);
    expect(await attempts(postbackId)).toHaveLength(1);
  });
});

describe('what is tried again', () => {
  it('after as long as the destination asks, up to six hours', async () => {
    const postbackId = await dueOne();
    const delayAfter = async (retryAfter: string) => {
      sink.answer = () => ({ status: 503, headers: { 'retry-after': retryAfter } });
      return (await failureOf(deliver(postbackId))).nextRetryDelay;
    };
    expect(await delayAfter('120')).toBe(120 * SECOND_MS);
    expect(await delayAfter('1')).toBe(5 * SECOND_MS);
    expect(await delayAfter('999999')).toBe(6 * HOUR_MS);
    const inTenMinutes = new Date(Date.now() + 600_000).toUTCString();
    const delay = Number(await delayAfter(inTenMinutes));
    expect(delay).toBeGreaterThan(590_000);
    expect(delay).toBeLessThanOrEqual(600_000);
  });

  it('a destination that hangs: the deadline cuts it off', async () => {
    const postbackId = await dueOne();
    const impatient = createGuardedFetch({ allowedSink: sink.address, deadlineMs: 150 });
    sink.answer = () => new Promise(() => undefined);
    expect(await failureOf(deliver(postbackId, { client: impatient }))).toMatchObject({ message: 'timeout' });
    expect(await attempts(postbackId)).toMatchObject([
      { outcome: 'retry', reason: 'timeout', http_status: null },
    ]);
    await impatient.close();
  });

  it('a destination that is not there, or breaks off', async () => {
    const postbackId = await dueOne();
    sink.answer = () => Promise.reject(new Error('breaks off'));
    expect(await failureOf(deliver(postbackId))).toMatchObject({ message: 'reset' });
    await sink.close();
    expect(await failureOf(deliver(postbackId))).toMatchObject({ message: 'refused' });
    sink = await startSink();
  });

  it('a last time just before the three days are over, and then no more', async () => {
    const postbackId = await dueOne();
    sink.answer = () => ({ status: 500 });
    const late = await failureOf(
      deliver(postbackId, { attempt: 80, elapsedMs: 3 * DAY_MS - 60 * SECOND_MS }),
    );
    expect(late).toMatchObject({ nonRetryable: false, nextRetryDelay: 45 * SECOND_MS });
    const last = await failureOf(
      deliver(postbackId, { attempt: 81, elapsedMs: 3 * DAY_MS - 15 * SECOND_MS }),
    );
    expect(last).toMatchObject({ nonRetryable: true });
    await park(postbackId);
    expect(await row(postbackId)).toMatchObject({ status: 'dead', dead_reason: 'retries_exhausted' });
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
    const postbackId = await dueOne();
    sink.answer = () => ({ status, headers: { location: `${sink.origin}/elsewhere` } });
    expect(await deliver(postbackId)).toBe('dead');
    expect(await row(postbackId)).toMatchObject({ status: 'dead', dead_reason: reason, delivered_at: null });
    expect(await attempts(postbackId)).toMatchObject([{ outcome: 'refused', reason, http_status: status }]);
    expect(await deliver(postbackId)).toBe('dead');
    expect(sink.requests).toHaveLength(1);
  });

  it('an address in the private network', async () => {
    const postbackId = await dueOne();
    const guarded = createGuardedFetch();
    expect(await deliver(postbackId, { client: guarded })).toBe('dead');
    expect(await row(postbackId)).toMatchObject({ dead_reason: 'blocked_address' });
    expect(sink.requests).toEqual([]);
    await guarded.close();
  });

  it('410 disables the destination; what else is due to it is parked without a call', async () => {
    const { destinationId, postbackIds } = await due({ events: ['first_deposit', 'deposit'] });
    const [gone, next] = postbackIds;
    if (gone === undefined || next === undefined) throw new Error('two are due');
    sink.answer = () => ({ status: 410 });
    expect(await deliver(gone)).toBe('dead');
    expect(await db('destinations').where('destination_id', uuidFromId(destinationId)).first()).toMatchObject(
      {
        status: 'disabled',
        disabled_reason: 'gone',
      },
    );
    expect(await db('audit').where('subject', destinationId)).toMatchObject([
      { actor: 'delivery', action: 'destination.disabled', cause: gone, detail: { reason: 'gone' } },
    ]);
    expect(await deliver(next)).toBe('dead');
    expect(await row(next)).toMatchObject({ status: 'dead', dead_reason: 'destination_disabled' });
    expect(await attempts(next)).toEqual([]);
    expect(sink.requests).toHaveLength(1);
  });
});

describe('a worker that dies in an attempt', () => {
  it('leaves it abandoned; the next one sends the same again', async () => {
    const postbackId = await dueOne();
    await openAttempt(db, postbackId, Date.now());
    expect(await deliver(postbackId, { attempt: 2 })).toBe('delivered');
    expect(await attempts(postbackId)).toMatchObject([
      { attempt_no: 1, outcome: 'abandoned', reason: 'worker_lost', http_status: null },
      { attempt_no: 2, outcome: 'delivered' },
    ]);
  });

  it('or is told to stop: the attempt stays open until the next', async () => {
    const postbackId = await dueOne();
    sink.answer = () => new Promise(() => undefined);
    const env = new MockActivityEnvironment();
    const attempt = deliver(postbackId, { env }).catch((error: unknown) => error);
    await until('the request to arrive', async () => sink.requests.length > 0);
    env.cancel('WORKER_SHUTDOWN');
    expect(await attempt).toBeInstanceOf(Error);
    expect(await attempts(postbackId)).toMatchObject([{ finished_at: null }]);
    expect((await row(postbackId)).status).toBe('pending');
    sink.answer = () => ({ status: 200 });
    expect(await deliver(postbackId, { attempt: 2 })).toBe('delivered');
  });

  const now = new Date();
  it.each([
    ['destinations', 'destination_id', { status: 'disabled', disabled_reason: 'gone', disabled_at: now }],
    ['players', 'player_id', { excluded_during: '{[2026-01-01,)}' }],
    ['postbacks', 'postback_id', { status: 'dead', dead_at: now, dead_reason: 'self_excluded' }],
  ])('leaves it abandoned also where nothing may be sent any more: its %s', async (table, key, change) => {
    const postbackId = await dueOne();
    await openAttempt(db, postbackId, Date.now());
    await db(table)
      .where(key, (await row(postbackId))[key])
      .update(change);
    expect(await deliver(postbackId, { attempt: 2 })).toBe('dead');
    expect(sink.requests).toEqual([]);
    expect(await attempts(postbackId)).toMatchObject([{ outcome: 'abandoned', reason: 'worker_lost' }]);
  });

  it('leaves it abandoned also when the time is up', async () => {
    const postbackId = await dueOne();
    await openAttempt(db, postbackId, Date.now());
    await park(postbackId);
    expect(await attempts(postbackId)).toMatchObject([{ outcome: 'abandoned', reason: 'worker_lost' }]);
    expect((await row(postbackId)).status).toBe('dead');
  });

  it('two that try at once end as one delivery, under one key', async () => {
    const postbackId = await dueOne();
    const answers = await Promise.all([deliver(postbackId), deliver(postbackId), deliver(postbackId)]);
    expect(new Set(answers)).toEqual(new Set(['delivered']));
    expect(new Set(sink.requests.map((request) => request.headers['idempotency-key'])).size).toBe(1);
    expect((await row(postbackId)).status).toBe('delivered');
    const outcomes = (await attempts(postbackId)).map((attempt) => attempt.outcome);
    expect(outcomes).toContain('delivered');
    expect(outcomes).not.toContain(null);
  });
});

describe('the end of a postback', () => {
  const result = { reason: null, httpStatus: 200, latencyMs: 1, excerpt: '' } as const;
  const opened = async (postbackId: PostbackId) => {
    const opening = await openAttempt(db, postbackId, Date.now());
    if (opening.kind !== 'opened') throw new Error('closed');
    return opening.attempt;
  };

  it('is delivered once anybody has taken it, whatever a slower attempt reports later', async () => {
    const postbackId = await dueOne();
    const [slow, quick] = [await opened(postbackId), await opened(postbackId)];
    await closeAttempt(db, postbackId, quick, { ...result, outcome: 'delivered' }, Date.now());
    await closeAttempt(
      db,
      postbackId,
      slow,
      { ...result, outcome: 'refused', reason: 'not_found' },
      Date.now(),
    );
    expect(await row(postbackId)).toMatchObject({ status: 'delivered', dead_at: null });
    await park(postbackId);
    expect(await row(postbackId)).toMatchObject({ status: 'delivered', dead_reason: null });
  });

  it('is delivered also when it was parked while the destination was answering', async () => {
    const postbackId = await dueOne();
    const attempt = await opened(postbackId);
    await park(postbackId);
    await closeAttempt(db, postbackId, attempt, { ...result, outcome: 'delivered' }, Date.now());
    expect(await row(postbackId)).toMatchObject({ status: 'delivered', dead_at: null, dead_reason: null });
  });

  it('does not deadlock with the next attempt, which is being opened', async () => {
    const postbackId = await dueOne();
    const attempt = await opened(postbackId);
    const opening = await db.transaction();
    await opening.raw('SELECT 1 FROM postbacks WHERE postback_id = ? FOR UPDATE', [uuidFromId(postbackId)]);
    const closing = closeAttempt(db, postbackId, attempt, { ...result, outcome: 'delivered' }, Date.now());
    await until('the first attempt to wait', () => isWaiting('FOR UPDATE'));
    await opening('postback_attempts')
      .where('postback_id', uuidFromId(postbackId))
      .update({ finished_at: new Date(), outcome: 'abandoned' });
    await opening.commit();
    await closing;
    expect((await row(postbackId)).status).toBe('delivered');
    expect(await attempts(postbackId)).toMatchObject([{ outcome: 'delivered' }]);
  });

  it('disables a destination once, in one transaction with its audit, however many hear that it is gone', async () => {
    const { destinationId, postbackIds } = await due({ events: ['first_deposit', 'deposit'] });
    const gone = { ...result, outcome: 'disabled', reason: 'gone', httpStatus: 410 } as const;
    const running = await Promise.all(postbackIds.map(async (id) => ({ id, attempt: await opened(id) })));
    for (const { id, attempt } of running) await closeAttempt(db, id, attempt, gone, Date.now());
    expect(await db('audit').where('subject', destinationId)).toHaveLength(1);
    const reasons = await Promise.all(postbackIds.map(async (id) => (await row(id)).dead_reason));
    // What is owed is parked with the destination, also while it is under way.
    expect(reasons).toEqual(['gone', 'destination_disabled']);
  });

  it('waits for whoever is changing the player, so that an exclusion is seen or comes after', async () => {
    const postbackId = await dueOne();
    const exclusion = await db.transaction();
    await exclusion.raw('SELECT 1 FROM players WHERE workspace_id = ? FOR UPDATE', [
      uuidFromId(bench.tenant.workspaceId),
    ]);
    const delivery = deliver(postbackId);
    await until('the attempt to wait', () => isWaiting('FOR SHARE'));
    expect(sink.requests).toEqual([]);
    await exclusion.commit();
    expect(await delivery).toBe('delivered');
  });
});
