import { Client } from 'pg';
import request from 'supertest';
import { type PostbackId, uuidFromId } from '../../domain/ids';
import { MINUTE_MS, SECOND_MS, toIso } from '../../domain/time';
import { insertApiKey } from '../../testing/builders/insert-api-key';
import { type ChainFixture, insertChain } from '../../testing/builders/insert-chain';
import { insertAttempt, insertPostback } from '../../testing/builders/insert-postback';
import { type ReadsFixture, startReads, type Tenant } from '../../testing/reads-fixture';
import { postbackReplaySchema, postbackSchema } from '../schemas/postbacks';

let reads: ReadsFixture;
let tenant: Tenant;
let chain: ChainFixture;
let clickedAtMs: number;

beforeAll(async () => {
  reads = await startReads();
  tenant = reads.tenant;
  clickedAtMs = reads.clock.nowMs() - 10 * MINUTE_MS;
  chain = await insertChain(reads.db, tenant, { clickedAtMs });
});

afterAll(() => reads.stop());

it('shows a postback with its request and every attempt', async () => {
  const { body } = await tenant.get(`/v1/postbacks/${chain.postbackId}`);
  expect(postbackSchema.parse(body)).toEqual(body);
  const depositedAtMs = clickedAtMs + 2 * MINUTE_MS;
  expect(body).toMatchObject({
    destinationId: chain.destinationId,
    clickId: chain.clickId,
    conversionId: chain.depositId,
    event: 'first_deposit',
    status: 'delivered',
    test: false,
    createdAt: toIso(depositedAtMs + SECOND_MS),
    deliveredAt: toIso(depositedAtMs + 5 * SECOND_MS),
    deadAt: null,
    deadReason: null,
    request: { method: 'GET', url: 'https://partner.example/postback?click=1', body: null },
  });
  const failed = { status: 503, latencyMs: 12, outcome: 'retry', reason: 'server_error', excerpt: null };
  const delivered = { ...failed, status: 200, outcome: 'delivered', reason: null };
  expect(body.attempts).toEqual([
    { at: toIso(depositedAtMs + 2 * SECOND_MS), ...failed },
    { at: toIso(depositedAtMs + 4 * SECOND_MS), ...delivered },
  ]);
});

it('filters by status, click, destination and conversion', async () => {
  const waiting = await insertPostback(reads.db, { ...tenant, ...chain, conversionId: chain.registrationId });
  const idsOf = async (query: string): Promise<string[]> => {
    const { body } = await tenant.get(`/v1/postbacks?${query}`);
    return body.data.map((postback: { postbackId: string }) => postback.postbackId);
  };
  expect(await idsOf(`clickId=${chain.clickId}`)).toEqual([waiting, chain.postbackId]);
  expect(await idsOf(`destinationId=${chain.destinationId}`)).toEqual([waiting, chain.postbackId]);
  expect(await idsOf('status=pending')).toEqual([waiting]);
  expect(await idsOf('status=delivered')).toEqual([chain.postbackId]);
  expect(await idsOf('status=dead')).toEqual([]);
  expect(await idsOf(`conversionId=${chain.depositId}`)).toEqual([chain.postbackId]);
});

