import type { ClickId, PartnerId } from '../../domain/ids';
import { uuidFromId } from '../../domain/ids';
import { currency } from '../../domain/testing/facts';
import { insertPartner } from '../../testing/builders/insert-partner';
import { findPlayer } from '../../testing/player-books';
import { type ReadsFixture, startReads } from '../../testing/reads-fixture';
import {
  BERLIN,
  recordSpend,
  SATURDAY,
  shownAmount as shown,
  tellReportStory,
} from '../../testing/report-story';
import { openValueBench, type ValueBench } from '../../testing/value-bench';

let reads: ReadsFixture;
beforeAll(async () => {
  reads = await startReads();
});
afterAll(() => reads.stop());

const EUR = currency('EUR');
let value: ValueBench;
let clicks: readonly [ClickId, ClickId, ClickId];

beforeEach(async () => {
  ({ value, clicks } = await tellReportStory(reads));
});

const spend = (day: string, amount: string, given: object = {}) => recordSpend(value, day, amount, given);

async function report(query = '', range = BERLIN) {
  const { body, status } = await value.admin.get(`/v1/reports/value?${range}${query && `&${query}`}`);
  expect(status).toBe(200);
  return body;
}

type Group = { key: string | null; value: Record<string, unknown> };
async function groups(query: string, pick: readonly string[], range = BERLIN) {
  const body = await report(query, range);
  return Object.fromEntries(
    body.groups.map((group: Group) => [group.key, pick.map((name) => shown(group.value[name]))]),
  );
}

const ngr = (
  player: string,
  key: string,
  amountMinor: bigint,
  period: { fromMs: number; toMs: number },
  atMin = 300,
) =>
  value.bench.accept({
    ...{ kind: 'ngr', senderEventId: key, playerExternalId: player, period },
    ...{ money: { amountMinor, currency: EUR }, occurredAtMs: SATURDAY + atMin * 60_000 },
  });
const OCTOBER = { fromMs: Date.UTC(2026, 9, 1), toMs: Date.UTC(2026, 10, 1) };

