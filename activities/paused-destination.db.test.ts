import { generateSecret } from '../clients/standard-webhooks';
import type { Db } from '../db/knex';
import { mintId } from '../db/mint-id';
import { rebuildJourneys } from '../db/rebuild-journeys';
import { replayDeadLetters } from '../db/stores/dead-letter-replay-store';
import { updateDestination } from '../db/stores/destination-store';
import { releaseHeldPostbacks, sweepOrphanedPostbacks } from '../db/stores/postback-sweep-store';
import { insertTestPostback } from '../db/stores/test-postback-store';
import { type DestinationId, idFromUuid, type PostbackId, uuidFromId } from '../domain/ids';
import { DAY_MS } from '../domain/time';
import { insertDestination } from '../testing/builders/insert-postback';
import { type DeliveryBench, failureOf, openDeliveryBench } from '../testing/delivery-bench';
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
  await db('outbox').delete();
  await db('postbacks')
    .where('status', 'pending')
    .update({
      ...{ status: 'delivered', delivered_at: new Date(), held_at: null },
    });
  house = await openDeliveryBench(db);
});
afterEach(() => house.close());

type Change = Parameters<typeof updateDestination>[3];
const change = (destinationId: DestinationId, to: Change) =>
  updateDestination(db, house.bench.tenant.workspaceId, destinationId, to);
const pause = (destinationId: DestinationId) => change(destinationId, { status: 'paused' });
const resume = (destinationId: DestinationId) => change(destinationId, { status: 'active' });
const release = (each = 100, limit = 100, atMs = Date.now()) =>
  db.transaction((trx) => releaseHeldPostbacks(trx, { each, limit }, atMs));
const sweep = (atMs: number) => db.transaction((trx) => sweepOrphanedPostbacks(trx, 100, atMs));
const started = async () => {
  const rows = await db('outbox').where('kind', 'postback').orderBy('outbox_id');
  return rows.map(({ ref_id, run }) => [idFromUuid('pbk', ref_id), run]);
};

