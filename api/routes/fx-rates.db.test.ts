import { loadRates } from '../../db/stores/fx-rate-store';
import { listPlayersWaitingForRate } from '../../db/stores/waiting-for-rate-store';
import { exchangeBy } from '../../domain/fx/convert';
import { uuidFromId } from '../../domain/ids';
import { currency } from '../../domain/testing/facts';
import { MINUTE_MS } from '../../domain/time';
import { findPlayer } from '../../testing/player-books';
import { type ReadsFixture, startReads } from '../../testing/reads-fixture';
import { openValueBench, type ValueBench } from '../../testing/value-bench';

let reads: ReadsFixture;
beforeAll(async () => {
  reads = await startReads();
});
afterAll(() => reads.stop());

let value: ValueBench;
beforeEach(async () => {
  value = await openValueBench(reads);
});

const [EUR, USD, GBP] = [currency('EUR'), currency('USD'), currency('GBP')];
const ECB = { from: 'EUR', to: 'USD', rate: '1.0842', source: 'ECB', ratedAt: '2026-11-20T16:00:00Z' };
const record = (given: object = {}) => value.admin.post('/v1/fx-rates', { ...ECB, ...given });

describe('POST /v1/fx-rates', () => {
  it('records a rate as it was written', async () => {
    const { body, status } = await record({ rate: '1.0800' });
    expect(status).toBe(201);
    expect(body).toMatchObject({ ...ECB, rate: '1.0800', ratedAt: '2026-11-20T16:00:00.000Z' });
    expect((await value.admin.get('/v1/fx-rates')).body.data).toEqual([body]);
    const audited = await reads
      .db('audit')
      .where({ workspace_id: uuidFromId(value.bench.tenant.workspaceId) });
    expect(audited).toMatchObject([{ action: 'fx_rate.created', subject: body.rateId }]);
  });

  it('keeps every digit', async () => {
    const rate = '123456789012.123456789012345678';
    expect((await record({ rate })).body.rate).toBe(rate);
  });

  it('repeated, finds the rate known; another one of the moment is refused', async () => {
    const { body: first } = await record();
    const again = await record({ rate: '1.08420' });
    expect([again.status, again.body]).toEqual([200, first]);
    for (const other of [{ rate: '1.09' }, { source: 'treasury' }]) {
      const refused = await record(other);
      expect([refused.status, refused.body.code]).toEqual([409, 'rate_conflict']);
    }
    expect((await record({ ratedAt: '2026-11-20T16:00:00.001Z', rate: '1.09' })).status).toBe(201);
  });

  it('lets one of many at once through', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) => record({ rate: `1.${index + 1}` })),
    );
    const statuses = answers.map(({ status }) => status).sort((a, b) => a - b);
    expect(statuses).toEqual([201, 409, 409, 409, 409, 409, 409, 409]);
  });

  it.each([
    ['zero', { rate: '0' }, 'rate'],
    ['a negative rate', { rate: '-1' }, 'rate'],
    ['a number', { rate: 1.1 }, 'rate'],
    ['an exponent', { rate: '1e2' }, 'rate'],
    ['an unknown currency', { to: 'EUX' }, 'to'],
    ['the same currency', { to: 'EUR' }, 'to'],
    ['a time without a zone', { ratedAt: '2026-11-20T16:00:00' }, 'ratedAt'],
    ['a time to come', { ratedAt: '2099-01-01T00:00:00Z' }, 'ratedAt'],
    ['nobody who says so', { source: '' }, 'source'],
  ])('refuses %s', async (_what, given, path) => {
    const { body, status } = await record(given);
    expect(status).toBe(400);
    expect(body.errors.map((problem: { path: string }) => problem.path)).toEqual([path]);
  });

  it('shows nobody else’s', async () => {
    await record();
    expect((await reads.stranger.get('/v1/fx-rates')).body.data).toEqual([]);
  });
});

describe('GET /v1/fx-rates', () => {
  it('lists one direction', async () => {
    await record();
    await record({ from: 'USD', to: 'EUR', rate: '0.9' });
    const { body } = await value.admin.get('/v1/fx-rates?from=USD&to=EUR');
    expect(body.data).toMatchObject([{ from: 'USD', rate: '0.9' }]);
  });
});

