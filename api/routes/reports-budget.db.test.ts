import { uuidFromId } from '../../domain/ids';
import { type ReadsFixture, startReads } from '../../testing/reads-fixture';
import { BERLIN, recordSpend, shownAmount as shown, tellReportStory } from '../../testing/report-story';
import type { ValueBench } from '../../testing/value-bench';

let reads: ReadsFixture;
beforeAll(async () => {
  reads = await startReads();
});
afterAll(() => reads.stop());

let value: ValueBench;
beforeEach(async () => {
  ({ value } = await tellReportStory(reads));
});

const spend = (day: string, amount: string) => recordSpend(value, day, amount);

async function report(query = '') {
  const { body, status } = await value.admin.get(`/v1/reports/value?${BERLIN}&${query}`);
  expect(status).toBe(200);
  return body;
}

describe('GET /v1/reports/value of campaigns with a price per click and a budget', () => {
  const change = (body: object) =>
    value.admin.patch(`/v1/campaigns/${value.bench.campaignId}`, body).expect(200);
  const pricedAt = (amount: string, currency = 'EUR') => ({
    pricing: { model: 'cpc', cost: { amount, currency } },
  });
  const limit = (amount: string, period: string, currency = 'EUR') => ({
    budget: { amount, currency, period },
  });
  const clickOfVersion = async (version: number, atMin: number) => {
    const clickId = await value.bench.click({ atMin });
    await reads
      .db('clicks')
      .where({ click_id: uuidFromId(clickId) })
      .update({ campaign_version: version });
  };
  const budgetOf = async (query = '') => (await report(`groupBy=campaign${query}`)).groups[0].budget;

  it('charges each click what its own version says', async () => {
    await change(pricedAt('0.25'));
    await change(pricedAt('0.40'));
    await clickOfVersion(2, 20);
    await clickOfVersion(2, 130);
    await clickOfVersion(3, 131);
    const { total } = await report();
    expect([total.clicks, shown(total.clickCost), shown(total.spend)]).toEqual([6, '0.90', '100.00']);
    expect(total.cpaMetric.amount).toBe('100.00');
    const { groups } = await report('groupBy=day');
    type Group = { key: string; value: { clickCost: object } };
    expect(groups.map((group: Group) => [group.key, shown(group.value.clickCost)])).toEqual([
      ['2026-10-24', '0.25'],
      ['2026-10-25', '0.65'],
    ]);
  });

  it('compares the budget with costs and clicks of its period', async () => {
    await change(pricedAt('0.50'));
    await clickOfVersion(2, 20);
    await clickOfVersion(2, 130);
    await spend('2026-09-30', '7.00');
    await spend('2026-10-01', '3.00');
    await spend('2026-10-26', '1000.00');
    expect(await budgetOf()).toBeNull();
    await change(limit('80.00', 'day'));
    expect(await budgetOf()).toEqual({
      ...{ amount: '80.00', currency: 'EUR', period: 'day', from: '2026-10-25', to: '2026-10-25' },
      ...{ spent: { amount: '40.50', currency: 'EUR' }, ratio: '0.5063' },
    });
    await change(limit('100.00', 'month'));
    expect(await budgetOf()).toMatchObject({
      ...{ period: 'month', from: '2026-10-01', to: '2026-10-25' },
      ...{ spent: { amount: '104.00', currency: 'EUR' }, ratio: '1.0400' },
    });
    await change(limit('1000.00', 'total'));
    const whole = { from: null, spent: { amount: '111.00', currency: 'EUR' }, ratio: '0.1110' };
    expect(await budgetOf()).toMatchObject(whole);
    // The budget is the campaign's, whatever the report is narrowed to.
    expect(await budgetOf(`&partnerId=${value.bench.partnerId}`)).toMatchObject(whole);
    // And of no other group.
    expect((await report('groupBy=day')).groups[0].budget).toBeNull();
  });

  it('converts into the budget’s currency, or does not tell', async () => {
    await change({ ...pricedAt('2.00', 'USD'), ...limit('100.00', 'day', 'USD') });
    await clickOfVersion(2, 130);
    expect(await budgetOf()).toMatchObject({ spent: null, ratio: null, currency: 'USD' });
    await value.admin.post('/v1/fx-rates', {
      ...{ from: 'EUR', to: 'USD', rate: '1.5', source: 'ECB' },
      ratedAt: '2026-10-24T00:00:00Z',
    });
    expect(await budgetOf()).toMatchObject({ spent: { amount: '62.00', currency: 'USD' }, ratio: '0.6200' });
  });
});
