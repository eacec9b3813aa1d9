import request from 'supertest';
import { createFraudActivities } from '../../activities/fraud';
import { createSettlementActivities } from '../../activities/settlement';
import type { Db } from '../../db/knex';
import { mintId } from '../../db/mint-id';
import { acceptEvent } from '../../db/stores/event-store';
import {
  type CampaignId,
  type ClickId,
  type EventId,
  idFromUuid,
  type PartnerId,
  uuidFromId,
} from '../../domain/ids';
import { DAY_MS, HOUR_MS } from '../../domain/time';
import { insertApiKey } from '../../testing/builders/insert-api-key';
import { insertCampaign } from '../../testing/builders/insert-campaign';
import { insertDeal, insertPartner } from '../../testing/builders/insert-partner';
import { newEvent } from '../../testing/builders/new-event';
import { recordTestClick } from '../../testing/builders/record-test-click';
import { type ReadsFixture, startReads, type Tenant } from '../../testing/reads-fixture';

let reads: ReadsFixture;
let db: Db;
let tenant: Tenant;
let partnerId: PartnerId;
let campaignId: CampaignId;
let startMs: number;
let serial = 0;

beforeAll(async () => {
  reads = await startReads();
  ({ db, tenant } = reads);
  partnerId = await insertPartner(db, tenant);
  await insertDeal(db, { ...tenant, partnerId });
  campaignId = await insertCampaign(db, { ...tenant, partnerId });
});
afterAll(() => reads.stop());
beforeEach(async () => {
  startMs = Date.now() - DAY_MS;
  reads.clock.set(startMs + HOUR_MS);
  await db('workspaces').update({
    ...{ review_reminder_hours: 24, review_timeout_hours: null, review_timeout_decision: null },
  });
});

type Doubtful = { conversionId: string; eventId: EventId; clickId: ClickId; key: string };

/** A first deposit on a click that no browser names itself on, which asks for a person. */
async function doubtful(given: { partnerId?: PartnerId; campaignId?: CampaignId } = {}): Promise<Doubtful> {
  serial += 1;
  const clickId = await recordTestClick(db, {
    ...{ ...tenant, campaignId, partnerId, ...given },
    ...{ clickedAtMs: startMs, userAgent: '' },
  });
  const key = `D${serial}`;
  const event = newEvent(tenant, {
    ...{ senderEventId: key, clickRef: clickId, playerExternalId: `player-${serial}` },
    occurredAtMs: startMs + 60_000,
  });
  const { id } = await acceptEvent(db, event, reads.clock.nowMs());
  await settle(id);
  const row = await db('conversions').where('event_id', uuidFromId(id)).first();
  return { conversionId: idFromUuid('cnv', row.conversion_id), eventId: id, clickId, key };
}

async function settle(eventId: EventId): Promise<void> {
  await createFraudActivities(reads).assessEvent({ eventId });
  await createSettlementActivities(reads).settleEvent({ eventId });
}

/** The workspace's decisions that are on their way. */
async function settleRulings(): Promise<void> {
  const rows: { event_id: string }[] = await db('events').where({ kind: 'ruling', handled_at: null });
  for (const row of rows) await settle(idFromUuid('evt', row.event_id));
}

const decide = (conversionId: string, body: object, who: Tenant = tenant) =>
  who.post(`/v1/conversions/${conversionId}/decision`).send(body);
const approve = { decision: 'approve', reason: 'Known player.', revision: 1 };
const listed = async (query = ''): Promise<Record<string, unknown>[]> =>
  (await tenant.get(`/v1/reviews?limit=1000${query}`)).body.data;
const idsOf = (rows: Record<string, unknown>[]) => rows.map((row) => row.conversionId);