describe('GET /v1/reports/value', () => {
  it('says what traffic cost and what it was worth', async () => {
    const { total, groups: none } = await report();
    const sum = (amount: string) => ({
      byCurrency: [{ amount, currency: 'EUR' }],
      reporting: { amount, currency: 'EUR' },
      missingRates: 0,
    });
    expect(total).toEqual({
      clicks: 3,
      installs: 0,
      registrations: 2,
      firstDepositors: 1,
      deposits: 2,
      valuableDeposits: 2,
      depositTotal: sum('120.00'),
      ngr: { byCurrency: [], reporting: { amount: '0.00', currency: 'EUR' }, missingRates: 0 },
      spend: sum('100.00'),
      clickCost: { byCurrency: [], reporting: { amount: '0.00', currency: 'EUR' }, missingRates: 0 },
      cpaMetric: { amount: '100.00', currency: 'EUR' },
      cpaPayout: sum('50.00'),
      commission: sum('50.00'),
      roasByNgr: null,
      roasByDeposits: '1.2000',
      costPerValuableDeposit: { amount: '50.00', currency: 'EUR' },
      costPerValuableFirstDeposit: { amount: '100.00', currency: 'EUR' },
    });
    expect(none).toEqual([]);
  });

  it('agrees with the lifetime value of the players', async () => {
    const { rows } = await reads.db.raw<{ rows: { total: bigint; deposits: bigint }[] }>(
      `SELECT sum(deposit_total_minor)::bigint AS total, sum(deposit_count) AS deposits
       FROM customer_ltv WHERE workspace_id = ?`,
      [uuidFromId(value.bench.tenant.workspaceId)],
    );
    const { total } = await report();
    expect(rows).toEqual([{ total: 12_000n, deposits: 2n }]);
    expect([total.depositTotal.reporting.amount, total.deposits]).toEqual(['120.00', 2]);
  });

  it('divides days where the time zone does, also when clocks change', async () => {
    const picked = ['clicks', 'deposits', 'depositTotal', 'spend'];
    expect(await groups('groupBy=day', picked)).toEqual({
      '2026-10-24': [3, 1, '100.00', '60.00'],
      '2026-10-25': [0, 1, '20.00', '40.00'],
    });
    const utc = 'from=2026-10-24&to=2026-10-25';
    expect(await groups('groupBy=day', picked, utc)).toEqual({
      '2026-10-24': [3, 2, '120.00', '60.00'],
      '2026-10-25': [0, 0, '0.00', '40.00'],
    });
    expect(await groups('groupBy=weekday', ['deposits'])).toEqual({ 6: [1], 7: [1] });
    // The last minute of Berlin's long day, and the first one after it: 22:59Z and 23:00Z of Sunday.
    const sunday = 'from=2026-10-25&to=2026-10-25&timezone=Europe/Berlin';
    await value.bench.click({ atMin: 26 * 60 + 59 });
    await value.bench.click({ atMin: 27 * 60 });
    expect((await report('', sunday)).total.clicks).toBe(1);
    const spring = Date.UTC(2026, 2, 29);
    await value.bench.click({ atMin: (spring - SATURDAY) / 60_000 - 60 });
    await value.bench.click({ atMin: (spring - SATURDAY) / 60_000 + 22 * 60 - 1 });
    await value.bench.click({ atMin: (spring - SATURDAY) / 60_000 + 22 * 60 });
    const short = 'from=2026-03-29&to=2026-03-29&timezone=Europe/Berlin';
    expect((await report('', short)).total.clicks).toBe(2);
  });

  it('groups by what the credited click says', async () => {
    const picked = ['clicks', 'registrations', 'firstDepositors', 'depositTotal', 'spend', 'cpaPayout'];
    await spend('2026-10-24', '7.00', { source: 'google', creative: 'video', keyword: 'slots' });
    for (const [groupBy, key] of [
      ['source', 'google'],
      ['creative', 'video'],
      ['keyword', 'slots'],
    ] as const) {
      expect(await groups(`groupBy=${groupBy}`, picked)).toEqual({
        [key]: [1, 1, 1, '120.00', '7.00', '50.00'],
        null: [2, 1, 0, '0.00', '100.00', '0.00'],
      });
    }
    const { bench } = value;
    expect(await groups('groupBy=campaign', picked)).toEqual({
      [bench.campaignId]: [3, 2, 1, '120.00', '107.00', '50.00'],
    });
    // Spend was booked on no partner.
    expect(await groups('groupBy=partner', picked)).toEqual({
      [bench.partnerId]: [3, 2, 1, '120.00', '0.00', '50.00'],
      null: [0, 0, 0, '0.00', '107.00', '0.00'],
    });
  });

  it('filters by campaign and partner', async () => {
    const other = await openValueBench(reads, { startMs: SATURDAY });
    expect((await report(`campaignId=${value.bench.campaignId}`)).total.deposits).toBe(2);
    expect((await report(`campaignId=${other.bench.campaignId}`)).total.deposits).toBe(0);
    expect((await report(`partnerId=${value.bench.partnerId}`)).total).toMatchObject({
      deposits: 2,
      spend: { byCurrency: [] },
      cpaMetric: null,
    });
  });

  it('shares a conversion among the touches that are credited with it, to the cent', async () => {
    const partnerId: PartnerId = await insertPartner(reads.db, value.bench.tenant);
    const { conversion_id: conversionId } = (await value.bench.conversion('D1')) ?? {};
    const [first, second, third] = clicks;
    await reads.db('attribution_credits').where({ conversion_id: conversionId }).delete();
    await reads.db('attribution_credits').insert(
      [
        { click: first, weight_ppm: 333_334, amount_minor: 3_334, partner: value.bench.partnerId },
        { click: second, weight_ppm: 333_333, amount_minor: 3_333, partner: partnerId },
        { click: third, weight_ppm: 333_333, amount_minor: 3_333, partner: partnerId },
      ].map(({ click, partner, ...rest }) => ({
        ...{ conversion_id: conversionId, touch_kind: 'click', touch_id: uuidFromId(click) },
        ...{ partner_id: uuidFromId(partner), ...rest },
      })),
    );
    // One report of 1.00 is shared as the first deposit is; it does not divide by three.
    await ngr('P1', 'N1', 100n, OCTOBER);
    await value.bench.settleAll();
    const range = 'from=2026-10-01&to=2026-10-31&timezone=Europe/Berlin';
    const picked = ['firstDepositors', 'depositTotal', 'ngr'];
    const shares = await groups('groupBy=partner', picked, range);
    expect(shares).toEqual({
      [value.bench.partnerId]: [0.333334, '53.34', '0.33'],
      [partnerId]: [0.666666, '66.66', '0.67'],
      null: [0, '0.00', '0.00'],
    });
    const { total } = await report('groupBy=partner', range);
    expect([total.firstDepositors, shown(total.depositTotal), shown(total.ngr)]).toEqual([
      1,
      '120.00',
      '1.00',
    ]);
  });

  it('counts NGR as restated last, in the days in which its period lies', async () => {
    await ngr('P1', 'N1', 9_000n, OCTOBER, 300);
    await ngr('P1', 'N2', -2_500n, OCTOBER, 400);
    await ngr('P1', 'N0', 7_700n, OCTOBER, 200);
    await ngr('P1', 'N3', 500n, { fromMs: Date.UTC(2026, 9, 24), toMs: Date.UTC(2026, 9, 25) });
    await value.bench.settleAll();
    const player = await findPlayer(reads.db, value.bench.tenant.workspaceId, 'P1');
    const ltv = await reads
      .db('customer_ltv')
      .where({ player_id: uuidFromId(player) })
      .first();
    expect(ltv.ngr_total_minor).toBe('-2000');
    for (const zone of ['UTC', 'Pacific/Auckland', 'America/Los_Angeles']) {
      const { total } = await report('', `from=2026-10-01&to=2026-10-31&timezone=${zone}`);
      expect([shown(total.ngr), total.roasByNgr]).toEqual(['-20.00', '-0.2000']);
    }
    expect(shown((await report()).total.ngr)).toBe('5.00');
  });

  it('adds in the reporting currency what has a rate of its time, and counts what has none', async () => {
    await value.admin.patch('/v1/workspace', { reportingCurrency: 'USD' });
    const without = (await report()).total;
    expect(without.depositTotal).toEqual({
      byCurrency: [{ amount: '120.00', currency: 'EUR' }],
      reporting: null,
      missingRates: 2,
    });
    // All is in euros, so nothing needs a rate to be divided.
    expect(without).toMatchObject({
      cpaMetric: { amount: '100.00', currency: 'EUR' },
      roasByDeposits: '1.2000',
    });
    const rate = (ratedAt: string, text: string) =>
      value.admin.post('/v1/fx-rates', { from: 'EUR', to: 'USD', rate: text, source: 'ECB', ratedAt });
    await rate('2026-10-24T21:00:00Z', '2');
    // Known by the time of the second deposit and by the end of either day, not by the first deposit.
    expect((await report()).total).toMatchObject({
      depositTotal: { reporting: null, missingRates: 1 },
      spend: { reporting: { amount: '200.00', currency: 'USD' }, missingRates: 0 },
    });
    await rate('2026-10-24T00:00:00Z', '1.5');
    const { total } = await report();
    // 100.00 at 1.5 and 20.00 at 2.
    expect(total.depositTotal.reporting).toEqual({ amount: '190.00', currency: 'USD' });
    expect(total.cpaPayout.reporting).toEqual({ amount: '75.00', currency: 'USD' });
  });

  it('spreads a cost of several days over them, to the cent', async () => {
    await spend('x', '10.00', { day: undefined, from: '2026-10-23', to: '2026-10-25', source: 'period' });
    const days = 'from=2026-10-22&to=2026-10-26';
    expect(await groups('groupBy=day', ['spend'], days)).toEqual({
      '2026-10-23': ['3.33'],
      '2026-10-24': ['63.33'],
      '2026-10-25': ['43.34'],
    });
    expect(shown((await report('', days)).total.spend)).toBe('110.00');
    expect(shown((await report('', 'from=2026-10-25&to=2026-10-25')).total.spend)).toBe('43.34');
  });

  it('takes a restated cost for the earlier one', async () => {
    const { campaignId } = value.bench;
    const restated = { campaignId, day: '2026-10-24', money: { amount: '10.00', currency: 'EUR' } };
    await value.admin.post('/v1/costs', restated).expect(200);
    expect(shown((await report()).total.spend)).toBe('50.00');
  });

  it('shows each scenario what it covers; they overlap, and the total is the whole', async () => {
    const scenario = async (given: object) =>
      (
        await value.admin
          .post('/v1/scenarios', {
            ...{ name: 'S', kind: 'custom', tag: 's', timeZone: 'Europe/Berlin' },
            ...{ from: '2026-10-01', to: null },
            ...given,
          })
          .expect(201)
      ).body.scenarioId;
    const weekends = await scenario({ recurrence: 'weekends' });
    const sunday = await scenario({ from: '2026-10-25', to: '2026-10-25' });
    await scenario({ from: '2027-01-01' });
    expect(await groups('groupBy=scenario', ['clicks', 'depositTotal', 'spend'])).toEqual({
      [weekends]: [3, '120.00', '100.00'],
      [sunday]: [0, '20.00', '40.00'],
    });
    const { total } = await report('groupBy=scenario');
    expect([total.clicks, shown(total.depositTotal), shown(total.spend)]).toEqual([3, '120.00', '100.00']);
  });

  it('waits for a person before a deposit is valuable', async () => {
    const { conversion_id: conversionId } = (await value.bench.conversion('D2')) ?? {};
    await reads
      .db('conversions')
      .where({ conversion_id: conversionId })
      .update({ status: 'pending', reason: 'in_review', review_since: new Date() });
    expect((await report()).total).toMatchObject({ deposits: 2, valuableDeposits: 1 });
  });

  it('divides hours of the day by the time zone; what has no hour is in none', async () => {
    await ngr('P1', 'N1', 9_000n, { fromMs: SATURDAY, toMs: SATURDAY + 60_000 });
    await value.bench.settleAll();
    const picked = ['clicks', 'registrations', 'deposits', 'depositTotal', 'ngr', 'spend', 'cpaMetric'];
    // 20:00Z is 22 o'clock in Berlin, and 22:10Z ten minutes after its midnight.
    expect(await groups('groupBy=hour', picked)).toEqual({
      '22': [3, 2, 1, '100.00', '0.00', '0.00', null],
      '00': [0, 0, 1, '20.00', '0.00', '0.00', null],
      null: [0, 0, 0, '0.00', '90.00', '100.00', null],
    });
    const utc = await groups('groupBy=hour', ['clicks'], 'from=2026-10-24&to=2026-10-25');
    expect(Object.keys(utc)).toEqual(['20', '22', 'null']);
  });

  it('leaves test clicks out and shows other tenants nothing', async () => {
    await value.bench.click({ isTest: true });
    expect((await report()).total.clicks).toBe(3);
    const { body } = await reads.stranger.get(`/v1/reports/value?${BERLIN}&groupBy=day`);
    expect(body.groups).toEqual([]);
    expect(body.total).toMatchObject({ clicks: 0, cpaMetric: null, spend: { byCurrency: [] } });
  });
});

describe.each(['/v1/reports/value', '/v1/reports/funnel'])('%s', (path) => {
  it.each([
    ['no range', '', ['from', 'to']],
    ['half a range', 'from=2026-10-01', ['to']],
    ['a range that ends before it begins', 'from=2026-10-02&to=2026-10-01', ['to']],
    ['more than a leap year', 'from=2025-01-01&to=2026-01-02', ['to']],
    ['a moment', 'from=2026-10-01T00:00:00Z&to=2026-10-02', ['from']],
    ['a zone that is none', 'from=2026-10-01&to=2026-10-02&timezone=Mars/Olympus', ['timezone']],
    ['an offset', 'from=2026-10-01&to=2026-10-02&timezone=FOO%2B3', ['timezone']],
    ['an unknown parameter', 'from=2026-10-01&to=2026-10-02&group=day', ['group']],
  ])('refuses %s', async (_what, query, paths) => {
    const { body, status } = await reads.tenant.get(`${path}?${query}`);
    expect(status).toBe(400);
    expect(body.errors.map((problem: { path: string }) => problem.path)).toEqual(paths);
  });
});