describe('what settlement needs', () => {
  it('loads the rates of the pairs in both directions until a time', async () => {
    await record({ ratedAt: '2026-11-01T00:00:00Z', rate: '2' });
    await record({ from: 'USD', to: 'EUR', ratedAt: '2026-11-02T00:00:00Z', rate: '4' });
    await record({ ratedAt: '2026-11-03T00:00:00Z', rate: '8' });
    await record({ to: 'GBP', ratedAt: '2026-11-01T00:00:00Z', rate: '9' });
    const { workspaceId } = value.bench.tenant;
    const untilMs = Date.parse('2026-11-02T12:00:00Z');
    const rates = await loadRates(reads.db, workspaceId, [{ from: EUR, to: USD }], untilMs);
    expect(rates.map(({ rate }) => rate)).toEqual(['2', '4']);
    const exchange = exchangeBy(rates);
    const hundred = { amountMinor: 10_000n, currency: EUR };
    expect(exchange(hundred, USD, untilMs)).toMatchObject({ money: { amountMinor: 2_500n }, rate: '1/4' });
    expect(exchange(hundred, GBP, untilMs)).toBeNull();
    expect(await loadRates(reads.db, workspaceId, [{ from: EUR, to: EUR }], untilMs)).toEqual([]);
    const theirs = reads.stranger.workspaceId;
    expect(await loadRates(reads.db, theirs, [{ from: EUR, to: USD }], untilMs)).toEqual([]);
  });

  it('lists the players who wait for a rate, page by page', async () => {
    const { bench } = value;
    for (const [player, code, atMin] of [
      ['P1', 'USD', 1],
      ['P2', 'USD', 5],
      ['P3', 'GBP', 5],
      ['P4', 'EUR', 5],
    ] as const) {
      const click = await bench.click();
      await bench.registration({ player, key: `R${player}`, click, atMin });
      await bench.deposit({ player, key: `D${player}`, atMin, currency: code });
    }
    await bench.settleAll();
    expect(await bench.conversion('DP1')).toMatchObject({ status: 'pending', reason: 'currency_mismatch' });
    const { workspaceId } = bench.tenant;
    const [p1, p2] = [
      await findPlayer(reads.db, workspaceId, 'P1'),
      await findPlayer(reads.db, workspaceId, 'P2'),
    ].sort();
    if (p1 === undefined || p2 === undefined) throw new Error('two players');
    const pair = { from: USD, to: EUR };
    const waiting = (ratedAtMs: number, page: { limit: number; after?: typeof p1 }) =>
      listPlayersWaitingForRate(reads.db, workspaceId, { ...pair, ratedAtMs }, page);
    const early = bench.startMs;
    expect(await waiting(early, { limit: 9 })).toEqual([p1, p2]);
    expect(await waiting(early, { limit: 1 })).toEqual([p1]);
    expect(await waiting(early, { limit: 1, after: p1 })).toEqual([p2]);
    expect(await waiting(early, { limit: 1, after: p2 })).toEqual([]);
    // A rate of later says nothing about the first deposit.
    expect(await waiting(early + 3 * MINUTE_MS, { limit: 9 })).toEqual([
      await findPlayer(reads.db, workspaceId, 'P2'),
    ]);
    const stranger = reads.stranger.workspaceId;
    const rate = { ...pair, ratedAtMs: early };
    expect(await listPlayersWaitingForRate(reads.db, stranger, rate, { limit: 9 })).toEqual([]);
  });
});

describe('/v1/workspace', () => {
  it('reports in dollars until it is told otherwise', async () => {
    expect((await value.admin.get('/v1/workspace')).body).toMatchObject({
      workspaceId: value.bench.tenant.workspaceId,
      reportingCurrency: 'USD',
    });
    const changed = await value.admin.patch('/v1/workspace', { reportingCurrency: 'EUR' });
    expect([changed.status, changed.body.reportingCurrency]).toEqual([200, 'EUR']);
    expect((await value.admin.get('/v1/workspace')).body.reportingCurrency).toBe('EUR');
    expect((await reads.stranger.get('/v1/workspace')).body.reportingCurrency).toBe('USD');
    const audited = await reads
      .db('audit')
      .where({ workspace_id: uuidFromId(value.bench.tenant.workspaceId) });
    expect(audited).toMatchObject([{ action: 'workspace.changed', detail: { reportingCurrency: 'EUR' } }]);
  });

  it.each([[{}], [{ reportingCurrency: 'EUX' }], [{ name: 'other' }]])('refuses %j', async (body) => {
    expect((await value.admin.patch('/v1/workspace', body)).status).toBe(400);
  });
});
