import request from 'supertest';
import { createApp } from '../../api/app';
import { createApiMetrics } from '../../api/metrics';
import { signWebhook } from '../../clients/standard-webhooks';
import { createDb } from '../../db/knex';
import { expireKeptData } from '../../db/stores/expiry-store';
import { MINUTE_MS, SECOND_MS } from '../../domain/time';
import { createEventSender, type EventSender, type TestSource } from '../event-sender';
import { type IngestFixture, startIngest } from '../ingest-fixture';

let ingest: IngestFixture;
let sender: EventSender;
let messages = 0;

beforeAll(async () => {
  ingest = await startIngest({ poolMax: 20 });
  sender = await createEventSender(ingest);
});
afterAll(() => ingest.stop());

type Message = {
  readonly body: string;
  readonly headers: Record<string, string>;
  readonly source: TestSource;
};

/** A message that somebody on the way may hear, and send wherever he likes. */
function signed(body: object, given: { id?: string; source?: TestSource } = {}): Message {
  messages += 1;
  const { id = `msg_${messages}`, source = sender.source } = given;
  const text = JSON.stringify(body);
  const timestampSeconds = Math.floor(ingest.clock.nowMs() / SECOND_MS);
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(timestampSeconds),
    'webhook-signature': signWebhook({ secrets: [source.secret], id, timestampSeconds, body: text }),
  };
  return { body: text, headers, source };
}

async function send(path: string, { body, headers, source }: Message, app = ingest.app) {
  const answer = await request(app)
    .post(`${path}?source=${source.sourceId}`)
    .set('content-type', 'application/json')
    .set(headers)
    .send(body);
  return `${answer.status} ${answer.body.code ?? answer.body.status}`;
}

const REUSED = '409 message_reused';
const [DEPOSIT, WITHDRAWAL, REGISTRATION, EXCLUSION, CHARGEBACK] = [
  ...['deposit', 'withdrawal', 'registration', 'self-exclusion', 'chargeback'],
].map((name) => `/webhooks/gaming/${name}`) as [string, string, string, string, string];

describe('a signed message that is sent to another path', () => {
  it.each<[string, string, string, () => object]>([
    ['a withdrawal as a deposit', WITHDRAWAL, DEPOSIT, () => sender.deposit({ amount: '50.00' })],
    ['a deposit as a withdrawal', DEPOSIT, WITHDRAWAL, () => sender.deposit()],
    ['a registration as a self-exclusion', REGISTRATION, EXCLUSION, () => sender.registration()],
    [
      'a tracked lead as a registration',
      '/conversions/track',
      REGISTRATION,
      () => sender.registration({ type: 'lead' }),
    ],
    [
      'a deposit as a server-to-server report',
      DEPOSIT,
      '/postback',
      () => sender.deposit({ event: 'withdrawal' }),
    ],
    [
      'a report with an unknown word as a deposit',
      '/postback',
      DEPOSIT,
      () => sender.deposit({ event: 'no-such-word' }),
    ],
  ])('%s is refused, and is still a duplicate of itself', async (_what, path, other, bodyOf) => {
    const message = signed({ ...bodyOf(), clickId: await sender.newClick() });
    expect(await send(path, message)).toMatch(/^200 (accepted|quarantined)$/);
    const before = await sender.countReceipts();
    expect(await send(other, message)).toBe(REUSED);
    expect(await sender.countReceipts()).toBe(before);
    expect(await send(path, message)).toBe('200 duplicate');
  });

  it('is refused by every process, and after a restart', async () => {
    const message = signed(sender.deposit());
    await send(WITHDRAWAL, message);
    const db = createDb(ingest.testDb.url, { applicationName: 'another process', poolMax: 2 });
    const app = createApp({ ...ingest.deps, db, metrics: createApiMetrics() });
    const answer = await send(DEPOSIT, message, app);
    await db.destroy();
    expect(answer).toBe(REUSED);
  });

  it('is taken once when it comes to both at once', async () => {
    for (let round = 0; round < 10; round += 1) {
      const message = signed(sender.deposit());
      const answers = await Promise.all([send(DEPOSIT, message), send(WITHDRAWAL, message)]);
      expect(answers.sort()).toEqual(['200 quarantined', REUSED]);
    }
  });

  it('is taken on one path only when it comes to two that report the same at once', async () => {
    for (let round = 0; round < 5; round += 1) {
      const message = signed({ ...sender.deposit(), type: 'deposit' });
      const both = ['/conversions/track', DEPOSIT, '/conversions/track', DEPOSIT];
      const answers = await Promise.all(
        both.map(async (path) => ({ path, said: await send(path, message) })),
      );
      const taking = new Set(answers.filter(({ said }) => said.startsWith('200')).map(({ path }) => path));
      expect(taking.size).toBe(1);
      expect(answers.filter(({ said }) => said === REUSED)).toHaveLength(2);
    }
  });

  it('is refused although the first path has refused it, too', async () => {
    const message = signed(sender.deposit());
    expect(await send(CHARGEBACK, message)).toBe('400 invalid_request');
    expect(await send(DEPOSIT, message)).toBe(REUSED);
    const contradicting = sender.deposit();
    await send(DEPOSIT, signed(contradicting));
    const conflict = signed({ ...contradicting, amount: '1.00' });
    expect(await send(DEPOSIT, conflict)).toBe('409 event_conflict');
    expect(await send(WITHDRAWAL, conflict)).toBe(REUSED);
  });

  it('is not recorded as anything by being refused', async () => {
    const message = signed(sender.deposit());
    await send(CHARGEBACK, message);
    await send(DEPOSIT, message);
    expect(await send(CHARGEBACK, message)).toBe('400 invalid_request');
  });
});

