import type { TestWorkflowEnvironment } from '@temporalio/testing';
import request from 'supertest';
import { type ClickId, parseId } from '../domain/ids';
import { toIso } from '../domain/time';
import { insertApiKey } from '../testing/builders/insert-api-key';
import { JourneyHarness, quietRuntime } from '../testing/journey-harness';
import {
  type ApiProcess,
  startApiProcess,
  startWorkerProcess,
  type WorkerProcess,
} from '../testing/process-pair';
import type { SinkAnswer } from '../testing/sink';
import { startDevServerEnv } from '../testing/temporal-env';
import { until } from '../testing/until';

quietRuntime();

const WAVE = 12;

let env: TestWorkflowEnvironment;
let house: JourneyHarness;

beforeAll(async () => {
  env = await startDevServerEnv();
}, 120_000);
afterAll(() => env?.teardown());

beforeEach(async () => {
  house = await JourneyHarness.start(env);
}, 60_000);
afterEach(() => house.stop());

/** The first waits for the second, so that no process can be done before the other has begun. */
class Meeting {
  arrived = 0;
  open: () => void = () => undefined;
  private readonly opened = new Promise<void>((resolve) => {
    this.open = resolve;
  });

  readonly arrive = async (): Promise<void> => {
    this.arrived += 1;
    if (this.arrived === 2) this.open();
    await this.opened;
  };
}

describe('two API processes and two worker processes on one database', () => {
  let apis: readonly [ApiProcess, ApiProcess];
  let workers: readonly [WorkerProcess, WorkerProcess];
  let meeting: Meeting;
  let key: string;

  beforeEach(async () => {
    await house.stopWorkers();
    key = await insertApiKey(house.db, house.tenant);
    apis = [await startApiProcess(house), await startApiProcess(house)];
    meeting = new Meeting();
    workers = [
      await startWorkerProcess(house, meeting.arrive),
      await startWorkerProcess(house, meeting.arrive),
    ];
  }, 60_000);
  afterEach(async () => {
    // Whoever waits after a failure would wait for ever.
    meeting.open();
    await Promise.all([...apis, ...workers].map((process_) => process_.stop()));
  });

  const slug = async (): Promise<string> => (await house.db('campaigns').first()).slug;

  async function click(api: ApiProcess, path: string): Promise<ClickId> {
    const { headers } = await request(api.app).get(path).set('user-agent', 'Mozilla/5.0 Firefox/140.0');
    const given = [...new URL(headers.location ?? '').searchParams.values()];
    const clickId = given.map((value) => parseId('clk', value)).find((id) => id !== null);
    if (clickId === undefined) throw new Error(`no click id in ${headers.location}`);
    return clickId;
  }

  /** Reported to both processes at the same moment, as a casino does whose first request seemed lost. */
  async function report(kind: 'registration' | 'deposit', body: object): Promise<string[]> {
    let hasComeAgain = false;
    const send = async (api: ApiProcess): Promise<request.Response> => {
      const answer = await request(api.app)
        .post(`/webhooks/gaming/${kind}`)
        .set('authorization', `Bearer ${key}`)
        .send(body);
      if (answer.status !== 503) return answer;
      // Nothing was promised, though it may have been kept: a sender comes again, and may find a duplicate.
      hasComeAgain = true;
      return send(api);
    };
    const answers = await Promise.all(apis.map(send));
    expect(new Set(answers.map(({ body: { id } }) => id)).size).toBe(1);
    const statuses = answers.map(({ body: { status } }) => String(status)).sort();
    return hasComeAgain && statuses[0] === 'duplicate' ? ['accepted', ...statuses.slice(1)] : statuses;
  }

  /** Twelve players, each with a click at one of the two processes. */
  async function wave(number: number): Promise<void> {
    const path = `/c/${await slug()}`;
    for (let index = 0; index < WAVE; index += 1) {
      const api = index % 2 === 0 ? apis[0] : apis[1];
      const clickId = await click(api, path);
      const playerId = `P-${number}-${index}`;
      const base = { playerId, clickId, occurredAt: toIso(house.clock.nowMs()) };
      expect(await report('registration', { ...base, eventId: `R-${playerId}` })).toEqual([
        'accepted',
        'duplicate',
      ]);
      const money = { amount: '49.90', currency: 'EUR' };
      expect(await report('deposit', { ...base, ...money, eventId: `D-${playerId}` })).toEqual([
        'accepted',
        'duplicate',
      ]);
    }
  }

  it('share the work, and nothing is done twice', async () => {
    await house.addDestination({ events: ['registration', 'first_deposit'] });
    await wave(1);
    // One relay holds what it took until the other has taken something, too.
    await until('a relay to take the first rows', async () => meeting.arrived > 0);
    await wave(2);
    const players = 2 * WAVE;
    await until(
      'everything to be settled and delivered',
      async () =>
        house.sink.requests.length >= 2 * players &&
        (await house.db('events').whereNull('handled_at')).length === 0 &&
        (await house.db('postbacks').where('status', 'pending')).length === 0,
      60_000,
    );

    const [one, other] = workers;
    expect(Math.min(one.carried.length, other.carried.length)).toBeGreaterThan(0);
    expect(Math.min(one.activityCalls(), other.activityCalls())).toBeGreaterThan(0);
    const carried = [...one.carried, ...other.carried];
    expect(carried).toHaveLength(3 * players);
    expect(new Set(carried).size).toBe(carried.length);

    expect(await house.balances()).toEqual({
      [`expense:commission:${house.campaignId} EUR`]: String(5_000 * players),
      [`payable:${house.partnerId} EUR`]: String(-5_000 * players),
    });
    const paths = house.sink.requests.map(({ url }) => url);
    expect(paths).toHaveLength(2 * players);
    expect(new Set(paths).size).toBe(paths.length);
    expect(await house.db('postback_attempts')).toHaveLength(2 * players);
    expect(await house.db('outbox')).toEqual([]);
  }, 120_000);
});

describe('a worker that is told to stop', () => {
  it('finishes the delivery that it runs, and nobody repeats it', async () => {
    await house.addDestination();
    let answerNow: (answer: SinkAnswer) => void = () => undefined;
    house.sink.answer = () =>
      new Promise((resolve) => {
        answerNow = resolve;
      });
    const clickRef = await house.click();
    await house.accept({ kind: 'registration', clickRef, playerExternalId: 'p-1' });
    await house.relay();
    await until('the delivery to be under way', async () => house.sink.requests.length > 0);

    const stopped = house.stopWorkers();
    // Time enough for a worker that does not wait to cut the request off.
    await house.journey(clickRef).describe();
    await house.relay();
    answerNow({ status: 200 });
    await stopped;
    const postback = await house.db('postbacks').first();
    expect(postback).toMatchObject({ status: 'delivered' });

    await house.startWorkers();
    const journey = house.journey(clickRef);
    await until('the journey to know', async () => {
      const { raw } = await journey.describe();
      return (raw.pendingActivities ?? []).length === 0 && raw.pendingWorkflowTask == null;
    });
    expect(house.sink.requests).toHaveLength(1);
    const attempts = await house.db('postback_attempts').select('attempt_no', 'outcome');
    expect(attempts).toEqual([{ attempt_no: 1, outcome: 'delivered' }]);
  });
});
