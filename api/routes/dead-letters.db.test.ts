import request from 'supertest';
import type { Db } from '../../db/knex';
import { openAttempt } from '../../db/stores/delivery-store';
import { updateDestination } from '../../db/stores/destination-store';
import { type DestinationId, type PlayerId, type PostbackId, uuidFromId } from '../../domain/ids';
import { HOUR_MS, toIso } from '../../domain/time';
import { insertApiKey } from '../../testing/builders/insert-api-key';
import { insertPlayer } from '../../testing/builders/insert-player';
import { insertDestination, insertPostback } from '../../testing/builders/insert-postback';
import { type ReadsFixture, startReads, type Tenant } from '../../testing/reads-fixture';
import { deadLettersSchema, replayOfManySchema } from '../schemas/postbacks';

let reads: ReadsFixture;
let tenant: Tenant;
let db: Db;
let destinationId: DestinationId;

beforeAll(async () => {
  reads = await startReads();
  ({ tenant, db } = reads);
});
afterAll(() => reads.stop());
beforeEach(async () => {
  await db('postbacks').update({
    status: 'delivered',
    delivered_at: new Date(),
    dead_at: null,
    dead_reason: null,
  });
  destinationId = await insertDestination(db, tenant);
});

type Given = { reason?: string; hoursAgo?: number; destinationId?: DestinationId; playerId?: PlayerId };

async function dead({
  reason = 'not_found',
  hoursAgo = 1,
  playerId,
  ...given
}: Given = {}): Promise<PostbackId> {
  const postbackId = await insertPostback(db, {
    ...tenant,
    destinationId,
    ...given,
    deadAtMs: reads.clock.nowMs() - hoursAgo * HOUR_MS,
    deadReason: reason,
  });
  if (playerId !== undefined) {
    const row = db('postbacks').where('postback_id', uuidFromId(postbackId));
    await row.update({ player_id: uuidFromId(playerId) });
  }
  return postbackId;
}

const hoursAgo = (hours: number) => toIso(reads.clock.nowMs() - hours * HOUR_MS);
const replay = (body: object = {}, key?: string) => {
  const sent = tenant.post('/v1/postbacks/replay');
  return (key === undefined ? sent : sent.set('idempotency-key', key)).send(body);
};
const statusOf = async (postbackId: PostbackId) =>
  (await db('postbacks').where('postback_id', uuidFromId(postbackId)).first()).status;
const runsOf = (postbackId: PostbackId) =>
  db('outbox')
    .where({ ref_id: uuidFromId(postbackId) })
    .pluck('run');

describe('dead letters', () => {
  it('are listed by destination, reason and time', async () => {
    const [old, fresh] = [await dead({ hoursAgo: 5 }), await dead({ reason: 'gone' })];
    const other = await dead({ destinationId: await insertDestination(db, tenant) });
    const listed = async (query: string) =>
      (await tenant.get(`/v1/postbacks?status=dead&${query}`)).body.data.map(
        (postback: { postbackId: string }) => postback.postbackId,
      );
    expect(await listed('')).toEqual([other, fresh, old]);
    expect(await listed(`destinationId=${destinationId}`)).toEqual([fresh, old]);
    expect(await listed('reason=gone')).toEqual([fresh]);
    expect(await listed(`to=${hoursAgo(2)}`)).toEqual([old]);
    // Half open: the first moment belongs to it, the last does not.
    expect(await listed(`from=${hoursAgo(5)}&to=${hoursAgo(1)}`)).toEqual([old]);
    for (const query of ['from=yesterday', 'reason=', 'since=1']) {
      expect((await tenant.get(`/v1/postbacks?${query}`)).status).toBe(400);
    }
  });

  it('are summed up by destination and reason', async () => {
    for (const hours of [3, 1, 2]) await dead({ hoursAgo: hours });
    await dead({ reason: 'gone', hoursAgo: 4 });
    const { body } = await tenant.get('/v1/postbacks/dead-letters');
    expect(deadLettersSchema.parse(body)).toEqual(body);
    expect(body.data).toEqual([
      { destinationId, reason: 'not_found', count: 3, oldest: hoursAgo(3), newest: hoursAgo(1) },
      { destinationId, reason: 'gone', count: 1, oldest: hoursAgo(4), newest: hoursAgo(4) },
    ]);
    expect((await reads.stranger.get('/v1/postbacks/dead-letters')).body).toEqual({ data: [], cut: false });
  });
});