describe('a pause of a destination', () => {
  it('holds what is being retried, for as long as it lasts, and lets it go as a new run', async () => {
    const { destinationId, postbackIds } = await house.due();
    const [postbackId] = postbackIds as [PostbackId];
    house.sink.answer = () => ({ status: 503 });
    await failureOf(house.deliver(postbackId));
    await pause(destinationId);
    expect(await house.deliver(postbackId, { attempt: 2 })).toBe('held');
    expect(house.sink.requests).toHaveLength(1);
    expect(await house.attempts(postbackId)).toHaveLength(1);
    expect(await house.row(postbackId)).toMatchObject({ status: 'pending', held_at: expect.any(Date) });

    const monthLater = Date.now() + 30 * DAY_MS;
    expect(await sweep(monthLater)).toBe(0);
    expect(await release(100, 100, monthLater)).toBe(0);
    await rebuildJourneys(db, { nowMs: () => monthLater });
    expect(await started()).toEqual([]);

    await resume(destinationId);
    expect(await release(100, 100, monthLater)).toBe(1);
    expect(await started()).toEqual([[postbackId, 1]]);
    house.sink.answer = () => ({ status: 200 });
    expect(await house.deliver(postbackId)).toBe('superseded');
    expect(await house.deliver(postbackId, { run: 1 })).toBe('delivered');
    const [first, last] = house.sink.requests;
    expect(last).toMatchObject({
      url: first?.url,
      headers: { 'idempotency-key': first?.headers['idempotency-key'] },
    });
  });

  it('begins the pauses between attempts anew when it ends', async () => {
    const { destinationId, postbackIds } = await house.due();
    const [postbackId] = postbackIds as [PostbackId];
    house.sink.answer = () => ({ status: 503 });
    for (const attempt of [1, 2, 3]) await failureOf(house.deliver(postbackId, { attempt }));
    await pause(destinationId);
    await house.deliver(postbackId);
    await resume(destinationId);
    await release();
    const failure = await failureOf(house.deliver(postbackId, { run: 1 }));
    expect(failure.nextRetryDelay).toBe(5_000);
  });

  it('parks nothing whose three days end in it', async () => {
    const { destinationId, postbackIds } = await house.due();
    const [postbackId] = postbackIds as [PostbackId];
    await house.opened(postbackId);
    await pause(destinationId);
    await house.park(postbackId);
    expect(await house.row(postbackId)).toMatchObject({ status: 'pending', held_at: expect.any(Date) });
    expect(await house.attempts(postbackId)).toMatchObject([{ outcome: 'abandoned' }]);
  });

  it('keeps what falls due meanwhile, without giving it to a workflow', async () => {
    const { destinationId, postbackIds } = await house.due({ status: 'paused', events: ['first_deposit'] });
    expect(postbackIds).toEqual([]);
    const kept = await db('postbacks').where('destination_id', uuidFromId(destinationId));
    expect(kept).toMatchObject([{ status: 'pending', held_at: expect.any(Date) }]);
    await resume(destinationId);
    expect(await release()).toBe(1);
    const [postbackId, run] = (await started())[0] ?? [];
    expect(await house.deliver(postbackId as PostbackId, { run: Number(run) })).toBe('delivered');
    expect(house.sink.requests).toHaveLength(1);
  });

  it('is over for its destination only, and lets so many go at once', async () => {
    const paused = () => insertDestination(db, { ...house.bench.tenant, status: 'paused' });
    const [one, two, three] = [await paused(), await paused(), await paused()];
    for (const player of ['P1', 'P2', 'P3', 'P4']) await house.deposit(player);
    await resume(one);
    await resume(three);
    expect(await release(2)).toBe(4);
    expect(await release(2, 1)).toBe(1);
    expect(await release(2)).toBe(3);
    expect(await release(2)).toBe(0);
    const held = await db('postbacks').whereNotNull('held_at').pluck<string[]>('destination_id');
    expect(new Set(held)).toEqual(new Set([uuidFromId(two)]));
  });

  it('stops whoever asks after its answer: an attempt waits for a pause that is being written', async () => {
    const { destinationId, postbackIds } = await house.due();
    const [postbackId] = postbackIds as [PostbackId];
    const pausing = await db.transaction();
    await updateDestination(pausing, house.bench.tenant.workspaceId, destinationId, { status: 'paused' });
    const delivery = house.deliver(postbackId);
    await until('the attempt to wait', async () => {
      const { rows } = await db.raw<{ rows: unknown[] }>(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
         AND query LIKE '%FOR NO KEY UPDATE%'`,
      );
      return rows.length > 0;
    });
    await pausing.commit();
    expect(await delivery).toBe('held');
    expect(house.sink.requests).toEqual([]);
  });

  it('holds replays, too; a test is sent, because somebody asks for it now', async () => {
    const { destinationId, postbackIds } = await house.due();
    const [postbackId] = postbackIds as [PostbackId];
    house.sink.answer = () => ({ status: 404 });
    expect(await house.deliver(postbackId)).toBe('dead');
    await pause(destinationId);
    const { workspaceId } = house.bench.tenant;
    await db.transaction((trx) => replayDeadLetters(trx, workspaceId, {}, 10, Date.now()));
    expect(await house.deliver(postbackId, { run: 1 })).toBe('held');
    house.sink.answer = () => ({ status: 200 });
    const test = mintId('pbk', Date.now());
    const request = { url: `${house.sink.origin}/test`, method: 'GET', headers: {}, body: null } as const;
    await insertTestPostback(db, { postbackId: test, workspaceId, destinationId, request }, Date.now());
    expect(await house.deliver(test)).toBe('delivered');
    expect(house.sink.requests.map(({ url }) => url)).toEqual([expect.stringMatching(/^\/pb/), '/test']);
  });

  it('that ends with the destination disabled parks what was held, as everything else', async () => {
    const { destinationId, postbackIds } = await house.due({ events: ['first_deposit', 'deposit'] });
    const [held, underWay] = postbackIds as [PostbackId, PostbackId];
    house.sink.answer = async () => {
      await pause(destinationId);
      expect(await house.deliver(held)).toBe('held');
      return { status: 410 };
    };
    expect(await house.deliver(underWay)).toBe('dead');
    const parked = { status: 'dead', dead_reason: 'destination_disabled', held_at: null };
    expect(await house.row(held)).toMatchObject(parked);
  });
});

describe('a destination that is changed while postbacks wait', () => {
  it('gets the later attempts at its new URL and by its new method, with the same values and key', async () => {
    const { destinationId, postbackIds } = await house.due();
    const [postbackId] = postbackIds as [PostbackId];
    house.sink.answer = () => ({ status: 503 });
    await failureOf(house.deliver(postbackId));
    const url = `${house.sink.origin}/new/{event}?payout={payout}&click={click_id}`;
    await change(destinationId, { url, method: 'POST' });
    await failureOf(house.deliver(postbackId, { attempt: 2 }));
    const [first, second] = house.sink.requests;
    const clickId = new URL(`http://x${first?.url}`).searchParams.get('c');
    expect(second).toMatchObject({
      method: 'POST',
      url: `/new/first_deposit?payout=50.00&click=${clickId}`,
      headers: { 'idempotency-key': first?.headers['idempotency-key'] },
    });
    expect(await house.row(postbackId)).toMatchObject({
      url: `${house.sink.origin}${second?.url}`,
      method: 'POST',
    });
  });

  it('gets a replay at its new URL, and a webhook the same body there', async () => {
    const { destinationId, postbackIds } = await house.due({ secret: generateSecret() });
    const [postbackId] = postbackIds as [PostbackId];
    house.sink.answer = () => ({ status: 301 });
    expect(await house.deliver(postbackId)).toBe('dead');
    await change(destinationId, { url: `${house.sink.origin}/moved` });
    const { workspaceId } = house.bench.tenant;
    await db.transaction((trx) => replayDeadLetters(trx, workspaceId, {}, 10, Date.now()));
    house.sink.answer = () => ({ status: 200 });
    expect(await house.deliver(postbackId, { run: 1 })).toBe('delivered');
    const [first, second] = house.sink.requests;
    expect(second?.url).toBe('/moved');
    expect(second?.body).toBe(first?.body);
  });

  it('is called where it was, when the values of its macros were not kept yet', async () => {
    const { destinationId, postbackIds } = await house.due();
    const [postbackId] = postbackIds as [PostbackId];
    await db('postbacks').where('postback_id', uuidFromId(postbackId)).update({ context: null });
    await change(destinationId, { url: `${house.sink.origin}/new?c={click_id}` });
    expect(await house.deliver(postbackId)).toBe('delivered');
    expect(house.sink.requests).toMatchObject([{ url: expect.stringMatching(/^\/pb/) }]);
  });
});
