import request from 'supertest';
import { openAttempt } from '../../db/stores/delivery-store';
import { expireKeptData } from '../../db/stores/expiry-store';
import { type DestinationId, idFromUuid, uuidFromId } from '../../domain/ids';
import { HOUR_MS } from '../../domain/time';
import { insertDestination, insertPostback } from '../../testing/builders/insert-postback';
import { insertWorkspace } from '../../testing/builders/insert-workspace';
import { type IngestFixture, startIngest } from '../../testing/ingest-fixture';

let fixture: IngestFixture;
beforeAll(async () => {
  fixture = await startIngest();
});
afterAll(() => fixture.stop());

type Json = Record<string, unknown>;

function call(method: 'get' | 'post' | 'patch', path: string, body?: Json): request.Test {
  const sent = request(fixture.app)[method](path).set('authorization', `Bearer ${fixture.adminKey}`);
  return body === undefined ? sent : sent.send(body);
}

const partnerUrl = {
  name: 'Partner',
  kind: 'partner_url',
  url: 'https://partner.example/pb?cid={click_id}&p={payout}&e={event}',
  events: ['registration', 'first_deposit', 'registration'],
};
const webhook = { name: 'Hook', kind: 'webhook', url: 'https://hook.example/in', events: ['deposit'] };

const create = async (body: Json) => (await call('post', '/v1/destinations', body).expect(201)).body;

async function refusedPaths(method: 'post' | 'patch', path: string, body: Json): Promise<string[]> {
  const answer = await call(method, path, body);
  expect(answer.status).toBe(400);
  return (answer.body.errors ?? []).map((problem: { path: string }) => problem.path);
}

describe('destinations', () => {
  it('are called with GET unless told otherwise; a webhook is posted and signed', async () => {
    const plain = await create(partnerUrl);
    expect(plain).toMatchObject({
      method: 'GET',
      events: ['registration', 'first_deposit'],
      status: 'active',
    });
    expect(plain).not.toHaveProperty('secret');
    const hook = await create(webhook);
    expect(hook).toMatchObject({ method: 'POST', secret: expect.stringMatching(/^whsec_/) });
    const later = await call('get', `/v1/destinations/${hook.destinationId}`);
    expect(later.body).not.toHaveProperty('secret');
    const listed = await call('get', '/v1/destinations');
    expect(listed.text).not.toContain(hook.secret);
  });

  it.each([
    ['an unknown macro', { ...partnerUrl, url: 'https://x.example/{clickid}' }, ['url']],
    ['a macro in the host', { ...partnerUrl, url: 'https://{sub1}/' }, ['url']],
    ['no scheme', { ...partnerUrl, url: '//x.example/' }, ['url']],
    ['user info', { ...partnerUrl, url: 'https://u:p@x.example/' }, ['url']],
    ['a fragment', { ...partnerUrl, url: 'https://x.example/#a' }, ['url']],
    ['a macro in a webhook', { ...webhook, url: 'https://x.example/{click_id}' }, ['url']],
    ['GET for a webhook', { ...webhook, method: 'GET' }, ['method']],
    ['another method', { ...partnerUrl, method: 'PUT' }, ['method']],
    ['no event', { ...webhook, events: [] }, ['events']],
    ['an unknown event', { ...webhook, events: ['signup'] }, ['events.0']],
    ['another kind', { ...webhook, kind: 'fax' }, ['kind']],
    ['a disabled status', { ...webhook, status: 'disabled' }, ['status']],
    ['a secret of its own', { ...webhook, secret: 'whsec_x' }, ['secret']],
    [
      'a campaign that is not there',
      { ...webhook, campaignId: 'cmp_01j00000000000000000000000' },
      ['campaignId'],
    ],
  ])('are refused with %s', async (_name, body, paths) => {
    expect(await refusedPaths('post', '/v1/destinations', body)).toEqual(paths);
  });

  it('are changed under the rules of their kind', async () => {
    const { destinationId } = await create(webhook);
    const path = `/v1/destinations/${destinationId}`;
    expect(await refusedPaths('patch', path, { url: 'https://x.example/{click_id}' })).toEqual(['url']);
    expect(await refusedPaths('patch', path, { method: 'GET' })).toEqual(['method']);
    expect(await refusedPaths('patch', path, { kind: 'partner_url' })).toEqual(['kind']);
    const changed = await call('patch', path, { events: ['install', 'sale'], status: 'paused' });
    expect(changed.body).toMatchObject({ events: ['install', 'sale'], status: 'paused', url: webhook.url });
  });

  it('are enabled again after a delivery disabled them', async () => {
    const { destinationId } = await create(webhook);
    await fixture.deps
      .db('destinations')
      .where({ destination_id: uuidFromId(destinationId) })
      .update({ status: 'disabled', disabled_at: new Date(), disabled_reason: 'gone' });
    const path = `/v1/destinations/${destinationId}`;
    expect((await call('get', path)).body).toMatchObject({ status: 'disabled', disabledReason: 'gone' });
    expect((await call('patch', path, { name: 'Still off' })).body.status).toBe('disabled');
    const enabled = await call('patch', path, { status: 'active' });
    expect(enabled.body).toMatchObject({ status: 'active', disabledAt: null, disabledReason: null });
  });
});