describe('GET /v1/reviews', () => {
  it('shows everything that a person needs to decide', async () => {
    const { conversionId, clickId, key } = await doubtful();
    expect((await listed()).find((row) => row.conversionId === conversionId)).toEqual({
      conversionId,
      revision: 1,
      event: 'deposit',
      trust: 'keyed',
      transactionId: key,
      occurredAt: new Date(startMs + 60_000).toISOString(),
      value: { amount: '50.00', currency: 'EUR' },
      playerId: `player-${serial}`,
      player: expect.stringMatching(/^ply_/),
      clickId,
      campaignId,
      partnerIds: [partnerId],
      verdict: {
        outcome: 'review',
        score: expect.any(Number),
        reasons: [expect.objectContaining({ code: 'empty_user_agent' })],
      },
      since: new Date(startMs + HOUR_MS).toISOString(),
      reminderAt: new Date(startMs + 25 * HOUR_MS).toISOString(),
      remindedAt: null,
      overdue: false,
      timeout: null,
    });
  });

  it('shows the time-out of the policy of now, for what waits already too', async () => {
    const { conversionId } = await doubtful();
    const policy = { reminderHours: 2, timeout: { hours: 5, decision: 'reject' } };
    expect((await put('/v1/review-policy', policy)).status).toBe(200);
    reads.clock.set(startMs + 4 * HOUR_MS);
    expect((await listed()).find((row) => row.conversionId === conversionId)).toMatchObject({
      reminderAt: new Date(startMs + 3 * HOUR_MS).toISOString(),
      overdue: true,
      timeout: { at: new Date(startMs + 6 * HOUR_MS).toISOString(), decision: 'reject' },
    });
  });

  it('filters by partner, campaign and overdue, and lists the oldest first', async () => {
    const otherPartner = await insertPartner(db, tenant);
    const otherCampaign = await insertCampaign(db, { ...tenant, partnerId: otherPartner });
    const mine = await doubtful();
    reads.clock.set(startMs + 2 * HOUR_MS);
    const theirs = await doubtful({ partnerId: otherPartner, campaignId: otherCampaign });
    expect(idsOf(await listed(`&partnerId=${otherPartner}`))).toEqual([theirs.conversionId]);
    expect(idsOf(await listed(`&campaignId=${otherCampaign}`))).toEqual([theirs.conversionId]);
    expect(idsOf(await listed(`&partnerId=${partnerId}&campaignId=${otherCampaign}`))).toEqual([]);
    expect(idsOf(await listed()).slice(-2)).toEqual([mine.conversionId, theirs.conversionId]);
    reads.clock.set(startMs + 25 * HOUR_MS);
    expect(idsOf(await listed('&overdue=true'))).toContain(mine.conversionId);
    expect(idsOf(await listed('&overdue=true'))).not.toContain(theirs.conversionId);
    expect(idsOf(await listed('&overdue=false'))).toEqual([theirs.conversionId]);
  });

  it('is walked through by cursor, each review exactly once', async () => {
    await doubtful();
    await doubtful();
    const all = idsOf(await listed());
    const seen: unknown[] = [];
    let cursor: string | null = null;
    do {
      const { body } = await tenant.get(`/v1/reviews?limit=1${cursor === null ? '' : `&cursor=${cursor}`}`);
      seen.push(...idsOf(body.data));
      cursor = body.nextCursor;
    } while (cursor !== null);
    expect(seen).toEqual(all);
  });

  it('shows no more what was decided, although it is not settled yet, and nothing to strangers', async () => {
    const { conversionId } = await doubtful();
    expect((await reads.stranger.get('/v1/reviews')).body).toEqual({ data: [], nextCursor: null });
    expect((await decide(conversionId, approve)).status).toBe(202);
    expect(idsOf(await listed())).not.toContain(conversionId);
    await settleRulings();
    expect(idsOf(await listed())).not.toContain(conversionId);
  });

  it.each(['overdue=yes', 'partnerId=x', 'campaignId=ptn_1', 'state=all'])('refuses ?%s', async (query) => {
    expect((await tenant.get(`/v1/reviews?${query}`)).status).toBe(400);
  });
});

