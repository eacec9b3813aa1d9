import type { ClickId } from '../../domain/ids';
import { type ReadsFixture, startReads } from '../../testing/reads-fixture';
import { BERLIN, tellReportStory } from '../../testing/report-story';
import type { ValueBench } from '../../testing/value-bench';

let reads: ReadsFixture;
beforeAll(async () => {
  reads = await startReads();
});
afterAll(() => reads.stop());

let value: ValueBench;
let clicks: readonly [ClickId, ClickId, ClickId];
beforeEach(async () => {
  ({ value, clicks } = await tellReportStory(reads));
});

describe('GET /v1/reports/funnel', () => {
  const steps = async (range = BERLIN) => {
    const { body, status } = await value.admin.get(`/v1/reports/funnel?${range}`);
    expect(status).toBe(200);
    return body.steps.map((step: Record<string, unknown>) => [
      step.step,
      step.reached,
      step.lost,
      step.lostShare,
    ]);
  };

  it('shows how far the clicks came, and where each ended', async () => {
    expect(await steps()).toEqual([
      ['click', 3, 1, '0.3333'],
      ['install', 0, 0, null],
      ['registration', 2, 1, '0.5000'],
      ['first_deposit', 1, 0, '0.0000'],
    ]);
  });

  it('takes the install for optional, and a deposit for a registration that came late', async () => {
    const { bench } = value;
    const [, , third] = clicks;
    await bench.install({ player: 'P3', key: 'I3', click: third, atMin: 7 });
    const fourth = await bench.click({ atMin: 300 });
    await bench.deposit({ player: 'P5', key: 'D5', click: fourth, atMin: 301 });
    await bench.settleAll();
    expect(await steps()).toEqual([
      ['click', 4, 0, '0.0000'],
      ['install', 1, 1, '1.0000'],
      ['registration', 3, 1, '0.3333'],
      ['first_deposit', 2, 0, '0.0000'],
    ]);
  });

  it('belongs to the days of the clicks, whenever the rest happened', async () => {
    const saturday = 'from=2026-10-24&to=2026-10-24&timezone=Europe/Berlin';
    expect((await steps(saturday))[3]).toEqual(['first_deposit', 1, 0, '0.0000']);
    const sunday = 'from=2026-10-25&to=2026-10-25&timezone=Europe/Berlin';
    expect((await steps(sunday))[0]).toEqual(['click', 0, 0, null]);
  });

  it.each([
    ['creative', { video: [1, 1, 1], null: [2, 1, 0] }],
    ['keyword', { slots: [1, 1, 1], null: [2, 1, 0] }],
    ['source', { google: [1, 1, 1], null: [2, 1, 0] }],
    ['hour', { 22: [3, 2, 1] }],
    ['weekday', { 6: [3, 2, 1] }],
    ['day', { '2026-10-24': [3, 2, 1] }],
  ])('is divided by %s, and the parts add up', async (groupBy, expected) => {
    type Part = { key: string; steps: { step: string; reached: number }[] };
    const reached = ({ steps: all }: Part) =>
      all.filter(({ step }) => step !== 'install').map((step) => step.reached);
    const { body } = await value.admin.get(`/v1/reports/funnel?${BERLIN}&groupBy=${groupBy}`);
    expect(body).toMatchObject({ groupBy, groupsLeftOut: 0 });
    const parts = body.groups.map((part: Part) => [part.key, reached(part)]);
    expect(Object.fromEntries(parts)).toEqual(expected);
    expect(reached(body)).toEqual([3, 2, 1]);
  });

  it('names the campaign and the partner by their ids', async () => {
    const { bench, admin } = value;
    for (const [groupBy, key] of [
      ['campaign', bench.campaignId],
      ['partner', bench.partnerId],
    ]) {
      const { body } = await admin.get(`/v1/reports/funnel?${BERLIN}&groupBy=${groupBy}`);
      expect(body.groups.map((group: { key: string }) => group.key)).toEqual([key]);
    }
  });

  it('is nobody else’s', async () => {
    const { body } = await reads.stranger.get(`/v1/reports/funnel?${BERLIN}`);
    expect(body.steps.map((step: { reached: number }) => step.reached)).toEqual([0, 0, 0, 0]);
  });
});
