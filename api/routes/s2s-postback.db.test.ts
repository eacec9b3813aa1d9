import request from 'supertest';
import { signWebhook } from '../../clients/standard-webhooks';
import { createDb, type Db } from '../../db/knex';
import { mintId } from '../../db/mint-id';
import { createWorkspace } from '../../db/seed-instance';
import { uuidFromId } from '../../domain/ids';
import { SECOND_MS } from '../../domain/time';
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

const report = (query: Record<string, string>, app = ingest.app) =>
  request(app).get('/postback').query(query);
const key = () => sender.source.key;

describe('GET /postback with a key', () => {
  it('takes a chain of the source’s events, and keeps what was sent without the key', async () => {
    const clickId = await sender.newClick();
    const reg = await report({ key: key(), subid: clickId, status: 'reg', player_id: 'S1', adv1: 'x' });
    expect([reg.status, reg.body]).toEqual([
      200,
      { status: 'accepted', eventId: 'registration S1', id: expect.stringMatching(/^evt_/) },
    ]);
    const ftd = { key: key(), clickid: clickId, et: 'ftd', player_id: 'S1', sum: '20', currency: 'EUR' };
    const deposit = await report({ ...ftd, tid: 'S1-T' });
    expect(await sender.factOf(deposit.body.id)).toMatchObject({
      kind: 'deposit',
      trust: 'keyed',
      status: 'confirmed',
      source_id: uuidFromId(sender.source.sourceId),
      amount_minor: 2000n,
      transaction_key: 'S1-T',
    });
    const raw = await db('event_raw').where('event_id', uuidFromId(reg.body.id)).first('body');
    expect(raw.body).toEqual({ subid: clickId, status: 'reg', player_id: 'S1', adv1: 'x' });
  });

  it('is the same event as the webhook’s', async () => {
    const body = sender.deposit({ clickId: await sender.newClick() });
    const first = await sender.post('/webhooks/deposit', body);
    const again = await report({
      ...{ key: key(), event: 'deposit', event_id: body.eventId, player_id: body.playerId },
      ...{ click_id: body.clickId, amount: body.amount, currency: 'EUR', time: body.occurredAt },
    });
    expect(again.body).toMatchObject({ status: 'duplicate', id: first.body.id });
  });

  it('is a duplicate fifty times at once', async () => {
    const query = { key: key(), cid: await sender.newClick(), event: 'lead', txid: 'fifty' };
    const answers = await Promise.all(
      Array.from({ length: 50 }, async () => {
        for (;;) {
          const answer = await report(query);
          if (answer.status !== 503) return answer;
        }
      }),
    );
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
    expect(answers.filter(({ body }) => body.status === 'accepted').length).toBeLessThanOrEqual(1);
    expect(await db('events').where('transaction_key', 'fifty')).toHaveLength(1);
  });

  it('answers as the sender wants it', async () => {
    const query = { key: key(), cid: await sender.newClick(), event: 'lead', return: 'OK' };
    const answer = await report(query);
    expect([answer.status, answer.text, answer.type]).toEqual([200, 'OK', 'text/plain']);
    const html = await report({ ...query, return: '<b>' });
    expect(html.type).toBe('application/json');
  });

  it('takes a form and JSON too, with the key in either place', async () => {
    const clickId = await sender.newClick();
    const form = await request(ingest.app)
      .post(`/postback?key=${key()}`)
      .type('form')
      .send({ click_id: clickId, event: 'lead', txid: 'form-1' });
    expect(form.body.status).toBe('accepted');
    const json = await sender.post('/postback', { clickId, type: 'sale', payout: 5, currency: 'EUR' });
    expect(json.body.status).toBe('accepted');
  });

  it('names an unknown click and player: quarantined', async () => {
    const answer = await report({ key: key(), cid: mintId('clk', Date.now()), event: 'lead' });
    expect([answer.status, answer.body.status]).toEqual([200, 'quarantined']);
  });

  it.each([
    ['a wrong key', { key: 'wrong' }, 401, 'unauthorized'],
    ['a placeholder', { cid: '{subid}' }, 400, 'unresolved_macro'],
    ['no event', { event: '' }, 400, 'invalid_request'],
    ['a deposit without an id', { event: 'dep', player_id: 'P' }, 400, 'invalid_request'],
  ])('with %s is refused, and nothing is stored', async (_what, given, status, code) => {
    const before = await sender.countReceipts();
    const answer = await report({ key: key(), cid: 'c', event: 'lead', ...given });
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(await sender.countReceipts()).toBe(before);
  });

  it('a key that may only read is refused, and one of no source may not stand in a URL', async () => {
    const made = await request(ingest.app)
      .post('/v1/api-keys')
      .set('authorization', `Bearer ${ingest.adminKey}`)
      .send({ name: 'reader', scopes: ['read'] });
    const query = { cid: 'c', event: 'lead' };
    const withHeader = await report(query).set('authorization', `Bearer ${made.body.key}`);
    expect(withHeader.status).toBe(403);
    expect((await report({ ...query, key: made.body.key })).status).toBe(401);
    expect((await report({ ...query, key: ingest.adminKey })).status).toBe(401);
    expect((await report(query).set('authorization', `Bearer ${ingest.adminKey}`)).status).toBe(200);
  });

  it('HEAD records nothing', async () => {
    const before = await sender.countReceipts();
    expect((await request(ingest.app).head('/postback').query({ cid: 'c', event: 'lead' })).status).toBe(405);
    expect(await sender.countReceipts()).toBe(before);
  });
});

