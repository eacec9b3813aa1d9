import request from 'supertest';
import { signWebhook } from '../../clients/standard-webhooks';
import { createDb, type Db } from '../../db/knex';
import { mintId } from '../../db/mint-id';
import { createWorkspace } from '../../db/seed-instance';
import { type CampaignId, type EventId, idFromUuid, uuidFromId } from '../../domain/ids';
import { MINUTE_MS, SECOND_MS, toIso } from '../../domain/time';
import { insertCampaign } from '../../testing/builders/insert-campaign';
import { recordTestClick } from '../../testing/builders/record-test-click';
import { type IngestFixture, startIngest } from '../../testing/ingest-fixture';
import { createApp } from '../app';

type Source = { sourceId: string; key: string; secret: string };

let ingest: IngestFixture;
let db: Db;
let campaignId: CampaignId;
let source: Source;
let players = 0;

beforeAll(async () => {
  ingest = await startIngest({ poolMax: 20 });
  db = ingest.testDb.db;
  campaignId = await insertCampaign(db, { workspaceId: ingest.workspaceId, slug: 'go' });
  source = await createSource('casino');
});
afterAll(() => ingest.stop());

async function createSource(name: string, brand?: string): Promise<Source> {
  const answer = await request(ingest.app)
    .post('/v1/sources')
    .set('authorization', `Bearer ${ingest.adminKey}`)
    .send({ name, kind: 'gaming', ...(brand !== undefined && { brand }) });
  expect(answer.status).toBe(201);
  return answer.body as Source;
}

const newClick = () =>
  recordTestClick(db, {
    workspaceId: ingest.workspaceId,
    campaignId,
    clickedAtMs: ingest.clock.nowMs(),
  });

/** A registration by a player of its own. */
function registration(given: object = {}) {
  players += 1;
  return {
    eventId: `R-${players}`,
    playerId: `P-${players}`,
    occurredAt: toIso(ingest.clock.nowMs()),
    ...given,
  };
}

function deposit(given: object = {}) {
  return { ...registration(), eventId: `D-${players}`, amount: '49.90', currency: 'EUR', ...given };
}

function post(path: string, body: object | string, key: string = source.key, app = ingest.app) {
  return request(app)
    .post(path)
    .set('authorization', `Bearer ${key}`)
    .set('content-type', 'application/json')
    .send(typeof body === 'string' ? body : JSON.stringify(body));
}

const factOf = async (id: unknown) =>
  db('events')
    .where('event_id', uuidFromId(id as EventId))
    .first();
const receipts = async () => Number((await db('inbox').count('* as n').first())?.n);

