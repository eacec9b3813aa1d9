import { pino } from 'pino';
import request from 'supertest';
import type { Db } from '../../db/knex';
import { uuidFromId } from '../../domain/ids';
import { createEventSender, type EventSender, type TestSource } from '../../testing/event-sender';
import { type IngestFixture, startIngest } from '../../testing/ingest-fixture';
import { createApp } from '../app';

let ingest: IngestFixture;
let sender: EventSender;
let db: Db;

beforeAll(async () => {
  // The test client connects from loopback, so it may speak for others as a proxy would.
  ingest = await startIngest({ poolMax: 20, env: { CLICKCHAIN_TRUSTED_PROXIES: '127.0.0.1,::1' } });
  db = ingest.testDb.db;
  sender = await createEventSender(ingest);
});
afterAll(() => ingest.stop());

const adjust = (query: Record<string, string>, key = sender.source.key) =>
  request(ingest.app).get(`/webhooks/adjust/${key}`).query(query);
const install = async (adid: string) => ({
  ...{ adid, activity_kind: 'install', created_at: String(Math.floor(ingest.clock.nowMs() / 1000)) },
  label: await sender.newClick(),
});

describe('callbacks of measurement partners', () => {
  it('Adjust: an install in the query is the source’s, kept as it came, and without the key', async () => {
    const query = await install('a1');
    const answer = await adjust(query);
    expect([answer.status, answer.body.status]).toEqual([200, 'accepted']);
    expect(await sender.factOf(answer.body.id)).toMatchObject({
      kind: 'install',
      trust: 'keyed',
      source_id: uuidFromId(sender.source.sourceId),
    });
    const raw = await db('event_raw').where('event_id', uuidFromId(answer.body.id)).first('body');
    expect(raw.body).toEqual(query);
  });

  it('AppsFlyer: an install and an in-app event in JSON', async () => {
    const send = (body: object) =>
      request(ingest.app).post(`/webhooks/appsflyer/${sender.source.key}`).send(body);
    const time = new Date(ingest.clock.nowMs()).toISOString().replace('T', ' ').replace('Z', '');
    const base = { appsflyer_id: 'f1', af_sub1: await sender.newClick(), customer_user_id: 'F1' };
    const first = await send({ ...base, event_name: 'install', install_time: time });
    const event_value = JSON.stringify({ af_revenue: 12.5, af_currency: 'EUR', transaction_id: 'F-T1' });
    const event = { ...base, event_name: 'ftd', event_time: time, event_value };
    const second = await send(event);
    expect([first.body.status, second.body.status]).toEqual(['accepted', 'accepted']);
    expect(await sender.factOf(second.body.id)).toMatchObject({
      kind: 'deposit',
      amount_minor: 1250n,
      transaction_key: 'F-T1',
    });
    expect((await send(event)).body).toMatchObject({ status: 'duplicate', id: second.body.id });
  });

  it('one callback fifty times at once is one install', async () => {
    const query = await install('fifty');
    const answers = await Promise.all(
      Array.from({ length: 50 }, async () => {
        for (;;) {
          const answer = await adjust(query);
          if (answer.status !== 503) return answer;
        }
      }),
    );
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
    expect(await db('events').where('click_id', uuidFromId(query.label))).toHaveLength(1);
  });

  it('what is nothing of ours is answered and counted, and leaves no receipt', async () => {
    const before = await sender.countReceipts();
    const answer = await adjust({ ...(await install('s1')), activity_kind: 'session' });
    expect([answer.status, answer.body]).toEqual([200, { status: 'ignored', reason: 'other_activity' }]);
    expect(await sender.countReceipts()).toBe(before);
    const { values } = await ingest.deps.metrics.events.get();
    expect(values.find(({ labels }) => labels.outcome === 'ignored')?.value).toBeGreaterThan(0);
  });

  it('a placeholder, an unknown key, and a key that is no source’s are refused', async () => {
    const query = await install('r1');
    expect((await adjust({ ...query, adid: '{adid}' })).body.code).toBe('unresolved_macro');
    expect((await adjust(query, 'ck_nobody')).status).toBe(401);
    const admin = await adjust(query, ingest.adminKey);
    expect([admin.status, admin.body.detail]).toEqual([401, expect.stringContaining('key of a source')]);
  });

  it('no log line holds the key', async () => {
    const lines: string[] = [];
    const logger = pino({ level: 'trace' }, { write: (line: string) => lines.push(line) });
    const app = createApp({ ...ingest.deps, logger });
    const { key } = sender.source;
    for (const path of [`/webhooks/adjust/${key}`, `/webhooks/adjust/${key}/more`, `/postback?key=${key}`]) {
      await request(app).get(path);
    }
    expect(lines.length).toBeGreaterThan(2);
    expect(lines.join('')).not.toContain(key);
  });
});

describe('the ipAllowList of a source', () => {
  let source: TestSource;
  const change = (body: object) =>
    request(ingest.app)
      .patch(`/v1/sources/${source.sourceId}`)
      .set('authorization', `Bearer ${ingest.adminKey}`)
      .send(body);

  beforeAll(async () => {
    source = await sender.createSource('listed');
  });

  it('is set when the source is made or changed, and shown', async () => {
    const made = await request(ingest.app)
      .post('/v1/sources')
      .set('authorization', `Bearer ${ingest.adminKey}`)
      .send({ name: 'born listed', kind: 'gaming', ipAllowList: ['198.51.100.7'] });
    expect(made.body.ipAllowList).toEqual(['198.51.100.7']);
    const ipAllowList = ['203.0.113.0/24', '2001:db8::/32'];
    expect((await change({ ipAllowList })).body).toMatchObject({ name: 'listed', ipAllowList });
    expect((await change({ name: 'renamed' })).body).toMatchObject({ name: 'renamed', ipAllowList });
  });

  it.each([['anything'], ['203.0.113.0/33'], ['10.1'], ['fe80::1%eth0'], ['203.0.113.1/'], ['']])(
    'does not take %j',
    async (entry) => {
      const answer = await change({ ipAllowList: [entry] });
      expect([answer.status, answer.body.errors]).toEqual([
        400,
        [expect.objectContaining({ path: 'ipAllowList.0' })],
      ]);
    },
  );

  it.each<[string, string | null, boolean]>([
    ['an address on it', '203.0.113.9', true],
    ['one in IPv6', '2001:db8::7', true],
    ['another address', '198.51.100.1', false],
    ['an address that the client claims for itself', '203.0.113.9, 198.51.100.1', false],
    ['no proxy at all', null, false],
  ])('decides for every use of the source: %s', async (_name, forwarded, isAllowed) => {
    const clickId = await sender.newClick();
    const from = (test: request.Test) => (forwarded === null ? test : test.set('x-forwarded-for', forwarded));
    const uses = [
      request(ingest.app).get(`/postback?key=${source.key}&cid=${clickId}&event=lead`),
      request(ingest.app).get(`/postback?source=${source.sourceId}&cid=${clickId}&event=sale`),
      adjust(await install(`l-${forwarded}`), source.key),
      sender.post('/webhooks/registration', sender.registration({ clickId }), source.key),
    ];
    for (const use of uses) {
      const answer = await from(use);
      expect([answer.status, answer.body.code]).toEqual(
        isAllowed ? [200, undefined] : [403, 'address_not_allowed'],
      );
    }
  });

  it('when emptied lets everybody in again', async () => {
    await change({ ipAllowList: [] });
    expect((await adjust(await install('again'), source.key)).status).toBe(200);
  });
});
