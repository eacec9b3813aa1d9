import type { Db } from '../../db/knex';
import { MINUTE_MS, toIso } from '../../domain/time';
import { createEventSender, type EventSender } from '../../testing/event-sender';
import { type IngestFixture, startIngest } from '../../testing/ingest-fixture';

let ingest: IngestFixture;
let sender: EventSender;
let db: Db;

beforeAll(async () => {
  ingest = await startIngest({ poolMax: 20 });
  db = ingest.testDb.db;
  sender = await createEventSender(ingest);
});
afterAll(() => ingest.stop());

/** A player that an event has tied to a click, so that what follows is accepted. */
async function linkedPlayer(): Promise<{ playerId: string; occurredAt: string }> {
  const { playerId, ...registration } = sender.registration({ clickId: await sender.newClick() });
  await sender.post('/webhooks/registration', { playerId, ...registration });
  return { playerId, occurredAt: registration.occurredAt };
}

/** As a sender does: again for as long as a busy machine answers 503. */
async function untilTaken(path: string, body: object) {
  for (;;) {
    const answer = await sender.post(path, body);
    if (answer.status !== 503) return answer;
  }
}

const BODIES = [
  ['withdrawal', { amount: '10.00', currency: 'EUR' }],
  ['ngr', { amount: '-3.50', currency: 'EUR', period: '2026-11' }],
  ['self-exclusion', { until: '2027-06-01T00:00:00Z' }],
] as const;

describe.each(BODIES)('/webhooks/gaming/%s', (name, fields) => {
  it('is accepted once, under both paths, and fifty at a time', async () => {
    const body = { eventId: `E-${name}`, ...(await linkedPlayer()), ...fields };
    const paths = [`/webhooks/gaming/${name}`, `/webhooks/${name}`];
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => untilTaken(paths[index % 2] ?? '', body)),
    );
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]));
    expect(answers.filter((answer) => answer.body.status === 'accepted').length).toBeLessThanOrEqual(1);
    const receipts = await db('inbox').where('event_key', 'like', `%:E-${name}%`);
    expect(receipts).toHaveLength(1);
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
    expect(await sender.factOf(answers[0]?.body.id)).toMatchObject({ kind: name.replace('-', '_') });
  });

  it('is quarantined for a player nobody knows', async () => {
    const { playerId, occurredAt } = sender.registration();
    const body = { eventId: `Q-${name}`, playerId, occurredAt, ...fields };
    expect((await sender.post(`/webhooks/${name}`, body)).body.status).toBe('quarantined');
  });

  it('is a conflict with another content', async () => {
    const body = { eventId: `C-${name}`, ...(await linkedPlayer()), ...fields };
    await sender.post(`/webhooks/${name}`, body);
    const changed = name === 'self-exclusion' ? { until: null } : { amount: '9.99' };
    const answer = await sender.post(`/webhooks/${name}`, { ...body, ...changed });
    expect([answer.status, answer.body.code]).toEqual([409, 'event_conflict']);
  });

  it('is taken by /conversions/track too', async () => {
    const type = name.replace('-', '_');
    const body = { eventId: `T-${name}`, type, ...(await linkedPlayer()), ...fields };
    expect((await sender.post('/conversions/track', body)).body.status).toBe('accepted');
    expect((await sender.post(`/webhooks/${name}`, body)).body.status).toBe('duplicate');
  });

  it('needs a key', async () => {
    const answer = await sender.post(`/webhooks/${name}`, { eventId: 'E' }, 'no-such-key');
    expect(answer.status).toBe(401);
  });
});

it('NGR without an event id: the same statement again is a duplicate, a later one is another', async () => {
  const body = { ...(await linkedPlayer()), amount: '1.00', currency: 'EUR', period: '2026-10' };
  const first = await sender.post('/webhooks/ngr', body);
  expect(first.body).toMatchObject({ status: 'accepted', eventId: expect.stringContaining('2026-10-01') });
  expect((await sender.post('/webhooks/ngr', body)).body.status).toBe('duplicate');
  const occurredAt = toIso(ingest.clock.nowMs() + MINUTE_MS);
  const restated = await sender.post('/webhooks/ngr', { ...body, amount: '2.00', occurredAt });
  expect(restated.body.status).toBe('accepted');
  expect((await sender.post('/webhooks/ngr', { ...body, amount: '2.00' })).status).toBe(409);
});

it('each status of a withdrawal is accepted once', async () => {
  const body = { transactionId: 'W-1', ...(await linkedPlayer()), amount: '10', currency: 'EUR' };
  for (const status of ['pending', 'confirmed', 'reversed']) {
    const event = { ...body, eventId: `W-1-${status}`, status };
    expect((await sender.post('/webhooks/withdrawal', event)).body.status).toBe('accepted');
    expect((await sender.post('/webhooks/withdrawal', event)).body.status).toBe('duplicate');
  }
  expect(await db('events').where('transaction_key', 'W-1')).toHaveLength(3);
});

describe('/webhooks/gaming/refund', () => {
  it.each([
    ['a part', { amount: '4.00', currency: 'EUR' }, { kind: 'chargeback', refers_to: 'D-1', status: null }],
    ['all', {}, { kind: 'deposit', transaction_key: 'D-1', status: 'reversed', amount_minor: null }],
  ])('of %s is taken once, under both paths', async (what, fields, fact) => {
    const body = { eventId: `refund ${what}`, depositEventId: 'D-1', ...(await linkedPlayer()), ...fields };
    const first = await sender.post('/webhooks/gaming/refund', { ...body, reason: 'goodwill' });
    expect([first.status, first.body.status]).toEqual([200, 'accepted']);
    expect(await sender.factOf(first.body.id)).toMatchObject({ ...fact, attributes: { reason: 'goodwill' } });
    const again = await sender.post('/webhooks/refund', body);
    expect(again.body).toMatchObject({ status: 'duplicate', id: first.body.id });
  });

  it('is refused without the deposit, and with half an amount', async () => {
    const body = { eventId: 'refund of nothing', ...(await linkedPlayer()) };
    const paths = async (fields: object) =>
      (await sender.post('/webhooks/refund', { ...body, ...fields })).body.errors.map(
        (problem: { path: string }) => problem.path,
      );
    expect(await paths({})).toEqual(['depositEventId']);
    expect(await paths({ depositEventId: 'D-1', amount: '4.00' })).toEqual(['currency']);
    expect(await paths({ depositEventId: 'D-1', amount: '-4.00', currency: 'EUR' })).toEqual(['amount']);
  });
});