describe('the test of a destination', () => {
  it('stores one marked postback and the row that starts its delivery', async () => {
    const { destinationId } = await create({ ...partnerUrl, method: 'POST' });
    const answer = await call('post', `/v1/destinations/${destinationId}/test`);
    expect(answer.status).toBe(202);
    const { postbackId } = answer.body;
    expect(answer.headers.location).toBe(`/v1/postbacks/${postbackId}`);
    const uuid = uuidFromId(postbackId);
    const { db } = fixture.deps;
    const [postback] = await db('postbacks').where({ postback_id: uuid });
    expect(postback).toMatchObject({ is_test: true, status: 'pending', method: 'POST', event_kind: 'test' });
    expect(postback.url).toMatch(/^https:\/\/partner\.example\/pb\?cid=clk_\w{26}&p=25\.00&e=test$/);
    expect(await db('outbox').where({ ref_id: uuid })).toMatchObject([{ kind: 'postback', lane: 1, run: 0 }]);
  });

  it('is repeatable, and done once under an Idempotency-Key', async () => {
    const { destinationId } = await create(webhook);
    const path = `/v1/destinations/${destinationId}/test`;
    const [one, two] = [await call('post', path), await call('post', path)];
    expect(one.body.postbackId).not.toBe(two.body.postbackId);
    const keyed = () => call('post', path).set('idempotency-key', 'test-once');
    const [three, four] = await Promise.all([keyed(), keyed()]);
    expect(three.body).toEqual(four.body);
    const [row] = await fixture.deps.db('postbacks').where({ postback_id: uuidFromId(one.body.postbackId) });
    expect(JSON.parse(row.body)).toMatchObject({ type: 'test', data: { amount: '100.00', currency: 'EUR' } });
  });
});

describe('the failure limits of a destination', () => {
  it('are the defaults until they are set, one by one', async () => {
    const defaults = { warnEveryFailures: 5, disableAfterFailures: 20, disableAfterHours: 72 };
    const plain = await create(webhook);
    expect(plain).toMatchObject({ failureLimits: defaults, consecutiveFailures: 0, warnedAt: null });
    const own = await create({ ...webhook, failureLimits: { disableAfterFailures: 3 } });
    expect(own.failureLimits).toEqual({ ...defaults, disableAfterFailures: 3 });
    const path = `/v1/destinations/${own.destinationId}`;
    const changed = await call('patch', path, { failureLimits: { disableAfterHours: 0 } });
    expect(changed.body.failureLimits).toEqual({
      ...defaults,
      disableAfterFailures: 3,
      disableAfterHours: 0,
    });
  });

  it.each([
    ['no warning at all', { warnEveryFailures: 0 }, 'failureLimits.warnEveryFailures'],
    ['half a failure', { disableAfterFailures: 1.5 }, 'failureLimits.disableAfterFailures'],
    ['a year of grace', { disableAfterHours: 8_760 }, 'failureLimits.disableAfterHours'],
    ['another limit', { perDay: 5 }, 'failureLimits.perDay'],
  ])('are refused with %s', async (_name, failureLimits, path) => {
    expect(await refusedPaths('post', '/v1/destinations', { ...webhook, failureLimits })).toEqual([path]);
  });
});

