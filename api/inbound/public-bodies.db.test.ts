import request from 'supertest';
import { parseId, uuidFromId } from '../../domain/ids';
import { createEventSender, type EventSender } from '../../testing/event-sender';
import { type IngestFixture, startIngest } from '../../testing/ingest-fixture';

let ingest: IngestFixture;
let sender: EventSender;

beforeAll(async () => {
  ingest = await startIngest();
  sender = await createEventSender(ingest);
});
afterAll(() => ingest.stop());
afterEach(() => jest.restoreAllMocks());

const JSON_TYPE = 'application/json';
const FORM = 'application/x-www-form-urlencoded';

function post(body: string, type = JSON_TYPE, headers: Record<string, string> = {}) {
  return request(ingest.app).post('/postback').set('content-type', type).set(headers).send(body);
}

/** Texts of the request that were parsed while it was answered. */
async function parsedBy(body: string, sent: request.Test): Promise<{ status: number; parsed: number }> {
  const parse = jest.spyOn(JSON, 'parse');
  const { status } = await sent;
  return { status, parsed: parse.mock.calls.filter(([text]) => text === body).length };
}

describe('a body without a key', () => {
  const sized = (bytes: number) => {
    const start = '{"event":"lead","click_id":"nobody","x":"';
    return `${start}${'x'.repeat(bytes - start.length - 2)}"}`;
  };

  it('has sixteen kilobytes, and is not looked at beyond', async () => {
    const within = sized(16_384);
    expect(await parsedBy(within, post(within))).toMatchObject({ parsed: 1 });
    const beyond = sized(16_385);
    const before = await sender.countReceipts();
    expect(await parsedBy(beyond, post(beyond))).toEqual({ status: 413, parsed: 0 });
    expect((await post(beyond)).body).toMatchObject({
      code: 'body_too_large',
      detail: expect.stringContaining('16 kB'),
    });
    expect((await post(`event=lead&x=${'x'.repeat(20_000)}`, FORM)).status).toBe(413);
    expect(await sender.countReceipts()).toBe(before);
  });

  it('has a megabyte with a key, and two hundred parameters without', async () => {
    const body = JSON.stringify({
      ...sender.registration({ event: 'lead', clickId: await sender.newClick() }),
      ...Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`f${n}`, 'x'.repeat(1_000)])),
    });
    const keyed = await post(body, JSON_TYPE, { authorization: `Bearer ${sender.source.key}` });
    expect(keyed.body.status).toBe('accepted');
    const many = JSON.stringify({
      event: 'lead',
      click_id: 'nobody',
      ...Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`f${n}`, 1])),
    });
    const refused = await post(many);
    expect([refused.status, refused.body.errors]).toEqual([
      400,
      [{ path: 'body', message: 'has more than 200 parameters' }],
    ]);
  });

  it.each([
    ['a key that is none', '/postback?key=nonsense'],
    ['a key that is none, for an event', '/webhooks/gaming/deposit'],
    ['a key that is none, for a callback', '/webhooks/adjust/nonsense'],
    ['a key that is none, for set-up', '/v1/offers'],
  ])('is not parsed for %s', async (_name, path) => {
    const body = JSON.stringify({ x: 'x'.repeat(100_000) });
    const sent = request(ingest.app)
      .post(path)
      .set('content-type', JSON_TYPE)
      .set('authorization', 'Bearer nonsense')
      .send(body);
    expect(await parsedBy(body, sent)).toEqual({ status: 401, parsed: 0 });
  });
});

describe('what is kept of a public report', () => {
  async function keptOf(parameters: Readonly<Record<string, string>>): Promise<Record<string, string>> {
    const answer = await post(JSON.stringify(parameters));
    expect(answer.status).toBe(200);
    const eventId = parseId('evt', answer.body.id);
    const table = answer.body.reason === 'unmapped_status' ? 'unmapped_report_raw' : 'event_raw';
    const key = table === 'event_raw' ? 'event_id' : 'report_id';
    const row = await ingest.testDb
      .db(table)
      .where(key, eventId && uuidFromId(eventId))
      .first();
    return row.body;
  }
  const long = { note: 'n'.repeat(9_000), aff_sub9: 'x', payout: '1.00', currency: 'EUR' };

  it.each(['lead', 'no-such-word'])('is all of a short one, of %s', async (event) => {
    const parameters = { event, click_id: await sender.newClick(), tid: `short-${event}`, promo: 'SPRING' };
    expect(await keptOf(parameters)).toEqual(parameters);
  });

  it.each(['lead', 'no-such-word'])('is what we know of a long one, of %s', async (event) => {
    const known = { event, click_id: await sender.newClick(), tid: `long-${event}` };
    const kept = await keptOf({ ...known, ...long });
    expect(kept).toEqual({ ...known, payout: '1.00', currency: 'EUR' });
  });

  it('is cut, value by value', async () => {
    const names = ['amount', 'sum', 'revenue', 'sale_amount', 'price', 'value', 'order_id', 'action_id'];
    const kept = await keptOf({
      event: 'lead',
      click_id: await sender.newClick(),
      tid: 'cut',
      payout: '1.00',
      currency: 'EUR',
      ...Object.fromEntries(
        names.filter((name) => name !== 'amount').map((name) => [name, '1'.repeat(1_800)]),
      ),
      amount: '1.00',
    });
    expect(JSON.stringify(kept).length).toBeLessThan(4_096);
  });

  it('is everything of a sender who is known', async () => {
    const parameters = { event: 'lead', click_id: await sender.newClick(), tid: 'keyed', ...long };
    const answer = await post(JSON.stringify(parameters), JSON_TYPE, {
      authorization: `Bearer ${sender.source.key}`,
    });
    const eventId = parseId('evt', answer.body.id);
    const row = await ingest.testDb
      .db('event_raw')
      .where('event_id', eventId && uuidFromId(eventId))
      .first();
    expect(row.body).toEqual(parameters);
  });
});
