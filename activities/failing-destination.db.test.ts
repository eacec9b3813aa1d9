import { MockActivityEnvironment } from '@temporalio/testing';
import { createGuardedFetch, type GuardedFetch } from '../clients/guarded-fetch';
import type { Db } from '../db/knex';
import { type AttemptResult, closeAttempt } from '../db/stores/attempt-end-store';
import { type OpenedAttempt, openAttempt } from '../db/stores/delivery-store';
import { updateDestination } from '../db/stores/destination-store';
import { replayPostback } from '../db/stores/postback-replay-store';
import { type DestinationId, idFromUuid, type PostbackId, uuidFromId } from '../domain/ids';
import { HOUR_MS, MINUTE_MS } from '../domain/time';
import { insertDestination, insertPostback } from '../testing/builders/insert-postback';
import { openSettlementBench, type SettlementBench } from '../testing/settlement-bench';
import { type Sink, startSink } from '../testing/sink';
import { createTestDb, type TestDb } from '../testing/test-db';
import { until } from '../testing/until';
import { createDeliveryActivities } from './delivery';

let testDb: TestDb;
let db: Db;
let bench: SettlementBench;
let destinationId: DestinationId;

beforeAll(async () => {
  testDb = await createTestDb();
  db = testDb.db;
});
afterAll(() => testDb.drop());
beforeEach(async () => {
  bench = await openSettlementBench(db);
  destinationId = await insertDestination(db, { ...bench.tenant, events: ['deposit'] });
});

const limits = (warnEveryFailures: number, disableAfterFailures: number, disableAfterHours: number) =>
  updateDestination(db, bench.tenant.workspaceId, destinationId, {
    failureLimits: { warnEveryFailures, disableAfterFailures, disableAfterHours },
  });
const owed = () => insertPostback(db, { ...bench.tenant, destinationId });
const destination = () => db('destinations').where('destination_id', uuidFromId(destinationId)).first();
const postback = (id: PostbackId) => db('postbacks').where('postback_id', uuidFromId(id)).first();
const auditOf = async (): Promise<string[]> =>
  (await db('audit').where('subject', destinationId).orderBy('audit_id')).map((row) => row.action);

const failure: AttemptResult = {
  outcome: 'retry',
  reason: 'server_error',
  httpStatus: 500,
  latencyMs: 1,
  excerpt: '',
};
const success: AttemptResult = { ...failure, outcome: 'delivered', reason: null, httpStatus: 200 };

async function opened(id: PostbackId, nowMs = Date.now()): Promise<OpenedAttempt> {
  const opening = await openAttempt(db, id, nowMs);
  if (opening.kind !== 'opened') throw new Error(opening.kind);
  return opening.attempt;
}

async function attempt(id: PostbackId, result: AttemptResult, nowMs = Date.now()) {
  return closeAttempt(db, id, await opened(id, nowMs), result, nowMs);
}