describe('/postback with a signature', () => {
  function signed(body: object, query = '') {
    const text = JSON.stringify(body);
    const timestampSeconds = Math.floor(ingest.clock.nowMs() / SECOND_MS);
    const signature = signWebhook({
      ...{ secrets: [sender.source.secret], id: 'm1', timestampSeconds, body: text },
    });
    return request(ingest.app)
      .post(`/postback?source=${sender.source.sourceId}${query}`)
      .set('content-type', 'application/json')
      .set('webhook-id', 'm1')
      .set('webhook-timestamp', String(timestampSeconds))
      .set('webhook-signature', signature)
      .send(text);
  }

  it('counts what the body says and not what stands in the query', async () => {
    const click_id = await sender.newClick();
    const answer = await signed({ click_id, event: 'lead', txid: 'signed-1' }, '&txid=other&country=XX');
    expect(await sender.factOf(answer.body.id)).toMatchObject({
      trust: 'signed',
      transaction_key: 'signed-1',
      attributes: { unknownFields: 0 },
    });
    expect((await signed({}, `&click_id=${click_id}&event=lead`)).status).toBe(400);
  });

  it('never on a GET, whose query no signature covers', async () => {
    const timestampSeconds = Math.floor(ingest.clock.nowMs() / SECOND_MS);
    const secrets = [sender.source.secret];
    const answer = await request(ingest.app)
      .get(`/postback?source=${sender.source.sourceId}&event=lead&click_id=${await sender.newClick()}`)
      .set('webhook-id', 'm2')
      .set('webhook-timestamp', String(timestampSeconds))
      .set('webhook-signature', signWebhook({ secrets, id: 'm2', timestampSeconds, body: '' }));
    expect(answer.status).toBe(400);
  });
});

