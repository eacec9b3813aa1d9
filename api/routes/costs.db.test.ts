import { uuidFromId } from '../../domain/ids';
import { insertApiKey } from '../../testing/builders/insert-api-key';
import { insertCampaign } from '../../testing/builders/insert-campaign';
import { insertPartner } from '../../testing/builders/insert-partner';
import { type ReadsFixture, startReads } from '../../testing/reads-fixture';
import { type AdminClient, adminOf, openValueBench } from '../../testing/value-bench';

let reads: ReadsFixture;
beforeAll(async () => {
  reads = await startReads();
});
afterAll(() => reads.stop());

/** Each test has a workspace of its own. */
let admin: AdminClient;
let workspaceUuid: string;
let campaignId: string;
let partnerId: string;
beforeEach(async () => {
  const value = await openValueBench(reads);
  ({ admin } = value);
  ({ campaignId, partnerId } = value.bench);
  workspaceUuid = uuidFromId(value.bench.tenant.workspaceId);
});

const money = (amount: string, currency = 'EUR') => ({ amount, currency });
const spend = (given: object = {}) => {
  // Ids of one millisecond have no order.
  reads.clock.set(reads.clock.nowMs() + 1);
  return admin.post('/v1/costs', { campaignId, day: '2026-11-01', money: money('49.90'), ...given });
};
const audited = async () =>
  (await reads.db('audit').where({ workspace_id: workspaceUuid }).orderBy('audit_id')).map(
    (row: { action: string }) => row.action,
  );