describe('failures of a destination', () => {
  it('are counted from the first on, and forgotten with the next success', async () => {
    const [one, two] = [await owed(), await owed()];
    const startMs = Date.now() - HOUR_MS;
    await attempt(one, failure, startMs);
    await attempt(two, { ...failure, outcome: 'refused', reason: 'not_found' }, startMs + 1);
    expect(await destination()).toMatchObject({ consecutive_failures: 2, failing_since: new Date(startMs) });
    await attempt(one, success);
    expect(await destination()).toMatchObject({ consecutive_failures: 0, failing_since: null });
  });

  it('are warned about at 5, 10 and 15, by audit and timestamp', async () => {
    const id = await owed();
    const changes = [];
    for (let count = 1; count <= 24; count += 1) changes.push((await attempt(id, failure)).destination);
    expect(changes.filter((change) => change !== null)).toEqual(
      [5, 10, 15].map((failures) => ({ kind: 'warned', failures })),
    );
    expect(await auditOf()).toEqual(Array(3).fill('destination.warned'));
    expect(await destination()).toMatchObject({ status: 'active', consecutive_failures: 24 });
    expect((await destination()).warned_at).toBeInstanceOf(Date);
    await attempt(id, success);
    expect(await destination()).toMatchObject({ warned_at: null });
  });

  it('disable it at 20 and three days; what it is owed is parked, what comes is recorded and parked', async () => {
    const [id, waiting, delivered] = [await owed(), await owed(), await owed()];
    const startMs = Date.now() - 72 * HOUR_MS;
    await attempt(delivered, success, startMs - 1);
    for (let count = 1; count <= 30; count += 1) await attempt(id, failure, startMs);
    expect((await destination()).status).toBe('active');
    const closing = await attempt(id, failure);
    expect(closing).toEqual({
      postback: 'dead',
      destination: { kind: 'disabled', failures: 31, reason: 'consecutive_failures' },
    });
    expect(await destination()).toMatchObject({
      status: 'disabled',
      disabled_reason: 'consecutive_failures',
      consecutive_failures: 31,
    });
    const parked = { status: 'dead', dead_reason: 'destination_disabled' };
    for (const one of [id, waiting]) expect(await postback(one)).toMatchObject(parked);
    expect((await postback(delivered)).status).toBe('delivered');
    expect(await db('audit').where({ action: 'destination.disabled', subject: destinationId })).toMatchObject(
      [{ actor: 'delivery', cause: id, detail: { failures: 31, reason: 'consecutive_failures', parked: 1 } }],
    );
    const clickId = await bench.click();
    await bench.registration({ key: 'R1', click: clickId, atMin: 1 });
    const deposit = await bench.deposit({ key: 'D1', click: clickId, atMin: 2 });
    await bench.settleAll();
    expect((await bench.settle(deposit.id)).postbackIds).toEqual([]);
    const recorded = await db('postbacks').where('caused_by_event_id', uuidFromId(deposit.id));
    expect(recorded).toMatchObject([parked]);
    const lost = idFromUuid('pbk', recorded[0].postback_id);
    const replay = () =>
      db.transaction((trx) => replayPostback(trx, bench.tenant.workspaceId, lost, Date.now()));
    expect(await replay()).toEqual({ kind: 'destination_disabled' });
    await updateDestination(db, bench.tenant.workspaceId, destinationId, { status: 'active' });
    expect(await destination()).toMatchObject({
      status: 'active',
      consecutive_failures: 0,
      failing_since: null,
      warned_at: null,
      disabled_at: null,
    });
    expect(await replay()).toEqual({ kind: 'replayed', run: 1 });
    expect((await opened(lost)).attemptNo).toBe(1);
  });

  it('go by the limits of the destination', async () => {
    await limits(2, 3, 0);
    const id = await owed();
    const steps = [];
    for (let count = 1; count <= 3; count += 1) steps.push((await attempt(id, failure)).destination?.kind);
    expect(steps).toEqual([undefined, 'warned', 'disabled']);
  });

  it('of another destination are its own', async () => {
    await limits(1, 2, 0);
    const other = await insertDestination(db, { ...bench.tenant });
    const id = await insertPostback(db, { ...bench.tenant, destinationId: other });
    await attempt(await owed(), failure);
    await attempt(id, failure);
    expect((await destination()).status).toBe('active');
  });
});

describe('each failed attempt counts once', () => {
  it('however often its end is reported', async () => {
    const id = await owed();
    const one = await opened(id);
    for (let count = 1; count <= 3; count += 1) await closeAttempt(db, id, one, failure, Date.now());
    expect((await destination()).consecutive_failures).toBe(1);
  });

  it('also when it was given up for lost before, and not for being lost', async () => {
    const id = await owed();
    const slow = await opened(id);
    await opened(id);
    expect((await destination()).consecutive_failures).toBe(0);
    await closeAttempt(db, id, slow, failure, Date.now());
    expect((await destination()).consecutive_failures).toBe(1);
  });

  it('among forty that end at once, with one warning for each step and one disabling', async () => {
    await limits(5, 20, 0);
    const ids = await Promise.all(Array.from({ length: 40 }, owed));
    // A minute apart, because a destination has no place for so many at once.
    const startMs = Date.now() - HOUR_MS;
    const attempts = await Promise.all(
      ids.map(async (id, minute) => ({ id, one: await opened(id, startMs + minute * MINUTE_MS) })),
    );
    const closings = await Promise.all(
      attempts.map(({ id, one }) => closeAttempt(db, id, one, failure, Date.now())),
    );
    const changes = closings.flatMap(({ destination: change }) => change ?? []);
    expect(changes.filter((change) => change.kind === 'warned').map((change) => change.failures)).toEqual(
      expect.arrayContaining([5, 10, 15]),
    );
    expect(changes).toHaveLength(4);
    expect(await destination()).toMatchObject({ status: 'disabled', consecutive_failures: 20 });
    const left = await db('postbacks').where({
      destination_id: uuidFromId(destinationId),
      status: 'pending',
    });
    // Those that had ended before the twentieth are parked with the destination, the rest by their own end.
    expect(left).toEqual([]);
    expect(await auditOf()).toHaveLength(4);
  });

  it('and openings beside endings never wait for each other in a circle', async () => {
    await limits(3, 10_000, 0);
    const ids = await Promise.all(Array.from({ length: 8 }, owed));
    const startMs = Date.now() - 2 * HOUR_MS;
    const work = async (id: PostbackId, turn: number) => {
      for (let count = 0; count < 6; count += 1) {
        const result = (count + turn) % 3 === 0 ? { ...success, outcome: 'retry' as const } : failure;
        // A minute apart, because a failing destination has no place for so many at once.
        await attempt(id, result, startMs + (turn * 6 + count) * MINUTE_MS);
      }
    };
    await Promise.all([...ids, ...ids].map(work));
    const { rows } = await db.raw<{ rows: { open: number }[] }>(
      `SELECT count(*)::integer AS open FROM postback_attempts AS a JOIN postbacks AS p USING (postback_id)
       WHERE p.destination_id = ? AND a.outcome IS NULL`,
      [uuidFromId(destinationId)],
    );
    expect(rows[0]?.open).toBe(0);
    const counted = await db('postback_attempts AS a')
      .join('postbacks AS p', 'p.postback_id', 'a.postback_id')
      .where({ 'p.destination_id': uuidFromId(destinationId), 'a.outcome': 'retry' });
    expect((await destination()).consecutive_failures).toBe(counted.length);
  });
});