describe('POST /v1/conversions/{id}/decision', () => {
  it('says that it is stored and not settled; then status and books follow', async () => {
    const { conversionId } = await doubtful();
    const { status, body, headers } = await decide(conversionId, approve);
    expect({ status, body }).toEqual({
      status: 202,
      body: {
        ...{ rulingId: expect.stringMatching(/^evt_/), conversionId, decision: 'approve' },
        ...{ revision: 2, settled: false },
      },
    });
    expect(headers.location).toBe(`/v1/conversions/${conversionId}`);
    const read = async () => (await tenant.get(`/v1/conversions/${conversionId}`)).body;
    expect(await read()).toMatchObject({
      status: 'pending',
      reason: 'in_review',
      revision: 2,
      commission: [],
    });
    await settleRulings();
    expect(await read()).toMatchObject({
      status: 'approved',
      revision: 3,
      commission: [{ amount: '50.00' }],
    });
  });

  it('answers a repeat with the same key alike, and decides once', async () => {
    const { conversionId } = await doubtful();
    const first = await decide(conversionId, approve).set('idempotency-key', 'once');
    const second = await decide(conversionId, approve).set('idempotency-key', 'once');
    expect(second.body).toEqual(first.body);
    expect(
      (await decide(conversionId, { ...approve, decision: 'reject' }).set('idempotency-key', 'once')).body
        .code,
    ).toBe('idempotency_conflict');
    expect((await tenant.get(`/v1/conversions/${conversionId}/rulings`)).body.data).toHaveLength(1);
  });

  it('refuses a revision that is old by now, and what is not for a person to decide', async () => {
    const { conversionId } = await doubtful();
    await decide(conversionId, approve);
    const again = await decide(conversionId, approve);
    expect([again.status, again.body.code]).toEqual([409, 'stale_revision']);
    expect(again.body.detail).toContain('revision 2, not 1');
    await db('conversions')
      .where('conversion_id', uuidFromId(conversionId as `cnv_${string}` & { readonly __id: 'cnv' }))
      .update({ status: 'reversed', reason: 'charged_back', review_since: null });
    const late = await decide(conversionId, { ...approve, revision: 2 });
    expect([late.status, late.body.code]).toEqual([409, 'not_reviewable']);
  });

  it('refuses strangers, keys without the scope, and ids of nothing', async () => {
    const { conversionId } = await doubtful();
    expect((await decide(conversionId, approve, reads.stranger)).status).toBe(404);
    expect((await decide(mintId('cnv', startMs), approve)).status).toBe(404);
    expect((await decide('cnv_x', approve)).status).toBe(404);
    const withKey = async (scopes: readonly ('reviews:write' | 'setup:write' | 'read')[]) => {
      const authorization = `Bearer ${await insertApiKey(db, { ...tenant, scopes: [...scopes] })}`;
      const path = `/v1/conversions/${conversionId}/decision`;
      return (await request(reads.app).post(path).set({ authorization }).send(approve)).status;
    };
    expect(await withKey(['read', 'setup:write'])).toBe(403);
    expect(await withKey(['reviews:write'])).toBe(202);
  });

  it.each([
    ['decision', { decision: 'maybe' }],
    ['reason', { reason: '  ' }],
    ['reason', { reason: 'x'.repeat(501) }],
    ['reason', { reason: 'bell \u0007' }],
    ['revision', { revision: 0 }],
    ['revision', { revision: 3_000_000_000 }],
    ['revision', { revision: undefined }],
    ['actor', { actor: 'key:me' }],
  ])('refuses a wrong %s', async (path, change) => {
    const { conversionId } = await doubtful();
    const { status, body } = await decide(conversionId, { ...approve, ...change });
    expect({ status, path: body.errors?.[0]?.path }).toEqual({ status: 400, path });
  });
});