describe('the replay of many', () => {
  it('queues what matches, as the next run, with its audit', async () => {
    const [one, two] = [await dead(), await dead()];
    const others = [await dead({ reason: 'gone' }), await dead({ hoursAgo: 9 })];
    const { status, body } = await replay({ destinationId, reason: 'not_found', from: hoursAgo(2) });
    expect({ status, body }).toEqual({ status: 202, body: { queued: 2, skipped: 0, remaining: 0 } });
    expect(replayOfManySchema.parse(body)).toEqual(body);
    for (const postbackId of [one, two]) {
      expect([await statusOf(postbackId), await runsOf(postbackId)]).toEqual(['pending', [1]]);
      const audit = await tenant.get(`/v1/audit?subject=${postbackId}`);
      expect(audit.body.data).toMatchObject([{ action: 'postback.replayed', detail: { run: 1 } }]);
    }
    for (const postbackId of others) expect(await statusOf(postbackId)).toBe('dead');
  });

  it('takes the oldest first, up to its limit, and says what is left', async () => {
    const ids = [await dead(), await dead(), await dead()];
    expect((await replay({ limit: 2 })).body).toEqual({ queued: 2, skipped: 0, remaining: 1 });
    expect(await Promise.all(ids.map(statusOf))).toEqual(['pending', 'pending', 'dead']);
    expect((await replay({ limit: 2 })).body).toEqual({ queued: 1, skipped: 0, remaining: 0 });
    expect((await replay()).body).toEqual({ queued: 0, skipped: 0, remaining: 0 });
    for (const id of ids) expect(await runsOf(id)).toEqual([1]);
  });

  it('is never doubled, however many ask at once', async () => {
    const ids = await Promise.all(Array.from({ length: 30 }, () => dead()));
    const answers = await Promise.all(Array.from({ length: 6 }, () => replay()));
    expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(202));
    const queued = answers.reduce((sum, { body }) => sum + body.queued, 0);
    expect(queued).toBe(30);
    for (const id of ids) expect(await runsOf(id)).toEqual([1]);
  });

  it('leaves out disabled destinations, and counts them', async () => {
    const disabled = await insertDestination(db, tenant);
    await db('destinations')
      .where('destination_id', uuidFromId(disabled))
      .update({ status: 'disabled', disabled_at: new Date(), disabled_reason: 'gone' });
    const [parked, live] = [await dead({ destinationId: disabled }), await dead()];
    expect((await replay({ limit: 1 })).body).toEqual({ queued: 1, skipped: 1, remaining: 0 });
    expect([await statusOf(parked), await statusOf(live)]).toEqual(['dead', 'pending']);
    const single = await tenant.post(`/v1/postbacks/${parked}/replay`);
    expect([single.status, single.body.code]).toEqual([409, 'not_replayable']);
    await updateDestination(db, tenant.workspaceId, disabled, { status: 'active' });
    expect((await replay()).body).toEqual({ queued: 1, skipped: 0, remaining: 0 });
  });

  it('leaves out self-excluded players, also those who exclude themselves once it is queued', async () => {
    const player = async (name: string) => insertPlayer(db, { ...tenant, externalId: name });
    const exclude = (playerId: PlayerId) =>
      db('players')
        .where('player_id', uuidFromId(playerId))
        .update({ excluded_during: db.raw(`'{[2026-01-01T00:00:00Z,)}'::tstzmultirange`) });
    const [excluded, later, free] = [await player('x'), await player('y'), await player('z')];
    const ids = [];
    for (const playerId of [excluded, later, free]) ids.push(await dead({ playerId }));
    await exclude(excluded);
    expect((await replay()).body).toEqual({ queued: 2, skipped: 1, remaining: 0 });
    await exclude(later);
    const openings = [];
    for (const id of ids.slice(1)) openings.push((await openAttempt(db, id, reads.clock.nowMs(), 1)).kind);
    expect(openings).toEqual(['closed', 'opened']);
    expect(await Promise.all(ids.map(statusOf))).toEqual(['dead', 'dead', 'pending']);
    const reasons = await db('postbacks')
      .whereIn('postback_id', ids.map(uuidFromId))
      .whereNotNull('dead_reason')
      .orderBy('postback_id')
      .pluck('dead_reason');
    expect(reasons).toEqual(['not_found', 'self_excluded']);
    expect((await replay()).body).toEqual({ queued: 0, skipped: 2, remaining: 0 });
  });

  it('repeats its answer for the same Idempotency-Key and body', async () => {
    await dead();
    const first = await replay({ limit: 1 }, 'many');
    await dead();
    const second = await replay({ limit: 1 }, 'many');
    expect(second.body).toEqual(first.body);
    expect((await replay({ limit: 2 }, 'many')).status).toBe(409);
  });

  it.each([
    ['a limit above 1000', { limit: 1_001 }, 'limit'],
    ['a limit of none', { limit: 0 }, 'limit'],
    ['an unknown field', { status: 'dead' }, 'status'],
    ['a destination that is none', { destinationId: 'dst_x' }, 'destinationId'],
    ['a time without a zone', { from: '2026-11-01T00:00:00' }, 'from'],
  ])('is refused with %s', async (_what, body, path) => {
    const answer = await replay(body);
    expect(answer.status).toBe(400);
    expect(answer.body.errors[0].path).toBe(path);
  });

  it('is for the own workspace and for keys that may set up', async () => {
    const id = await dead();
    expect((await reads.stranger.post('/v1/postbacks/replay').send({})).body).toMatchObject({
      queued: 0,
      skipped: 0,
    });
    const readOnly = await insertApiKey(db, { ...tenant, scopes: ['read'] });
    const refused = await request(reads.app)
      .post('/v1/postbacks/replay')
      .set('authorization', `Bearer ${readOnly}`)
      .send({});
    expect(refused.status).toBe(403);
    expect(await statusOf(id)).toBe('dead');
  });
});