describe('a reported event', () => {
  it.each(['/webhooks/gaming/registration', '/webhooks/registration'])('is accepted at %s', async (path) => {
    const body = registration({ clickId: await newClick() });
    const answer = await post(path, body);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      status: 'accepted',
      eventId: body.eventId,
      id: expect.stringMatching(/^evt_[0-9a-z]{26}$/),
    });
    expect(await factOf(answer.body.id)).toMatchObject({
      kind: 'registration',
      trust: 'keyed',
      source_id: uuidFromId(source.sourceId as never),
      sender_event_id: body.eventId,
    });
  });

  it('is accepted in each status of its transaction, and charged back', async () => {
    const clickId = await newClick();
    const first = deposit({ clickId, transactionId: 'T-chain', status: 'pending' });
    for (const path of ['/webhooks/gaming/deposit', '/webhooks/deposit']) {
      const status = path.includes('gaming') ? 'Pending' : 'CONFIRMED';
      const answer = await post(path, { ...first, eventId: `${first.eventId}-${status}`, status });
      expect(answer.body.status).toBe('accepted');
    }
    const chargeback = await post('/webhooks/gaming/chargeback', {
      eventId: `${first.eventId}-cb`,
      playerId: first.playerId,
      depositEventId: 'T-chain',
      amount: '49.90',
      currency: 'EUR',
      occurredAt: first.occurredAt,
    });
    expect(chargeback.body.status).toBe('accepted');
    expect(await factOf(chargeback.body.id)).toMatchObject({ kind: 'chargeback', refers_to: 'T-chain' });
  });

  it('is accepted in snake_case', async () => {
    const answer = await post('/webhooks/gaming/deposit', {
      event_id: 'snake-1',
      transaction_id: 'snake-T',
      player_id: 'snake-P',
      click_id: await newClick(),
      occurred_at: toIso(ingest.clock.nowMs()),
      amount: 49.9,
      currency: 'EUR',
      kyc_status: 'passed',
      bonus: 'unknown to us',
    });
    expect(answer.body).toMatchObject({ status: 'accepted', eventId: 'snake-1' });
    const fact = await factOf(answer.body.id);
    expect(fact).toMatchObject({ amount_minor: 4990n, transaction_key: 'snake-T' });
    expect(fact.attributes).toEqual({ kycStatus: 'passed', unknownFields: 1 });
  });

  it('keeps personal data out of the facts', async () => {
    const answer = await post(
      '/webhooks/gaming/registration',
      registration({ clickId: await newClick(), ip: '203.0.113.9', userAgent: 'Secret/1.0' }),
    );
    expect(JSON.stringify(await factOf(answer.body.id), (_key, value) => String(value))).not.toMatch(
      /203\.0\.113|Secret/,
    );
    const raw = await db('event_raw').where('event_id', uuidFromId(answer.body.id)).first();
    expect(raw).toMatchObject({ ip: '203.0.113.9', user_agent: 'Secret/1.0' });
  });

  it('is quarantined while its click and player are unknown', async () => {
    const answer = await post('/webhooks/gaming/deposit', deposit({ clickId: mintId('clk', Date.now()) }));
    expect(answer.status).toBe(200);
    expect(answer.body.status).toBe('quarantined');
  });

  it('is quarantined when it is dated ahead of our clock', async () => {
    const occurredAt = toIso(ingest.clock.nowMs() + 6 * MINUTE_MS);
    const answer = await post(
      '/webhooks/gaming/registration',
      registration({ clickId: await newClick(), occurredAt }),
    );
    expect(answer.body.status).toBe('quarantined');
  });

  it('is a duplicate when it comes again: at once, fifty at a time, and after a restart', async () => {
    const body = deposit({ clickId: await newClick() });
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => post('/webhooks/gaming/deposit', body)),
    );
    const ids = new Set(answers.map((answer) => answer.body.id));
    expect(ids.size).toBe(1);
    expect(answers.filter((answer) => answer.body.status === 'accepted')).toHaveLength(1);
    expect(answers.filter((answer) => answer.body.status === 'duplicate')).toHaveLength(49);
    const again = await post('/webhooks/gaming/deposit', body);
    const restartedDb = createDb(ingest.testDb.url, { applicationName: 'restarted', poolMax: 2 });
    const restarted = createApp({ ...ingest.deps, db: restartedDb });
    const later = await post('/webhooks/gaming/deposit', body, source.key, restarted);
    await restartedDb.destroy();
    for (const answer of [again, later]) {
      expect(answer.body).toEqual({ status: 'duplicate', eventId: body.eventId, id: [...ids][0] });
    }
  });

  it('is a conflict when the same key comes with another body, and the first stands', async () => {
    const body = deposit({ clickId: await newClick() });
    const first = await post('/webhooks/gaming/deposit', body);
    const other = await post('/webhooks/gaming/deposit', { ...body, amount: '50.00' });
    expect(other.status).toBe(409);
    expect(other.body).toMatchObject({ code: 'event_conflict', status: 409 });
    expect(await factOf(first.body.id)).toMatchObject({ amount_minor: 4990n });
  });

  it('is a conflict when a later status names another player', async () => {
    const body = deposit({ clickId: await newClick(), transactionId: 'T-two', status: 'pending' });
    await post('/webhooks/gaming/deposit', body);
    const other = await post('/webhooks/gaming/deposit', {
      ...body,
      playerId: 'somebody-else',
      status: 'confirmed',
    });
    expect(other.status).toBe(409);
    expect(other.body.errors).toMatchObject([{ path: 'playerId' }]);
  });

  it('belongs to the brand of its source: two brands may use the same ids', async () => {
    const second = await createSource('second casino', 'second brand');
    const body = registration({ clickId: await newClick() });
    const a = await post('/webhooks/gaming/registration', body);
    const b = await post('/webhooks/gaming/registration', body, second.key);
    expect([a.body.status, b.body.status]).toEqual(['accepted', 'accepted']);
    expect(a.body.id).not.toBe(b.body.id);
  });

  it('comes from the built-in source when the key is bound to none', async () => {
    const answer = await post(
      '/webhooks/gaming/registration',
      registration({ clickId: await newClick() }),
      ingest.adminKey,
    );
    const fact = await factOf(answer.body.id);
    expect(await db('sources').where('source_id', fact.source_id).first()).toMatchObject({ kind: 'api' });
  });
});

