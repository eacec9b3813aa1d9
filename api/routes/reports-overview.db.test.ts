import { recountTraffic } from '../../db/stores/traffic-store';
import type { ClickId } from '../../domain/ids';
import { uuidFromId } from '../../domain/ids';
import { HOUR_MS } from '../../domain/time';
import { insertVerdict } from '../../testing/builders/insert-verdict';
import { rollUpTo } from '../../testing/overview-checks';
import { type ReadsFixture, startReads } from '../../testing/reads-fixture';
import { BERLIN, SATURDAY, tellReportStory } from '../../testing/report-story';
import type { ValueBench } from '../../testing/value-bench';

let reads: ReadsFixture;
beforeAll(async () => {
  reads = await startReads();
});
afterAll(() => reads.stop());

let value: ValueBench;
let clicks: readonly [ClickId, ClickId, ClickId];
beforeEach(async () => {
  await recountTraffic(reads.db, SATURDAY - 24 * HOUR_MS);
  ({ value, clicks } = await tellReportStory(reads));
  await rollUpTo(reads.db, SATURDAY + 8 * HOUR_MS);
});

async function overview(query = '', range = BERLIN) {
  const { body, status } = await value.admin.get(`/v1/reports/overview?${range}${query && `&${query}`}`);
  expect(status).toBe(200);
  return body;
}

type Group = { key: string | null; value: Record<string, unknown> };
async function groups(query: string, pick: readonly string[], range = BERLIN) {
  const body = await overview(query, range);
  return Object.fromEntries(
    body.groups.map((group: Group) => [String(group.key), pick.map((name) => group.value[name])]),
  );
}

describe('GET /v1/reports/overview', () => {
  it('tells counts, money per currency and quotients', async () => {
    const { total, ...asked } = await overview();
    expect(asked).toEqual({
      ...{ from: '2026-10-24', to: '2026-10-25', timezone: 'Europe/Berlin', groupBy: null },
      ...{ groups: [], rest: null, groupsLeftOut: 0, resultsBehindSince: null },
    });
    expect(total).toEqual({
      ...{ clicks: 3, blockedClicks: 0, reviewClicks: 0, impressions: 0 },
      ...{ installs: 0, registrations: 2, firstDepositors: 1, deposits: 2 },
      depositTotal: [{ amount: '120.00', currency: 'EUR' }],
      commission: [{ amount: '50.00', currency: 'EUR' }],
      ...{ clickThroughRate: null, registrationRate: '0.6667', firstDepositRate: '0.3333' },
      commissionPerFirstDepositor: { amount: '50.00', currency: 'EUR' },
    });
  });

  it('groups by local days and hours, also in a zone of half hours', async () => {
    const picked = ['clicks', 'deposits'];
    expect(await groups('groupBy=day', picked)).toEqual({ '2026-10-24': [3, 1], '2026-10-25': [0, 1] });
    // 20:00Z is half past one in India.
    const inKolkata = 'from=2026-10-25&to=2026-10-25&timezone=Asia/Kolkata';
    expect(await groups('groupBy=hour', picked, inKolkata)).toEqual({ '01': [3, 1], '03': [0, 1] });
  });

  it('groups by campaign, partner, country and device; what nobody named is unknown', async () => {
    const { bench } = value;
    await reads
      .db('clicks')
      .where({ click_id: uuidFromId(clicks[0]) })
      .update({ device: 'mobile' });
    await reads
      .db('clicks')
      .where({ click_id: uuidFromId(clicks[1]) })
      .update({ device: null });
    await recountTraffic(reads.db, SATURDAY);
    await rollUpTo(reads.db, SATURDAY + 8 * HOUR_MS);
    expect(await groups('groupBy=campaign', ['clicks'])).toEqual({ [bench.campaignId]: [3] });
    expect(await groups('groupBy=partner', ['clicks'])).toEqual({ [bench.partnerId]: [3] });
    expect(await groups('groupBy=country', ['clicks', 'deposits'])).toEqual({ unknown: [3, 2] });
    expect(await groups('groupBy=device', ['clicks'])).toEqual({ desktop: [1], mobile: [1], unknown: [1] });
  });

  it('counts impressions, and clicks that the rules blocked or doubt', async () => {
    const { bench } = value;
    await bench.view({ visitorId: bench.visitor(), atMin: 3, seenAtMin: null });
    const reasons = [
      { code: 'a_rule', detail: 'x', family: 'geo', level: 'review', mode: 'active', score: 40 },
    ] as const;
    for (const outcome of ['block', 'review'] as const) {
      const subjectId = await bench.click({ atMin: 7 });
      await insertVerdict(reads.db, { ...bench.tenant, subjectId, verdict: { outcome, score: 40, reasons } });
    }
    await recountTraffic(reads.db, SATURDAY);
    await rollUpTo(reads.db, SATURDAY + HOUR_MS);
    const { total } = await overview();
    expect(total).toMatchObject({
      impressions: 1,
      clickThroughRate: '5.0000',
      blockedClicks: 1,
      reviewClicks: 1,
    });
  });

  it('is narrowed to a campaign or a partner, and knows no other tenant', async () => {
    const other = await value.bench.partner();
    expect((await overview(`partnerId=${value.bench.partnerId}`)).total).toMatchObject({
      clicks: 3,
      deposits: 2,
    });
    expect((await overview(`partnerId=${other}`)).total).toMatchObject({ clicks: 0, deposits: 0 });
    expect((await overview(`campaignId=${value.bench.campaignId}`)).total.clicks).toBe(3);
    const { body } = await reads.stranger.get(`/v1/reports/overview?${BERLIN}`).expect(200);
    expect(body.total).toMatchObject({ clicks: 0, deposits: 0, depositTotal: [] });
  });

  it.each([
    ['from=2026-10-25&to=2026-10-24', 'to'],
    ['from=2024-01-01&to=2026-10-24', 'to'],
    ['from=2026-10-24T10:00:00Z&to=2026-10-24', 'from'],
    ['from=2026-10-24&to=2026-10-24&timezone=Mars/Base', 'timezone'],
    ['from=2026-10-24&to=2026-10-24&groupBy=browser', 'groupBy'],
  ])('refuses %s', async (query, path) => {
    const { body } = await value.admin.get(`/v1/reports/overview?${query}`).expect(400);
    expect(JSON.stringify(body)).toContain(path);
  });
});