describe('a delivery to a failing destination', () => {
  let sink: Sink;
  let http: GuardedFetch;
  beforeEach(async () => {
    sink = await startSink();
    http = createGuardedFetch({ allowedSink: sink.address, deadlineMs: 2_000 });
    await updateDestination(db, bench.tenant.workspaceId, destinationId, { url: sink.origin });
  });
  afterEach(async () => {
    await http.close();
    await sink.close();
  });

  const owedToSink = async () => {
    const id = await owed();
    await db('postbacks').where('postback_id', uuidFromId(id)).update({ url: sink.origin });
    return id;
  };
  const activities = () => createDeliveryActivities({ db, clock: bench.clock, http, random01: () => 0.5 });
  const workflow = (run: number) =>
    new MockActivityEnvironment({
      workflowExecution: {
        workflowId: run === 0 ? 'click:wsp:clk' : `postback:wsp:pbk:${run}`,
        runId: 'run',
      },
    });
  const deliver = (id: PostbackId, run = 0) =>
    workflow(run).run(activities().deliverPostback, { postbackId: id });

  it('ends as dead with the failure that disables it, and asks no more', async () => {
    await limits(1, 2, 0);
    sink.answer = () => ({ status: 503 });
    const id = await owedToSink();
    await expect(deliver(id)).rejects.toThrow('server_error');
    expect(await deliver(id)).toBe('dead');
    expect(await deliver(id)).toBe('dead');
    expect(await deliver(await owedToSink())).toBe('dead');
    expect(sink.requests).toHaveLength(2);
  });

  it('that is under way when another disables it is parked by its own end, or delivered', async () => {
    await limits(1, 1, 0);
    const [first, second, third] = [await owedToSink(), await owedToSink(), await owedToSink()];
    const open: (() => void)[] = [];
    const statuses = [503, 200];
    sink.answer = () =>
      new Promise((resolve) => open.push(() => resolve({ status: statuses.shift() ?? 503 })));
    const under = [second, third].map((id) => deliver(id));
    await until('both requests', async () => sink.requests.length === 2);
    await attempt(first, { ...failure, outcome: 'disabled', reason: 'gone', httpStatus: 410 });
    for (const answer of open) answer();
    expect(new Set(await Promise.all(under))).toEqual(new Set(['dead', 'delivered']));
    expect(await destination()).toMatchObject({ status: 'disabled', disabled_reason: 'gone' });
  });

  it('of a run that was replayed meanwhile leaves the postback to the replay', async () => {
    const id = await owedToSink();
    await attempt(id, { ...failure, outcome: 'refused', reason: 'not_found' });
    await db.transaction((trx) => replayPostback(trx, bench.tenant.workspaceId, id, Date.now()));
    expect(await deliver(id)).toBe('superseded');
    await workflow(0).run(activities().parkPostback, { postbackId: id, reason: 'retries_exhausted' });
    expect((await postback(id)).status).toBe('pending');
    expect(sink.requests).toEqual([]);
    expect(await deliver(id, 1)).toBe('delivered');
  });
});
