import request from 'supertest';
import { uuidFromId } from '../../domain/ids';
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