describe('POST /conversions/track', () => {
  it.each([
    ['install', {}],
    ['lead', {}],
    ['signup', { playerId: 'track-P' }],
    ['sale', { amount: '9.99', currency: 'USD' }],
    ['deposit', { playerId: 'track-P', amount: '10', currency: 'EUR' }],
  ])('takes %s without a time, by its receipt', async (type, fields) => {
    const body = { eventId: `track-${type}`, type, clickId: await newClick(), ...fields };
    const answer = await post('/conversions/track', body);
    expect(answer.body).toMatchObject({ status: 'accepted', eventId: body.eventId });
    expect(await factOf(answer.body.id)).toMatchObject({
      kind: type === 'signup' ? 'registration' : type,
      occurred_at_source: 'receipt',
      occurred_at: new Date(ingest.clock.nowMs()),
    });
    ingest.clock.set(ingest.clock.nowMs() + SECOND_MS);
    expect((await post('/conversions/track', body)).body).toMatchObject({
      status: 'duplicate',
      id: answer.body.id,
    });
  });
});

describe('bad input', () => {
  const deep = `${'{"a":'.repeat(40)}1${'}'.repeat(40)}`;
  it.each<[string, string, number, string, string | null]>([
    ['malformed JSON', '{"eventId":', 400, 'malformed_json', null],
    ['no body', '', 400, 'invalid_request', null],
    ['an array', '[]', 400, 'invalid_request', null],
    ['a wrong type', '{"eventId":1}', 400, 'invalid_request', 'eventId'],
    ['an unknown currency', '{"currency":"XXX"}', 400, 'invalid_request', 'currency'],
    ['too many decimals', '{"amount":"1.001"}', 400, 'invalid_request', 'amount'],
    ['a negative amount', '{"amount":"-5"}', 400, 'invalid_request', 'amount'],
    ['a zero amount', '{"amount":0}', 400, 'invalid_request', 'amount'],
    ['a non-finite amount', '{"amount":1e999}', 400, 'invalid_request', 'amount'],
    ['an over-long field', JSON.stringify({ playerId: 'x'.repeat(201) }), 400, 'invalid_request', 'playerId'],
    ['a time without a zone', '{"occurredAt":"2026-11-21T10:00:00"}', 400, 'invalid_request', 'occurredAt'],
    ['NUL', '{"playerId":"a\\u0000"}', 400, 'invalid_request', 'playerId'],
    ['half a character', '{"playerId":"a\\ud800"}', 400, 'invalid_request', 'playerId'],
    ['__proto__', '{"__proto__":{"a":1}}', 400, 'invalid_request', '__proto__'],
    ['a field given twice', '{"playerId":"a","playerId":"b"}', 400, 'invalid_request', 'playerId'],
    ['depth above 32', `{"deep":${deep}}`, 400, 'invalid_request', null],
    ['more than 1 MB', JSON.stringify({ pad: 'x'.repeat(1_100_000) }), 413, 'body_too_large', null],
    ['a placeholder', '{"clickId":"{clickid}"}', 400, 'unresolved_macro', 'clickId'],
  ])('%s is refused with the field, and nothing is stored', async (_what, given, status, code, path) => {
    const before = await receipts();
    const isPart = given.startsWith('{') && given.endsWith('}');
    const rest = JSON.stringify(deposit());
    const own = new Set(isPart && path !== '__proto__' ? Object.keys(JSON.parse(given)) : []);
    const kept = Object.entries(JSON.parse(rest)).filter(([name]) => !own.has(name));
    const body = isPart
      ? `${given.slice(0, -1)},${JSON.stringify(Object.fromEntries(kept)).slice(1)}`
      : given;
    const answer = await post('/webhooks/gaming/deposit', body);
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.body).toMatchObject({ code, requestId: expect.any(String) });
    const paths: string[] = (answer.body.errors ?? []).map((error: { path: string }) => error.path);
    expect(path === null || paths.includes(path)).toBe(true);
    expect(await receipts()).toBe(before);
  });

  it('bytes that are no UTF-8 are refused', async () => {
    const bytes = Buffer.concat([Buffer.from('{"playerId":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]);
    const answer = await request(ingest.app)
      .post('/webhooks/gaming/deposit')
      .set('authorization', `Bearer ${source.key}`)
      .set('content-type', 'application/json')
      .serialize((value: unknown) => value as string)
      .send(bytes);
    expect(answer.status).toBe(400);
    expect(answer.body.code).toBe('malformed_json');
  });

  it('another media type is refused', async () => {
    const answer = await request(ingest.app)
      .post('/webhooks/gaming/deposit')
      .set('authorization', `Bearer ${source.key}`)
      .set('content-type', 'text/plain')
      .send('eventId=1');
    expect(answer.status).toBe(415);
  });

  it('is counted by its outcome', async () => {
    const { values } = await ingest.deps.metrics.events.get();
    const outcomes = new Map(values.map(({ labels, value }) => [labels.outcome, value]));
    for (const outcome of ['accepted', 'duplicate', 'quarantined', 'conflict', 'refused']) {
      expect(outcomes.get(outcome)).toBeGreaterThan(0);
    }
  });
});

describe('who may report', () => {
  type Signing = { secret?: string; atMs?: number; id?: string; sourceId?: string; sent?: string };

  function signed(body: object, signing: Signing = {}) {
    const text = JSON.stringify(body);
    const timestampSeconds = Math.floor((signing.atMs ?? ingest.clock.nowMs()) / SECOND_MS);
    const id = signing.id ?? 'msg_1';
    const secrets = [signing.secret ?? source.secret];
    return request(ingest.app)
      .post(`/webhooks/gaming/registration?source=${signing.sourceId ?? source.sourceId}`)
      .set('content-type', 'application/json')
      .set('webhook-id', id)
      .set('webhook-timestamp', String(timestampSeconds))
      .set('webhook-signature', signWebhook({ secrets, id, timestampSeconds, body: text }))
      .send(signing.sent ?? text);
  }

  it('a signature of the source’s secret is trusted as signed', async () => {
    const answer = await signed(registration({ clickId: await newClick() }));
    expect(answer.body.status).toBe('accepted');
    expect(await factOf(answer.body.id)).toMatchObject({
      trust: 'signed',
      source_id: uuidFromId(source.sourceId as never),
    });
  });

  it('a key and a signature of one source report the same event', async () => {
    const body = registration({ clickId: await newClick() });
    const first = await post('/webhooks/gaming/registration', body);
    expect((await signed(body)).body).toMatchObject({ status: 'duplicate', id: first.body.id });
  });

  it('one good signature among several is enough, as during a rotation', async () => {
    const text = JSON.stringify(registration({ clickId: await newClick() }));
    const timestampSeconds = Math.floor(ingest.clock.nowMs() / SECOND_MS);
    const good = signWebhook({ secrets: [source.secret], id: 'm', timestampSeconds, body: text });
    const answer = await request(ingest.app)
      .post(`/webhooks/gaming/registration?source=${source.sourceId}`)
      .set('content-type', 'application/json')
      .set({ 'webhook-id': 'm', 'webhook-timestamp': String(timestampSeconds) })
      .set('webhook-signature', `v1,${Buffer.alloc(32).toString('base64')} ${good}`)
      .send(text);
    expect(answer.body.status).toBe('accepted');
  });

  it.each<[string, Signing, string]>([
    ['another secret', { secret: `whsec_${Buffer.alloc(32, 7).toString('base64')}` }, 'bad_signature'],
    ['a body that was changed after signing', { sent: JSON.stringify({ eventId: 'x' }) }, 'bad_signature'],
    ['an unknown source', { sourceId: mintId('src', Date.now()) }, 'bad_signature'],
    ['a malformed source', { sourceId: 'casino' }, 'bad_signature'],
    ['a signature of more than five minutes ago', { atMs: -5 * MINUTE_MS - SECOND_MS }, 'stale_signature'],
    ['a signature of more than five minutes ahead', { atMs: 5 * MINUTE_MS + SECOND_MS }, 'stale_signature'],
  ])('401 for %s', async (_what, { atMs, ...signing }, code) => {
    const before = await receipts();
    const when = atMs === undefined ? {} : { atMs: ingest.clock.nowMs() + atMs };
    const answer = await signed(registration({ clickId: await newClick() }), { ...signing, ...when });
    expect(answer.status).toBe(401);
    expect(answer.body.code).toBe(code);
    expect(await receipts()).toBe(before);
  });

  it('401 for the built-in source, which has no secret', async () => {
    const row = await db('sources').where('kind', 'api').first();
    const answer = await signed(registration(), { sourceId: idFromUuid('src', row.source_id) });
    expect(answer.body.code).toBe('bad_signature');
  });

  it('401 for signature headers that are incomplete, although the body is fine', async () => {
    const answer = await request(ingest.app)
      .post(`/webhooks/gaming/registration?source=${source.sourceId}`)
      .set('webhook-id', 'm')
      .send(registration());
    expect(answer.body.code).toBe('bad_signature');
  });

  it('401 for neither key nor signature, and for an unknown key', async () => {
    const none = await request(ingest.app).post('/webhooks/gaming/registration').send(registration());
    expect(none.body.code).toBe('unauthorized');
    expect((await post('/webhooks/gaming/registration', registration(), 'nonsense')).status).toBe(401);
  });

  it('403 for a key without events:write', async () => {
    const created = await request(ingest.app)
      .post('/v1/api-keys')
      .set('authorization', `Bearer ${ingest.adminKey}`)
      .send({ name: 'reader', scopes: ['read'] });
    const answer = await post('/webhooks/gaming/registration', registration(), created.body.key);
    expect(answer.status).toBe(403);
    expect(answer.body.code).toBe('missing_scope');
  });

  it('a click of another workspace is an unknown one', async () => {
    const other = await createWorkspace(db, { name: 'other', nowMs: Date.now() });
    const clickId = await newClick();
    const answer = await post('/webhooks/gaming/registration', registration({ clickId }), other.adminKey);
    expect(answer.body.status).toBe('quarantined');
  });
});

describe('POST /v1/quarantine/{id}/match', () => {
  const match = (id: string, body: object, key = ingest.adminKey) =>
    post(`/v1/quarantine/${id}/match`, body, key);

  it('releases the event and what waits for its player', async () => {
    const first = await post('/webhooks/gaming/deposit', deposit());
    const player = `P-${players}`;
    const second = await post('/webhooks/gaming/deposit', deposit({ playerId: player }));
    const clickId = await newClick();
    const answer = await match(first.body.id, { clickId });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ id: first.body.id, clickId, released: [first.body.id, second.body.id] });
    expect((await match(first.body.id, { clickId })).status).toBe(409);
  });

  it('refuses what it cannot match', async () => {
    const { body } = await post('/webhooks/gaming/deposit', deposit());
    const clickId = await newClick();
    const other = await createWorkspace(db, { name: 'third', nowMs: Date.now() });
    expect((await match(body.id, { clickId }, other.adminKey)).status).toBe(404);
    expect((await match(mintId('evt', Date.now()), { clickId })).status).toBe(404);
    expect((await match('evt_nonsense', { clickId })).status).toBe(404);
    expect((await match(body.id, { clickId: mintId('clk', Date.now()) })).status).toBe(400);
    expect((await match(body.id, { clickId: 'x' })).status).toBe(400);
    expect((await match(body.id, {})).status).toBe(400);
    expect((await match(body.id, { clickId }, source.key)).status).toBe(403);
  });
});