describe('what is told of rulings', () => {
  it('the conversion’s history says who ruled what, when and why', async () => {
    const { conversionId } = await doubtful();
    await decide(conversionId, approve);
    await settleRulings();
    await decide(conversionId, { decision: 'reject', reason: 'On second thought.', revision: 3 });
    const { data, nextCursor } = (await tenant.get(`/v1/conversions/${conversionId}/rulings?limit=1`)).body;
    expect(data).toMatchObject([
      { decision: 'approve', reason: 'Known player.', revision: 1, settledAt: expect.any(String) },
    ]);
    const next = await tenant.get(`/v1/conversions/${conversionId}/rulings?cursor=${nextCursor}`);
    expect(next.body).toMatchObject({
      data: [
        {
          ...{ decision: 'reject', reason: 'On second thought.', revision: 3, settledAt: null },
          actor: expect.stringMatching(/^key:key_/),
        },
      ],
      nextCursor: null,
    });
    expect((await reads.stranger.get(`/v1/conversions/${conversionId}/rulings`)).status).toBe(404);
  });

  it('the timelines of click and player tell it to a reader', async () => {
    const { conversionId, clickId } = await doubtful();
    await decide(conversionId, approve);
    await settleRulings();
    const { player } = (await tenant.get(`/v1/conversions/${conversionId}`)).body;
    for (const path of [`/v1/clicks/${clickId}`, `/v1/players/${player}`]) {
      const { timeline } = (await tenant.get(path)).body;
      expect(timeline.filter(({ kind }: { kind: string }) => kind === 'ruling')).toEqual([
        {
          at: expect.any(String),
          kind: 'ruling',
          reason: 'approve',
          detail: expect.stringMatching(
            new RegExp(`^${conversionId} at revision 1, by key:key_\\w+, evt_\\w+, Known player\\.$`),
          ),
        },
      ]);
    }
  });

  it('a click’s timeline keeps the ruling that took its only conversion away', async () => {
    const { conversionId, clickId } = await doubtful();
    await decide(conversionId, { ...approve, decision: 'reject' });
    await settleRulings();
    const { timeline } = (await tenant.get(`/v1/clicks/${clickId}`)).body;
    const told = timeline.map(({ kind, reason }: { kind: string; reason?: string }) => `${kind} ${reason}`);
    expect(told).toContain('ruling reject');
    expect(told).toContain('conversion_settled rejected_by_ruling');
  });

  it('and the metrics count what waits', async () => {
    await doubtful();
    const { text } = await request(reads.app).get('/metrics');
    const waiting = await db('conversions').whereNotNull('review_since');
    expect(text).toContain(`clickchain_reviews_waiting ${waiting.length}\n`);
  });
});

const put = async (path: string, body: object, key?: string) => {
  const authorization = `Bearer ${key ?? (await insertApiKey(db, tenant))}`;
  return request(reads.app).put(path).set({ authorization }).send(body);
};

describe('/v1/review-policy', () => {
  it('begins with a reminder after a day and no time-out', async () => {
    expect((await tenant.get('/v1/review-policy')).body).toEqual({ reminderHours: 24, timeout: null });
  });

  it('is set, read again, and audited once', async () => {
    const policy = { reminderHours: 4, timeout: { hours: 72, decision: 'approve' } };
    expect((await put('/v1/review-policy', policy)).body).toEqual(policy);
    expect((await put('/v1/review-policy', policy)).body).toEqual(policy);
    expect((await tenant.get('/v1/review-policy')).body).toEqual(policy);
    expect((await reads.stranger.get('/v1/review-policy')).body).toEqual({
      reminderHours: 24,
      timeout: null,
    });
    const entries = await db('audit').where({
      action: 'review_policy.changed',
      at: new Date(reads.clock.nowMs()),
    });
    expect(entries).toMatchObject([
      { subject: tenant.workspaceId, detail: { before: { timeout: null }, after: policy } },
    ]);
  });

  it.each([
    { reminderHours: 0, timeout: null },
    { reminderHours: 8_761, timeout: null },
    { reminderHours: 1.5, timeout: null },
    { reminderHours: 24 },
    { timeout: null },
    { reminderHours: 24, timeout: { hours: 5 } },
    { reminderHours: 24, timeout: { hours: 5, decision: 'wait' } },
    { reminderHours: 24, timeout: null, more: 1 },
  ])('refuses %j', async (policy) => {
    expect((await put('/v1/review-policy', policy)).status).toBe(400);
  });

  it('needs the right to set up', async () => {
    const key = await insertApiKey(db, { ...tenant, scopes: ['read', 'reviews:write'] });
    expect((await put('/v1/review-policy', { reminderHours: 1, timeout: null }, key)).status).toBe(403);
  });
});
