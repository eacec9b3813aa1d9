import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { enqueue } from '../db/stores/outbox-store';
import { type DestinationId, type PostbackId, uuidFromId } from '../domain/ids';
import { insertPostback } from '../testing/builders/insert-postback';
import { JourneyHarness, quietRuntime } from '../testing/journey-harness';
import { startDevServerEnv } from '../testing/temporal-env';
import { until } from '../testing/until';
import { postbackWorkflowId } from './postback/contract';

quietRuntime();

/** More than a worker has slots. */
const TO_THE_SILENT = 120;
const TO_THE_HEALTHY = 20;
const SHARE = 8;

let env: TestWorkflowEnvironment;
let house: JourneyHarness;

beforeAll(async () => {
  env = await startDevServerEnv();
  house = await JourneyHarness.start(env);
}, 120_000);
afterAll(async () => {
  await house?.stop();
  await env?.teardown();
});

/** Owes a destination postbacks, each with a workflow of its own. */
async function owe(destinationId: DestinationId, path: string, count: number): Promise<PostbackId[]> {
  const { tenant, db } = house;
  const ids: PostbackId[] = [];
  for (let index = 0; index < count; index += 1) {
    ids.push(await insertPostback(db, { ...tenant, destinationId }));
  }
  await db('postbacks')
    .whereIn('postback_id', ids.map(uuidFromId))
    .update({ url: `${house.sink.origin}${path}` });
  const refs = ids.map((id) => ({ ...tenant, refUuid: uuidFromId(id) }));
  await enqueue(db, 'postback', refs, house.clock.nowMs());
  return ids;
}

const statusesOf = async (ids: readonly PostbackId[]): Promise<string[]> =>
  house.db('postbacks').whereIn('postback_id', ids.map(uuidFromId)).pluck('status');

/** Those without a single attempt. */
async function untriedOf(ids: readonly PostbackId[]): Promise<PostbackId[]> {
  const { db } = house;
  const uuids: string[] = await db('postbacks AS p')
    .whereIn('postback_id', ids.map(uuidFromId))
    .whereNotExists(db('postback_attempts AS a').whereRaw('a.postback_id = p.postback_id'))
    .pluck('postback_id');
  return ids.filter((id) => uuids.includes(uuidFromId(id)));
}

/** How often an activity was begun that has not ended, and how long the history of its workflow is. */
async function waiting(postbackId: PostbackId): Promise<{ tries: number; historyLength: number }> {
  const id = postbackWorkflowId(house.tenant.workspaceId, postbackId, 0);
  const { historyLength, raw } = await env.client.workflow.getHandle(id).describe();
  return { tries: raw.pendingActivities?.[0]?.attempt ?? 0, historyLength };
}

test('a destination that never answers has its share, and another is delivered to beside it', async () => {
  let [underWay, most] = [0, 0];
  house.sink.answer = (request) => {
    if (request.url !== '/silent') return { status: 200 };
    underWay += 1;
    most = Math.max(most, underWay);
    void request.ended.then(() => {
      underWay -= 1;
    });
    return new Promise(() => undefined);
  };
  const silent = await owe(await house.addDestination(), '/silent', TO_THE_SILENT);
  await house.relay();
  await until('the silent one to have its share', async () => underWay === SHARE);
  const healthy = await owe(await house.addDestination(), '/healthy', TO_THE_HEALTHY);
  await house.relay();
  await until('the healthy one to be told everything', async () =>
    (await statusesOf(healthy)).every((status) => status === 'delivered'),
  );
  expect(new Set(await statusesOf(silent))).toEqual(new Set(['pending']));

  // Whoever waits is tried again and again by Temporal, and neither its history nor its attempts tell of it.
  const lengths = await until('some to have waited for two turns', async () => {
    const patient = await Promise.all((await untriedOf(silent)).map(waiting));
    const twice = patient.filter(({ tries }) => tries >= 3);
    return twice.length > 0 && twice.map(({ historyLength }) => historyLength);
  });
  expect(new Set(lengths)).toEqual(new Set([5]));
  expect(most).toBe(SHARE);
}, 120_000);
