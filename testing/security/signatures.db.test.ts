import { createHmac } from 'node:crypto';
import type { RequestListener } from 'node:http';
import request from 'supertest';
import { createApp } from '../../api/app';
import { createApiMetrics } from '../../api/metrics';
import { signWebhook } from '../../clients/standard-webhooks';
import { createDb } from '../../db/knex';
import { mintId } from '../../db/mint-id';
import { createWorkspace } from '../../db/seed-instance';
import { idFromUuid } from '../../domain/ids';
import { MINUTE_MS, SECOND_MS } from '../../domain/time';
import { createEventSender, type EventSender, type TestSource } from '../event-sender';
import { type IngestFixture, startIngest } from '../ingest-fixture';

let ingest: IngestFixture;
let sender: EventSender;
let other: TestSource;
let foreign: TestSource;

beforeAll(async () => {
  ingest = await startIngest();
  sender = await createEventSender(ingest);
  other = await sender.createSource('another casino');
  const stranger = await createWorkspace(ingest.testDb.db, { name: 'stranger', nowMs: Date.now() });
  const created = await request(ingest.app)
    .post('/v1/sources')
    .set('authorization', `Bearer ${stranger.adminKey}`)
    .send({ name: 'theirs', kind: 'gaming' });
  foreign = created.body;
});
afterAll(() => ingest.stop());

type Headers = Readonly<Record<string, string | string[]>>;
type Sent = { readonly body: string; readonly headers: Headers; readonly source: string };

/** A deposit of the source's, signed now. */
async function signedDeposit(secrets: readonly string[] = [sender.source.secret]): Promise<Sent> {
  const body = JSON.stringify(sender.deposit({ clickId: await sender.newClick() }));
  return { body, headers: signed(body, secrets), source: sender.source.sourceId };
}

function signed(
  body: string,
  secrets: readonly string[],
  given: { id?: string; atMs?: number } = {},
): Headers {
  const timestampSeconds = Math.floor((given.atMs ?? ingest.clock.nowMs()) / SECOND_MS);
  const id = given.id ?? 'msg_1';
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestampSeconds),
    'webhook-signature': signWebhook({ secrets, id, timestampSeconds, body }),
  };
}

function send({ body, headers, source }: Sent, app: RequestListener = ingest.app): request.Test {
  const sent = request(app)
    .post(`/webhooks/gaming/deposit?source=${source}`)
    .set('content-type', 'application/json');
  // An array is sent as that many headers of one name.
  for (const [name, value] of Object.entries(headers)) sent.set(name, value as string);
  return sent.send(body);
}

async function expectRefused(sent: Sent, code = 'bad_signature'): Promise<void> {
  const before = await sender.countReceipts();
  const answer = await send(sent);
  expect([answer.status, answer.body.code]).toEqual([401, code]);
  expect(await sender.countReceipts()).toBe(before);
}

describe('a signed request that is sent again', () => {
  it('at once, many times: one receipt, and every answer names it', async () => {
    const sent = await signedDeposit();
    const first = await send(sent);
    const before = await sender.countReceipts();
    const answers = await Promise.all(Array.from({ length: 10 }, () => send(sent)));
    expect(first.body.status).toBe('accepted');
    expect(new Set(answers.map(({ body }) => `${body.status} ${body.id}`))).toEqual(
      new Set([`duplicate ${first.body.id}`]),
    );
    expect(await sender.countReceipts()).toBe(before);
  });

  it('six minutes later: stale, also when its time is written anew', async () => {
    const sent = await signedDeposit();
    await send(sent).expect(200);
    const startedMs = ingest.clock.nowMs();
    ingest.clock.set(startedMs + 6 * MINUTE_MS);
    await expectRefused(sent, 'stale_signature');
    const moved = String(Math.floor(ingest.clock.nowMs() / SECOND_MS));
    await expectRefused({ ...sent, headers: { ...sent.headers, 'webhook-timestamp': moved } });
    ingest.clock.set(startedMs);
  });

  it('after a restart: what was taken is remembered by the database', async () => {
    const sent = await signedDeposit();
    const first = await send(sent);
    const before = await sender.countReceipts();
    const db = createDb(ingest.testDb.url, { applicationName: 'restarted', poolMax: 2 });
    const again = await send(sent, createApp({ ...ingest.deps, db, metrics: createApiMetrics() }));
    await db.destroy();
    expect(again.body).toMatchObject({ status: 'duplicate', id: first.body.id });
    expect(await sender.countReceipts()).toBe(before);
  });

  it('under another name of the message, signed by who may: still the same transaction', async () => {
    const sent = await signedDeposit();
    const first = await send(sent);
    const renamed = { ...sent, headers: signed(sent.body, [sender.source.secret], { id: 'msg_2' }) };
    expect((await send(renamed)).body).toMatchObject({ status: 'duplicate', id: first.body.id });
  });
});

