import request from 'supertest';
import { createDb, type Db } from '../../db/knex';
import { mintId } from '../../db/mint-id';
import { uuidFromId } from '../../domain/ids';
import { MINUTE_MS, SECOND_MS, toIso } from '../../domain/time';
import { createEventSender, type EventSender } from '../../testing/event-sender';
import { type IngestFixture, startIngest } from '../../testing/ingest-fixture';
import { createApp } from '../app';

let ingest: IngestFixture;
let sender: EventSender;
let db: Db;

beforeAll(async () => {
  ingest = await startIngest({ poolMax: 20 });
  db = ingest.testDb.db;
  sender = await createEventSender(ingest);
});
afterAll(() => ingest.stop());

describe('a reported event', () => {
  it.each(['/webhooks/gaming/registration', '/webhooks/registration'])('is accepted at %s', async (path) => {
    const body = sender.registration({ clickId: await sender.newClick() });
    const answer = await sender.post(path, body);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      status: 'accepted',
      eventId: body.eventId,
      id: expect.stringMatching(/^evt_[0-9a-z]{26}$/),
    });
    expect(await sender.factOf(answer.body.id)).toMatchObject({
      kind: 'registration',
      trust: 'keyed',
      source_id: uuidFromId(sender.source.sourceId),
      sender_event_id: body.eventId,
    });
  });

  it('is accepted in each status of its transaction, and charged back', async () => {
    const clickId = await sender.newClick();
    const first = sender.deposit({ clickId, transactionId: 'T-chain', status: 'pending' });
    for (const path of ['/webhooks/gaming/deposit', '/webhooks/deposit']) {
      const status = path.includes('gaming') ? 'Pending' : 'CONFIRMED';
      const answer = await sender.post(path, { ...first, eventId: `${first.eventId}-${status}`, status });
      expect(answer.body.status).toBe('accepted');
    }
    const chargeback = await sender.post('/webhooks/gaming/chargeback', {
      eventId: `${first.eventId}-cb`,
      playerId: first.playerId,
      depositEventId: 'T-chain',
      amount: '49.90',
      currency: 'EUR',
      occurredAt: first.occurredAt,
    });
    expect(chargeback.body.status).toBe('accepted');
    expect(await sender.factOf(chargeback.body.id)).toMatchObject({
      kind: 'chargeback',
      refers_to: 'T-chain',
    });
  });

  it('is accepted in snake_case', async () => {
    const answer = await sender.post('/webhooks/gaming/deposit', {
      event_id: 'snake-1',
      transaction_id: 'snake-T',
      player_id: 'snake-P',
      click_id: await sender.newClick(),
      occurred_at: toIso(ingest.clock.nowMs()),
      amount: 49.9,
      currency: 'EUR',
      kyc_status: 'passed',
      bonus: 'unknown to us',
    });
    expect(answer.body).toMatchObject({ status: 'accepted', eventId: 'snake-1' });
    const fact = await sender.factOf(answer.body.id);
    expect(fact).toMatchObject({ amount_minor: 4990n, transaction_key: 'snake-T' });
    expect(fact.attributes).toEqual({ kycStatus: 'passed', unknownFields: 1 });
  });

  it('keeps personal data out of the facts', async () => {
    const answer = await sender.post(
      '/webhooks/gaming/registration',
      sender.registration({ clickId: await sender.newClick(), ip: '203.0.113.9', userAgent: 'Secret/1.0' }),
    );
    expect(JSON.stringify(await sender.factOf(answer.body.id), (_key, value) => String(value))).not.toMatch(
      /203\.0\.113|Secret/,
    );
    const raw = await db('event_raw').where('event_id', uuidFromId(answer.body.id)).first();
    expect(raw).toMatchObject({ ip: '203.0.113.9', user_agent: 'Secret/1.0' });
  });

  it('is quarantined while its click and player are unknown', async () => {
    const answer = await sender.post(
      '/webhooks/gaming/deposit',
      sender.deposit({ clickId: mintId('clk', Date.now()) }),
    );
    expect(answer.status).toBe(200);
    expect(answer.body.status).toBe('quarantined');
  });

  it('is quarantined when it is dated ahead of our clock', async () => {
    const occurredAt = toIso(ingest.clock.nowMs() + 6 * MINUTE_MS);
    const answer = await sender.post(
      '/webhooks/gaming/registration',
      sender.registration({ clickId: await sender.newClick(), occurredAt }),
    );
    expect(answer.body.status).toBe('quarantined');
  });

  it('is a duplicate when it comes again: at once, fifty at a time, and after a restart', async () => {
    const body = sender.deposit({ clickId: await sender.newClick() });
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => sender.post('/webhooks/gaming/deposit', body)),
    );
    const ids = new Set(answers.map((answer) => answer.body.id));
    expect(ids.size).toBe(1);
    expect(answers.filter((answer) => answer.body.status === 'accepted')).toHaveLength(1);
    expect(answers.filter((answer) => answer.body.status === 'duplicate')).toHaveLength(49);
    const again = await sender.post('/webhooks/gaming/deposit', body);
    const restartedDb = createDb(ingest.testDb.url, { applicationName: 'restarted', poolMax: 2 });
    const restarted = createApp({ ...ingest.deps, db: restartedDb });
    const later = await sender.post('/webhooks/gaming/deposit', body, sender.source.key, restarted);
    await restartedDb.destroy();
    for (const answer of [again, later]) {
      expect(answer.body).toEqual({ status: 'duplicate', eventId: body.eventId, id: [...ids][0] });
    }
  });

  it('is a conflict when the same key comes with another body, and the first stands', async () => {
    const body = sender.deposit({ clickId: await sender.newClick() });
    const first = await sender.post('/webhooks/gaming/deposit', body);
    const other = await sender.post('/webhooks/gaming/deposit', { ...body, amount: '50.00' });
    expect(other.status).toBe(409);
    expect(other.body).toMatchObject({ code: 'event_conflict', status: 409 });
    expect(await sender.factOf(first.body.id)).toMatchObject({ amount_minor: 4990n });
  });

  it('is a conflict when a later status names another player', async () => {
    const body = sender.deposit({
      clickId: await sender.newClick(),
      transactionId: 'T-two',
      status: 'pending',
    });
    await sender.post('/webhooks/gaming/deposit', body);
    const other = await sender.post('/webhooks/gaming/deposit', {
      ...body,
      playerId: 'somebody-else',
      status: 'confirmed',
    });
    expect(other.status).toBe(409);
    expect(other.body.errors).toMatchObject([{ path: 'playerId' }]);
  });

  it('belongs to the brand of its source: two brands may use the same ids', async () => {
    const second = await sender.createSource('second casino', 'second brand');
    const body = sender.registration({ clickId: await sender.newClick() });
    const a = await sender.post('/webhooks/gaming/registration', body);
    const b = await sender.post('/webhooks/gaming/registration', body, second.key);
    expect([a.body.status, b.body.status]).toEqual(['accepted', 'accepted']);
    expect(a.body.id).not.toBe(b.body.id);
  });

  it('comes from the built-in source when the key is bound to none', async () => {
    const answer = await sender.post(
      '/webhooks/gaming/registration',
      sender.registration({ clickId: await sender.newClick() }),
      ingest.adminKey,
    );
    const fact = await sender.factOf(answer.body.id);
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
    const body = { eventId: `track-${type}`, type, clickId: await sender.newClick(), ...fields };
    const answer = await sender.post('/conversions/track', body);
    expect(answer.body).toMatchObject({ status: 'accepted', eventId: body.eventId });
    expect(await sender.factOf(answer.body.id)).toMatchObject({
      kind: type === 'signup' ? 'registration' : type,
      occurred_at_source: 'receipt',
      occurred_at: new Date(ingest.clock.nowMs()),
    });
    ingest.clock.set(ingest.clock.nowMs() + SECOND_MS);
    expect((await sender.post('/conversions/track', body)).body).toMatchObject({
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
    ['an unknown currency', '{"currency":"ZZZ"}', 400, 'invalid_request', 'currency'],
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
    const before = await sender.countReceipts();
    const isPart = given.startsWith('{') && given.endsWith('}');
    const rest = JSON.stringify(sender.deposit());
    const own = new Set(isPart && path !== '__proto__' ? Object.keys(JSON.parse(given)) : []);
    const kept = Object.entries(JSON.parse(rest)).filter(([name]) => !own.has(name));
    const body = isPart
      ? `${given.slice(0, -1)},${JSON.stringify(Object.fromEntries(kept)).slice(1)}`
      : given;
    const answer = await sender.post('/webhooks/gaming/deposit', body);
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.body).toMatchObject({ code, requestId: expect.any(String) });
    const paths: string[] = (answer.body.errors ?? []).map((error: { path: string }) => error.path);
    expect(path === null || paths.includes(path)).toBe(true);
    expect(await sender.countReceipts()).toBe(before);
  });

  it('bytes that are no UTF-8 are refused', async () => {
    const bytes = Buffer.concat([Buffer.from('{"playerId":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]);
    const answer = await request(ingest.app)
      .post('/webhooks/gaming/deposit')
      .set('authorization', `Bearer ${sender.source.key}`)
      .set('content-type', 'application/json')
      .serialize((value: unknown) => value as string)
      .send(bytes);
    expect(answer.status).toBe(400);
    expect(answer.body.code).toBe('malformed_json');
  });

  it('another media type is refused', async () => {
    const answer = await request(ingest.app)
      .post('/webhooks/gaming/deposit')
      .set('authorization', `Bearer ${sender.source.key}`)
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

describe('while Postgres is away', () => {
  it('an event is answered 503 with Retry-After within two seconds', async () => {
    const away = createDb('postgres://nobody@127.0.0.1:1/none', { applicationName: 'away', poolMax: 1 });
    const startedMs = Date.now();
    const answer = await sender.post(
      '/webhooks/gaming/deposit',
      sender.deposit(),
      sender.source.key,
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
      const body = sender.deposit({ clickId: await sender.newClick() });
      await db.transaction(async (trx) => {
        await trx.raw('LOCK TABLE ?? IN ACCESS EXCLUSIVE MODE', [table]);
        const startedMs = Date.now();
        expect((await sender.post('/webhooks/gaming/deposit', body)).status).toBe(503);
        expect(Date.now() - startedMs).toBeLessThan(2_000);
      });
      const answer = await sender.post('/webhooks/gaming/deposit', body);
      expect(answer.status).toBe(200);
      expect(['accepted', 'duplicate']).toContain(answer.body.status);
    },
  );
});