describe('the id of a message', () => {
  it('speaks for one kind of event on a path that takes several', async () => {
    const id = 'msg_kind';
    const report = (type: string) => signed(sender.registration({ type }), { id });
    expect(await send('/conversions/track', report('lead'))).toBe('200 quarantined');
    expect(await send('/conversions/track', report('registration'))).toBe(REUSED);
  });

  it('belongs to its source, and is of any length', async () => {
    const id = 'x'.repeat(8_000);
    const another = await sender.createSource('another casino');
    expect(await send(WITHDRAWAL, signed(sender.deposit(), { id }))).toBe('200 quarantined');
    expect(await send(DEPOSIT, signed(sender.deposit(), { id, source: another }))).toBe('200 quarantined');
    expect(await send(DEPOSIT, signed(sender.deposit(), { id }))).toBe(REUSED);
  });

  it('may be used again when no signature of before can be sent any more', async () => {
    const startedMs = ingest.clock.nowMs();
    const id = 'msg_again';
    await send(WITHDRAWAL, signed(sender.deposit(), { id }));
    ingest.clock.set(startedMs + 10 * MINUTE_MS - 1);
    expect(await send(DEPOSIT, signed(sender.deposit(), { id }))).toBe(REUSED);
    ingest.clock.set(startedMs + 10 * MINUTE_MS);
    expect(await send(DEPOSIT, signed(sender.deposit(), { id }))).toBe('200 quarantined');
    expect(await send(WITHDRAWAL, signed(sender.deposit(), { id }))).toBe(REUSED);
    await expireKeptData(ingest.testDb.db, ingest.clock.nowMs() + 10 * MINUTE_MS + 1);
    expect(await ingest.testDb.db('signed_messages')).toEqual([]);
    ingest.clock.set(startedMs);
  });
});

describe('a message that its sender has bound to a path', () => {
  it('is taken there, and nowhere else, also when it comes there first', async () => {
    const heard = signed(sender.deposit(), { id: `msg_bound@${WITHDRAWAL}` });
    expect(await send(DEPOSIT, heard)).toBe('401 bad_signature');
    expect(await send(WITHDRAWAL, heard)).toBe('200 quarantined');
    const stripped = { ...heard, headers: { ...heard.headers, 'webhook-id': 'msg_bound' } };
    expect(await send(DEPOSIT, stripped)).toBe('401 bad_signature');
  });
});