describe('a forged request', () => {
  it('signed by another source of the workspace, or of somebody else', async () => {
    const sent = await signedDeposit();
    for (const { secret } of [other, foreign]) {
      await expectRefused({ ...sent, headers: signed(sent.body, [secret]) });
    }
    // A good signature speaks for its own source and for no other.
    await expectRefused({ ...sent, source: other.sourceId });
    await expectRefused({ ...sent, source: foreign.sourceId });
  });

  it.each<[string, (body: string) => string]>([
    ['written anew with blanks', (body) => JSON.stringify(JSON.parse(body), null, 1)],
    [
      'with its fields in another order',
      (body) => JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(body)).reverse())),
    ],
    ['with a blank behind it', (body) => `${body} `],
    ['with another amount', (body) => body.replace('49.90', '94.90')],
    ['with its letters escaped', (body) => body.replace('"playerId"', '"\\u0070layerId"')],
    ['empty', () => ''],
  ])('%s', async (_name, change) => {
    const sent = await signedDeposit();
    await expectRefused({ ...sent, body: change(sent.body) });
  });

  it('with a field given twice: refused unread, and for what it is when it is signed', async () => {
    const sent = await signedDeposit();
    const body = sent.body.replace(/}$/, ',"amount":"9999.00"}');
    const before = await sender.countReceipts();
    await expectRefused({ ...sent, body });
    expect((await send({ ...sent, body, headers: signed(body, [sender.source.secret]) })).status).toBe(400);
    expect(await sender.countReceipts()).toBe(before);
  });

  it.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'])(
    'without %s, or with two',
    async (name) => {
      const sent = await signedDeposit();
      const { [name]: value, ...rest } = sent.headers;
      await expectRefused({ ...sent, headers: rest });
      await expectRefused({ ...sent, headers: { ...rest, [name]: '' } });
      // The same good signature twice is still a good one; an id and a time are one each.
      if (name === 'webhook-signature') return;
      await expectRefused({ ...sent, headers: { ...rest, [name]: [String(value), String(value)] } });
      await expectRefused({ ...sent, headers: { ...rest, [name]: [String(value), 'evil'] } });
    },
  );

  it.each([
    ...['msg.1', '.', 'msg_1.', 'a.1700000000.{}'].map((id) => ['webhook-id', id] as const),
    ...['0', '-1', '1e9', '1700000000.5', '0x65', ' 1700000000 ', '99999999999999', 'NaN', '１７'].map(
      (time) => ['webhook-timestamp', encodeURIComponent(time)] as const,
    ),
  ])('%s: %s', async (name, value) => {
    const sent = await signedDeposit();
    const answer = await send({ ...sent, headers: { ...sent.headers, [name]: value } });
    expect(answer.status).toBe(401);
  });
});