describe('replay', () => {
  async function deadPostback(): Promise<PostbackId> {
    const given = { ...tenant, ...chain, conversionId: chain.depositId };
    const postbackId = await insertPostback(reads.db, { ...given, deadAtMs: reads.clock.nowMs() });
    await insertAttempt(reads.db, { postbackId, attemptNo: 1 });
    return postbackId;
  }

  const replay = (postbackId: PostbackId) => tenant.post(`/v1/postbacks/${postbackId}/replay`);

  function outboxOf(postbackId: PostbackId) {
    return reads
      .db('outbox')
      .select('lane', 'kind', 'run')
      .where({ ref_id: uuidFromId(postbackId) });
  }

  it('puts a dead postback back to work, wakes the relay and is audited', async () => {
    const postbackId = await deadPostback();
    const key = (await tenant.get(`/v1/postbacks/${postbackId}`)).body.key;
    const listener = new Client({ connectionString: reads.databaseUrl });
    await listener.connect();
    await listener.query('LISTEN outbox');
    const woken = new Promise((resolve) => {
      listener.once('notification', resolve);
    });
    const { body, status, headers } = await replay(postbackId);
    await woken;
    await listener.end();
    expect({ status, body, location: headers.location }).toEqual({
      status: 202,
      body: { postbackId, run: 1 },
      location: `/v1/postbacks/${postbackId}`,
    });
    expect(postbackReplaySchema.parse(body)).toEqual(body);
    const after = (await tenant.get(`/v1/postbacks/${postbackId}`)).body;
    expect(after).toMatchObject({ status: 'pending', key, deadAt: null, deadReason: null });
    expect(after.attempts).toHaveLength(1);
    expect(await outboxOf(postbackId)).toEqual([{ lane: 1, kind: 'postback', run: 1 }]);
    const audit = await tenant.get(`/v1/audit?subject=${postbackId}`);
    expect(audit.body.data).toMatchObject([{ action: 'postback.replayed', detail: { run: 1 } }]);
  });

  it('is refused while the postback is pending, and when it was delivered', async () => {
    const pending = await insertPostback(reads.db, { ...tenant, ...chain, conversionId: chain.depositId });
    for (const postbackId of [pending, chain.postbackId]) {
      const { body, status } = await replay(postbackId);
      expect({ status, code: body.code }).toEqual({ status: 409, code: 'not_replayable' });
      expect(body.detail).toMatch(/only a dead one can be replayed\.$/);
      expect(await outboxOf(postbackId)).toEqual([]);
    }
  });

  it('is refused while its player is self-excluded, and taken when that is over', async () => {
    const postbackId = await deadPostback();
    const exclude = (span: string) =>
      reads
        .db('players')
        .where('player_id', uuidFromId(chain.playerId))
        .update({ excluded_during: reads.db.raw('?::tstzmultirange', [span]) });
    const end = new Date(reads.clock.nowMs() + 1).toISOString();
    await exclude(`{[2026-01-01T00:00:00Z,${end})}`);
    const { body, status } = await replay(postbackId);
    expect({ status, code: body.code }).toEqual({ status: 409, code: 'not_replayable' });
    expect(body.detail).toContain('self-excluded');
    await exclude('{}');
    expect((await replay(postbackId)).status).toBe(202);
  });

  it('has one winner among many at once', async () => {
    const postbackId = await deadPostback();
    const answers = await Promise.all(Array.from({ length: 8 }, () => replay(postbackId)));
    const statuses = answers.map(({ status }) => status).sort((a, b) => a - b);
    expect(statuses).toEqual([202, 409, 409, 409, 409, 409, 409, 409]);
    expect(await outboxOf(postbackId)).toHaveLength(1);
  });

  it('repeats its answer for the same Idempotency-Key', async () => {
    const postbackId = await deadPostback();
    const first = await replay(postbackId).set('idempotency-key', 'again');
    const second = await replay(postbackId).set('idempotency-key', 'again');
    expect([second.status, second.body]).toEqual([first.status, first.body]);
    expect(await outboxOf(postbackId)).toHaveLength(1);
  });

  it('is for the own workspace and for keys that may set up', async () => {
    const postbackId = await deadPostback();
    expect((await reads.stranger.post(`/v1/postbacks/${postbackId}/replay`)).status).toBe(404);
    const readOnly = await insertApiKey(reads.db, { ...tenant, scopes: ['read'] });
    const refused = await request(reads.app)
      .post(`/v1/postbacks/${postbackId}/replay`)
      .set('authorization', `Bearer ${readOnly}`);
    expect(refused.status).toBe(403);
    expect((await tenant.get(`/v1/postbacks/${postbackId}`)).body.status).toBe('dead');
  });
});