describe('POST /v1/costs', () => {
  it('records what a day cost, and says who said so', async () => {
    const { body, status, headers } = await spend({ source: 'google', keyword: 'slots', note: 'import 7' });
    expect(status).toBe(201);
    expect(headers.location).toBe(`/v1/costs/${body.costId}`);
    expect(body).toMatchObject({
      revision: 1,
      campaignId,
      from: '2026-11-01',
      to: '2026-11-01',
      money: money('49.90'),
      partnerId: null,
      source: 'google',
      creative: null,
      keyword: 'slots',
      note: 'import 7',
      createdBy: expect.stringMatching(/^key:key_/),
    });
    expect(await audited()).toEqual(['cost.recorded']);
  });

  it('restates by the same key, and keeps what was believed before', async () => {
    const { body: first } = await spend();
    const { body: second, status } = await spend({ money: money('60.00', 'USD') });
    expect(status).toBe(200);
    expect(second).toMatchObject({ costId: first.costId, revision: 2, money: money('60.00', 'USD') });
    const { body: history } = await admin.get(`/v1/costs/${first.costId}`).expect(200);
    expect(history.revisions.map((cost: { money: object }) => cost.money)).toEqual([
      money('60.00', 'USD'),
      money('49.90'),
    ]);
    const { body: listed } = await admin.get('/v1/costs').expect(200);
    expect(listed).toEqual({ data: [second], nextCursor: null });
    expect(await audited()).toEqual(['cost.recorded', 'cost.restated']);
  });

  it('repeated, changes nothing', async () => {
    const { body: first } = await spend();
    const { body: again, status } = await spend();
    expect([status, again]).toEqual([200, first]);
    expect(await audited()).toEqual(['cost.recorded']);
  });

  it('is one cost however many report it at once, and every report is kept', async () => {
    const amounts = Array.from({ length: 8 }, (_, index) => `${index + 1}.00`);
    const answers = await Promise.all(amounts.map((amount) => spend({ money: money(amount) })));
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([
      200, 200, 200, 200, 200, 200, 200, 201,
    ]);
    const costIds = new Set(answers.map(({ body }) => body.costId));
    expect(costIds.size).toBe(1);
    const { body } = await admin.get(`/v1/costs/${[...costIds][0]}`);
    expect(body.revisions.map((cost: { revision: number }) => cost.revision)).toEqual([
      8, 7, 6, 5, 4, 3, 2, 1,
    ]);
  });

  it('is another cost on other days, of another partner, under another label', async () => {
    const others = [
      {},
      { day: '2026-11-02' },
      { day: undefined, from: '2026-11-01', to: '2026-11-02' },
      { partnerId },
      { source: 'google' },
      { creative: 'google' },
      { keyword: 'google' },
    ];
    for (const other of others) expect((await spend(other)).status).toBe(201);
    expect((await spend({ partnerId: null, source: null })).status).toBe(200);
    expect((await admin.get('/v1/costs')).body.data).toHaveLength(others.length);
  });

  it('honours an Idempotency-Key', async () => {
    const body = { campaignId, day: '2026-11-01', money: money('5.00') };
    const first = await admin.post('/v1/costs', body).set('idempotency-key', 'k1');
    const again = await admin.post('/v1/costs', body).set('idempotency-key', 'k1');
    expect([again.status, again.body]).toEqual([201, first.body]);
    const other = await admin
      .post('/v1/costs', { ...body, money: money('6.00') })
      .set('idempotency-key', 'k1');
    expect(other.status).toBe(409);
  });

  it('takes nothing back but by zero', async () => {
    await spend();
    expect((await spend({ money: money('0') })).body).toMatchObject({ revision: 2, money: money('0.00') });
  });

  it.each([
    ['a negative amount', { money: money('-1.00') }, 'money.amount'],
    ['a float that lies', { money: { amount: 0.1 + 0.2, currency: 'EUR' } }, 'money.amount'],
    ['too many decimals', { money: money('1.001') }, 'money.amount'],
    ['an unknown currency', { money: money('1.00', 'EUX') }, 'money.currency'],
    ['no day', { day: undefined }, 'day'],
    ['a day and a period', { from: '2026-11-01', to: '2026-11-02' }, 'day'],
    ['half a period', { day: undefined, from: '2026-11-01' }, 'day'],
    ['a day that is none', { day: '2026-02-30' }, 'day'],
    ['a moment', { day: '2026-11-01T00:00:00Z' }, 'day'],
    ['a period that ends before it begins', { day: undefined, from: '2026-11-02', to: '2026-11-01' }, 'to'],
    ['more than a year', { day: undefined, from: '2025-01-01', to: '2026-01-02' }, 'to'],
    ['an unknown field', { amount: '1.00' }, 'amount'],
    ['an empty label', { source: ' ' }, 'source'],
  ])('refuses %s', async (_what, given, path) => {
    const { body, status } = await spend(given);
    expect(status).toBe(400);
    expect(body.errors.map((problem: { path: string }) => problem.path)).toContain(path);
    expect((await admin.get('/v1/costs')).body.data).toEqual([]);
  });

  it('knows neither campaigns nor partners of somebody else', async () => {
    const theirs = await insertCampaign(reads.db, reads.stranger);
    const partner = await insertPartner(reads.db, reads.stranger);
    expect((await spend({ campaignId: theirs })).body.errors[0].path).toBe('campaignId');
    expect((await spend({ partnerId: partner })).body.errors[0].path).toBe('partnerId');
    const { body } = await spend();
    expect((await reads.stranger.get(`/v1/costs/${body.costId}`)).status).toBe(404);
    expect((await reads.stranger.get('/v1/costs')).body.data).toEqual([]);
  });

  it('is for keys that may set up', async () => {
    const reader = await openValueBench(reads);
    const key = await insertApiKey(reads.db, { ...reader.bench.tenant, scopes: ['read'] });
    const body = { campaignId: reader.bench.campaignId, day: '2026-11-01', money: money('1.00') };
    expect((await adminOf(reads, key).post('/v1/costs', body)).status).toBe(403);
  });
});

describe('GET /v1/costs', () => {
  it('lists those whose days meet the range, a page at a time', async () => {
    await spend({ day: '2026-11-01' });
    await spend({ day: undefined, from: '2026-11-01', to: '2026-11-30', source: 'month' });
    await spend({ day: '2026-11-20' });
    const days = async (query: string) =>
      (await admin.get(`/v1/costs?${query}`)).body.data.map((cost: { from: string; to: string }) => [
        cost.from,
        cost.to,
      ]);
    const month = ['2026-11-01', '2026-11-30'];
    expect(await days('from=2026-11-20&to=2026-11-20')).toEqual([month, ['2026-11-20', '2026-11-20']]);
    expect(await days('from=2026-11-21')).toEqual([month]);
    expect(await days('to=2026-10-31')).toEqual([]);
    const first = await admin.get('/v1/costs?limit=2');
    expect(first.body.data).toHaveLength(2);
    expect((await admin.get(`/v1/costs?limit=2&cursor=${first.body.nextCursor}`)).body).toMatchObject({
      data: [{ from: '2026-11-20' }],
      nextCursor: null,
    });
  });
});