describe('a signature in another form', () => {
  const of = (headers: Headers): string => String(headers['webhook-signature']).slice('v1,'.length);
  const sha = (algorithm: string, { body, headers }: Sent): string => {
    const key = Buffer.from(sender.source.secret.slice('whsec_'.length), 'base64');
    const text = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
    return createHmac(algorithm, key).update(text).digest('base64');
  };

  it.each<[string, (sent: Sent) => string]>([
    ['no version', ({ headers }) => of(headers)],
    ['another version', ({ headers }) => `v2,${of(headers)}`],
    ['the version of another algorithm', ({ headers }) => `v1a,${of(headers)}`],
    ['the version in capitals', ({ headers }) => `V1,${of(headers)}`],
    ['the version after an empty one', ({ headers }) => `,v1,${of(headers)}`],
    ['the name of the algorithm', ({ headers }) => `sha256=${of(headers)}`],
    ['no algorithm', () => 'none,'],
    ['a weaker algorithm', (sent) => `v1,${sha('sha1', sent)}`],
    ['the weakest algorithm', (sent) => `v1,${sha('md5', sent)}`],
    ['a longer digest', (sent) => `v1,${sha('sha512', sent)}`],
    ['nothing behind the version', () => 'v1,'],
    ['one byte', () => 'v1,AA=='],
    [
      'a byte less',
      ({ headers }) => `v1,${Buffer.from(of(headers), 'base64').subarray(1).toString('base64')}`,
    ],
    [
      'a byte more',
      ({ headers }) =>
        `v1,${Buffer.concat([Buffer.from(of(headers), 'base64'), Buffer.alloc(1)]).toString('base64')}`,
    ],
    ['hexadecimal', ({ headers }) => `v1,${Buffer.from(of(headers), 'base64').toString('hex')}`],
    ['no padding', ({ headers }) => `v1,${of(headers).replace(/=+$/, '')}`],
    ['a comma for the blank between two', ({ headers }) => `v1,AAAA,v1,${of(headers)}`],
    ['a flood before it', ({ headers }) => `${'v1,AAAA '.repeat(500)}v1,${of(headers)}`],
    ['a wall of text', () => `v1,${'A'.repeat(8_000)}`],
  ])('%s', async (_name, signatureOf) => {
    const sent = await signedDeposit();
    await expectRefused({ ...sent, headers: { ...sent.headers, 'webhook-signature': signatureOf(sent) } });
  });
});

describe('whether there is a source', () => {
  const parsed = jest.spyOn(JSON, 'parse');
  afterAll(() => parsed.mockRestore());

  it.each<
    [string, (sent: Sent) => { readonly headers?: Headers; readonly body?: string; readonly type?: string }]
  >([
    ['a wrong signature', () => ({})],
    ['an old signature', ({ body }) => ({ headers: signed(body, [other.secret], { atMs: 0 }) })],
    ['a time that is none', ({ headers }) => ({ headers: { ...headers, 'webhook-timestamp': 'soon' } })],
    ['no signature', ({ headers }) => ({ headers: { ...headers, 'webhook-signature': '' } })],
    ['no JSON', () => ({ body: '{"a":' })],
    ['another media type', () => ({ type: 'text/plain' })],
    ['a large body', () => ({ body: `{"a":"${'x'.repeat(1_000_000)}"}` })],
    ['a body that is too large', () => ({ body: 'x'.repeat(1_100_000) })],
  ])('is not told to who sends %s, and his body is not parsed', async (_name, change) => {
    const sent = await signedDeposit([other.secret]);
    const { headers = sent.headers, body = sent.body, type = 'application/json' } = change(sent);
    const sources = [sender.source.sourceId, mintId('src', Date.now()), 'casino', await builtInSource()];
    const answers: unknown[] = [];
    for (const source of sources) {
      const answer = await send({ body, headers, source }).set('content-type', type);
      const { requestId: _requestId, ...said } = answer.body;
      answers.push(said);
    }
    expect(answers).toEqual(sources.map(() => answers[0]));
    expect(parsed.mock.calls.filter(([text]) => text === body)).toEqual([]);
  });

  async function builtInSource(): Promise<string> {
    const row = await ingest.testDb.db('sources').where('kind', 'api').first();
    return idFromUuid('src', row.source_id);
  }
});

describe('a rotation of the secret', () => {
  it('is passed by signing with both, and ends with the one', async () => {
    const retired = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
    expect((await send(await signedDeposit([retired, sender.source.secret]))).body.status).toBe('accepted');
    await expectRefused(await signedDeposit([retired]));
  });
});

describe('a key beside a signature', () => {
  it('does not excuse the signature', async () => {
    const sent = await signedDeposit([other.secret]);
    const headers = { ...sent.headers, authorization: `Bearer ${sender.source.key}` };
    await expectRefused({ ...sent, headers });
  });
});