describe('while Postgres is away', () => {
  it('an event is answered 503 with Retry-After within two seconds', async () => {
    const away = createDb('postgres://nobody@127.0.0.1:1/none', { applicationName: 'away', poolMax: 1 });
    const startedMs = Date.now();
    const answer = await post(
      '/webhooks/gaming/deposit',
      deposit(),
      source.key,
      createApp({ ...ingest.deps, db: away }),
    );
    expect(Date.now() - startedMs).toBeLessThan(2_000);
    expect(answer.status).toBe(503);
    expect(answer.headers['retry-after']).toBeDefined();
    expect(answer.body.code).toBe('unavailable');
    await away.destroy();
  });

  it.each([['api_keys'], ['inbox']])(
    'so is one that hangs on %s, and it is no duplicate trouble later',
    async (table) => {
      const body = deposit({ clickId: await newClick() });
      await db.transaction(async (trx) => {
        await trx.raw('LOCK TABLE ?? IN ACCESS EXCLUSIVE MODE', [table]);
        const startedMs = Date.now();
        expect((await post('/webhooks/gaming/deposit', body)).status).toBe(503);
        expect(Date.now() - startedMs).toBeLessThan(2_000);
      });
      const answer = await post('/webhooks/gaming/deposit', body);
      expect(answer.status).toBe(200);
      expect(['accepted', 'duplicate']).toContain(answer.body.status);
    },
  );
});