describe('the signing secret of a destination', () => {
  const rotate = (destinationId: string, body?: Json) =>
    call('post', `/v1/destinations/${destinationId}/secret`, body);
  const row = (destinationId: DestinationId) =>
    fixture.deps
      .db('destinations')
      .where({ destination_id: uuidFromId(destinationId) })
      .first();
  const secretsAt = async (destinationId: DestinationId, nowMs: number) => {
    const { workspace_id } = await row(destinationId);
    const workspaceId = idFromUuid('wsp', workspace_id);
    const postbackId = await insertPostback(fixture.deps.db, { workspaceId, destinationId });
    const opening = await openAttempt(fixture.deps.db, postbackId, nowMs);
    return opening.kind === 'opened' ? opening.attempt.secrets : [];
  };

  it('is replaced by a new one, shown once; both sign for a day, the newest first, and then one', async () => {
    const { destinationId, secret } = await create(webhook);
    const answer = await rotate(destinationId);
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      destinationId,
      secret: expect.stringMatching(/^whsec_/),
      previousSecretUntil: expect.any(String),
    });
    expect(answer.body.secret).not.toBe(secret);
    expect(answer.headers['cache-control']).toBe('no-store');
    const endsMs = Date.parse(answer.body.previousSecretUntil);
    expect(Math.abs(endsMs - Date.now() - 24 * HOUR_MS)).toBeLessThan(60_000);
    expect(await secretsAt(destinationId, endsMs - 1)).toEqual([answer.body.secret, secret]);
    expect(await secretsAt(destinationId, endsMs)).toEqual([answer.body.secret]);
    const shown = await call('get', `/v1/destinations/${destinationId}`);
    expect(shown.body.previousSecretUntil).toBe(answer.body.previousSecretUntil);
    const audit = await call('get', `/v1/audit?subject=${destinationId}`);
    expect(audit.body.data).toContainEqual(
      expect.objectContaining({ action: 'destination.secret_rotated', detail: { overlapHours: 24 } }),
    );
    for (const text of [shown.text, audit.text]) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain(answer.body.secret);
    }
  });

  it('rotated twice keeps only the last one before, and none without an overlap', async () => {
    const { destinationId } = await create(webhook);
    const one = (await rotate(destinationId)).body.secret;
    const two = (await rotate(destinationId, { overlapHours: 168 })).body.secret;
    expect(await secretsAt(destinationId, Date.now())).toEqual([two, one]);
    const three = (await rotate(destinationId, { overlapHours: 0 })).body;
    expect(three.previousSecretUntil).toBeNull();
    expect(await secretsAt(destinationId, Date.now())).toEqual([three.secret]);
  });

  it('is forgotten once the overlap is over', async () => {
    const { destinationId } = await create(webhook);
    await rotate(destinationId, { overlapHours: 1 });
    await expireKeptData(fixture.deps.db, Date.now() + HOUR_MS - 60_000);
    expect((await row(destinationId)).previous_secret).not.toBeNull();
    await expireKeptData(fixture.deps.db, Date.now() + HOUR_MS + 1);
    expect(await row(destinationId)).toMatchObject({ previous_secret: null, previous_secret_until: null });
  });

  it('is rotated once under an Idempotency-Key, and shown again', async () => {
    const { destinationId } = await create(webhook);
    const keyed = () => rotate(destinationId, { overlapHours: 1 }).set('idempotency-key', 'rotate');
    const [one, two] = await Promise.all([keyed(), keyed()]);
    expect(one.body).toEqual(two.body);
    expect(await secretsAt(destinationId, Date.now())).toHaveLength(2);
  });

  it.each([
    ['a negative overlap', { overlapHours: -1 }],
    ['more than a week', { overlapHours: 169 }],
    ['a secret of its own', { secret: 'whsec_x' }],
  ])('is not rotated with %s', async (_name, body) => {
    const { destinationId, secret } = await create(webhook);
    expect((await rotate(destinationId, body)).status).toBe(400);
    expect(await secretsAt(destinationId, Date.now())).toEqual([secret]);
  });

  it('is there for webhooks, and for the own workspace', async () => {
    const { destinationId } = await create(partnerUrl);
    expect((await rotate(destinationId)).status).toBe(400);
    expect((await rotate('dst_01j00000000000000000000000')).status).toBe(404);
    const stranger = await insertWorkspace(fixture.deps.db);
    const theirs = await insertDestination(fixture.deps.db, { ...stranger, secret: 'whsec_eA==' });
    expect((await rotate(theirs)).status).toBe(404);
  });
});