describe('/postback of a stranger', () => {
  it('is public: it informs about its click, and names no player', async () => {
    const click_id = await sender.newClick();
    const answer = await report({ click_id, event: 'reg', player_id: 'stolen', txid: 'T-pub' });
    expect(answer.body).toMatchObject({ status: 'accepted', eventId: 'T-pub' });
    expect(await sender.factOf(answer.body.id)).toMatchObject({
      trust: 'public',
      kind: 'registration',
      player_id: null,
    });
    expect(await db('players').where('external_id', 'stolen')).toEqual([]);
    // The real registration is not kept out by the stranger's.
    const body = sender.registration({ eventId: 'T-pub', clickId: click_id });
    expect((await sender.post('/webhooks/registration', body)).body.status).toBe('accepted');
  });

  it.each(['install', 'lead', 'registration'])(
    'many of the one %s of a click, in many words and at once: one event, the others duplicates of it',
    async (event) => {
      const click_id = await sender.newClick();
      const given = [
        { txid: 'T1' },
        { txid: 'T2', country: 'DE' },
        { event_id: 'E3', occurred_at: '2026-11-01T00:00:00Z' },
        { order_id: 'O4', payout: '5000', currency: 'EUR' },
        {},
      ];
      const answers = await Promise.all(given.map((more) => report({ click_id, event, ...more })));
      answers.push(await report({ click_id, event, txid: 'T9' }));
      answers.push(await request(ingest.app).get(`/px/${event}.gif`).query({ click_id, txid: 'T10' }));
      const statuses = answers.map(({ body }) => body.status as string | undefined);
      expect(statuses.filter((status) => status === 'accepted')).toHaveLength(1);
      expect(statuses.filter((status) => status === 'duplicate')).toHaveLength(5);
      expect(await db('events').where({ click_id: uuidFromId(click_id), kind: event })).toHaveLength(1);
      // Trying things out does not take its place, nor the other way round.
      expect((await report({ click_id, event, test: '1' })).body.status).toBe('accepted');
    },
  );

  it('a click may buy more than once', async () => {
    const given = { click_id: await sender.newClick(), event: 'sale', payout: '5', currency: 'EUR' };
    const answers = [
      await report({ ...given, txid: 'B1' }),
      await report({ ...given, txid: 'B2' }),
      await report({ ...given, txid: 'B1' }),
    ];
    expect(answers.map(({ body }) => body.status)).toEqual(['accepted', 'accepted', 'duplicate']);
  });

  it.each(['deposit', 'withdrawal', 'ngr', 'chargeback', 'self_exclusion'])(
    'a %s gets 401 and what is needed',
    async (event) => {
      const query = {
        event,
        click_id: await sender.newClick(),
        player_id: 'P',
        txid: 'T',
        period: '2026-10',
      };
      const answer = await report({ ...query, amount: '1', currency: 'EUR', deposit_event_id: 'D' });
      expect([answer.status, answer.body.code]).toEqual([401, 'unauthorized']);
      expect(answer.body.detail).toContain('key');
    },
  );

  it('a click that is not there waits in the only workspace, and with two of them goes nowhere', async () => {
    const click_id = mintId('clk', Date.now());
    expect((await report({ click_id, event: 'lead' })).body.status).toBe('quarantined');
    await createWorkspace(db, { name: 'second', nowMs: ingest.clock.nowMs() });
    const nowhere = await report({ click_id: mintId('clk', Date.now()), event: 'lead' });
    expect([nowhere.status, nowhere.body.errors]).toEqual([
      400,
      [expect.objectContaining({ path: 'click_id' })],
    ]);
    const named = { source: sender.source.sourceId, click_id: 'theirs', event: 'lead' };
    const answer = await report(named);
    expect(await sender.factOf(answer.body.id)).toMatchObject({
      trust: 'public',
      source_id: uuidFromId(sender.source.sourceId),
    });
    expect((await report({ ...named, source: 'src_none' })).status).toBe(400);
  });

  it('a bad Authorization is no stranger but a wrong key', async () => {
    const answer = await report({ click_id: await sender.newClick(), event: 'lead' }).set(
      'authorization',
      'Basic x',
    );
    expect(answer.status).toBe(401);
  });
});

it('while Postgres is away every sender is told to come again', async () => {
  const away = createDb('postgres://nobody@127.0.0.1:1/none', { applicationName: 'away', poolMax: 1 });
  const app = createApp({ ...ingest.deps, db: away });
  for (const given of [{ key: key() }, {}]) {
    const answer = await report({ cid: mintId('clk', Date.now()), event: 'lead', ...given }, app);
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '2']);
  }
  await away.destroy();
});
