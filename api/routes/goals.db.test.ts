import { uuidFromId } from '../../domain/ids';
import { DAY_MS, MINUTE_MS } from '../../domain/time';
import { insertCampaign } from '../../testing/builders/insert-campaign';
import { type ReadsFixture, startReads } from '../../testing/reads-fixture';
import { openValueBench, type ValueBench } from '../../testing/value-bench';

let reads: ReadsFixture;
beforeAll(async () => {
  reads = await startReads();
});
afterAll(() => reads.stop());

/** 22:00 of a Tuesday in Berlin, two hours before its midnight. */
const START = Date.UTC(2026, 10, 10, 21);
let value: ValueBench;
beforeEach(async () => {
  reads.clock.set(START + 2 * DAY_MS);
  value = await openValueBench(reads, { startMs: START });
});

const euros = (amount: string) => ({ amount, currency: 'EUR' });
const GOAL = {
  name: 'A good November',
  metric: 'first_deposits',
  target: 2,
  from: '2026-11-01',
  to: '2026-11-30',
  timeZone: 'Europe/Berlin',
};
const make = (given: object = {}) => value.admin.post('/v1/goals', { ...GOAL, ...given });
const progressOf = async (goalId: string) => (await value.admin.get(`/v1/goals/${goalId}`)).body.progress;

/** A player with a click of its own who registers and deposits at a minute. */
async function depositor(player: string, atMin: number, amountMinor = 10_000n): Promise<void> {
  const { bench } = value;
  const click = await bench.click({ atMin });
  await bench.registration({ player, key: `R${player}`, click, atMin });
  await bench.deposit({ player, key: `D${player}`, atMin, amountMinor });
  await bench.settleAll();
}

async function spend(day: string, amount: string): Promise<void> {
  const { campaignId } = value.bench;
  await value.admin.post('/v1/costs', { campaignId, day, money: euros(amount) });
}

describe('the progress of a goal', () => {
  it('follows what happens, in the days of its time zone', async () => {
    const { body } = await make().expect(201);
    expect(body).toMatchObject({ ...GOAL, campaignId: null });
    expect(body.progress).toEqual({
      ...{ status: 'running', value: 0, ratio: '0.0000', onTarget: false, reachedOn: null, missingRates: 0 },
    });
    await depositor('P1', 10);
    expect(await progressOf(body.goalId)).toMatchObject({ value: 1, ratio: '0.5000', status: 'running' });
    // After Berlin's midnight, before that of UTC.
    await depositor('P2', 130);
    expect(await progressOf(body.goalId)).toEqual({
      ...{ status: 'reached', value: 2, ratio: '1.0000', onTarget: true, reachedOn: '2026-11-11' },
      missingRates: 0,
    });
    const { body: listed } = await value.admin.get('/v1/goals');
    expect(listed.data).toMatchObject([{ goalId: body.goalId, progress: { status: 'reached' } }]);
  });

  it('goes back when a deposit is taken back, and forward again with the next', async () => {
    const { bench } = value;
    const { body: count } = await make();
    const { body: total } = await make({ metric: 'deposit_total', target: euros('150.00') });
    const { body: deposits } = await make({ metric: 'deposits', target: 3 });
    await depositor('P1', 1);
    await depositor('P2', 2);
    await bench.deposit({ player: 'P2', key: 'again', atMin: 200, amountMinor: 100n });
    await bench.settleAll();
    expect(await progressOf(total.goalId)).toMatchObject({ value: euros('201.00'), reachedOn: '2026-11-10' });
    expect(await progressOf(deposits.goalId)).toMatchObject({ value: 3, reachedOn: '2026-11-11' });
    await bench.chargeback({ player: 'P1', key: 'C1', refersTo: 'DP1', atMin: 5, amountMinor: 4_000n });
    await bench.settleAll();
    expect(await progressOf(total.goalId)).toMatchObject({ value: euros('161.00'), status: 'reached' });
    expect(await progressOf(count.goalId)).toMatchObject({ value: 2 });
    await bench.chargeback({ player: 'P1', key: 'C2', refersTo: 'DP1', atMin: 6, amountMinor: 6_000n });
    await bench.settleAll();
    expect(await progressOf(total.goalId)).toMatchObject({
      ...{ value: euros('101.00'), ratio: '0.6733', status: 'running', reachedOn: null },
    });
    expect(await progressOf(count.goalId)).toMatchObject({ value: 1, status: 'running' });
    expect(await progressOf(deposits.goalId)).toMatchObject({ value: 2 });
    await depositor('P3', 20);
    expect(await progressOf(count.goalId)).toMatchObject({ value: 2, status: 'reached' });
  });

  it('counts registrations, spend and the CPA metric', async () => {
    const { body: registrations } = await make({ metric: 'registrations', target: 1 });
    const { body: budget } = await make({ metric: 'spend', target: euros('90.00') });
    const { body: cpa } = await make({ metric: 'cpa_metric', target: euros('50.00') });
    expect(await progressOf(cpa.goalId)).toMatchObject({ value: null, ratio: null, onTarget: null });
    await spend('2026-11-09', '40.00');
    await spend('2026-11-12', '60.00');
    await spend('2026-12-01', '500.00');
    expect(await progressOf(cpa.goalId)).toMatchObject({ value: null, onTarget: null });
    await depositor('P1', 1);
    expect(await progressOf(registrations.goalId)).toMatchObject({ value: 1, reachedOn: '2026-11-10' });
    expect(await progressOf(budget.goalId)).toMatchObject({
      value: euros('100.00'),
      reachedOn: '2026-11-12',
    });
    expect(await progressOf(cpa.goalId)).toMatchObject({
      ...{ value: euros('100.00'), ratio: '0.5000', onTarget: false, status: 'running' },
    });
    await depositor('P2', 2);
    expect(await progressOf(cpa.goalId)).toMatchObject({
      value: euros('50.00'),
      onTarget: true,
      status: 'running',
    });
    reads.clock.set(Date.UTC(2026, 10, 30, 22, 59));
    expect((await progressOf(cpa.goalId)).status).toBe('running');
    reads.clock.set(Date.UTC(2026, 10, 30, 23));
    expect((await progressOf(cpa.goalId)).status).toBe('reached');
    await value.admin.patch(`/v1/goals/${cpa.goalId}`, { target: euros('49.99') }).expect(200);
    expect((await progressOf(cpa.goalId)).status).toBe('missed');
  });

  it('converts into its own currency by dated rates, and cannot be told without', async () => {
    const { body } = await make({ metric: 'deposit_total', target: { amount: '100.00', currency: 'USD' } });
    await depositor('P1', 1);
    expect(await progressOf(body.goalId)).toMatchObject({ value: null, missingRates: 1, status: 'running' });
    const ratedAt = new Date(START).toISOString();
    await value.admin.post('/v1/fx-rates', { from: 'USD', to: 'EUR', rate: '0.8', source: 'ECB', ratedAt });
    expect(await progressOf(body.goalId)).toMatchObject({
      ...{ value: { amount: '125.00', currency: 'USD' }, missingRates: 0, status: 'reached' },
    });
  });

  it('is that of the campaign, when it has one', async () => {
    const { campaignId } = value.bench;
    const other = await insertCampaign(reads.db, value.bench.tenant);
    const { body: mine } = await make({ campaignId, target: 1 });
    const { body: another } = await make({ campaignId: other, target: 1 });
    await depositor('P1', 1);
    expect((await progressOf(mine.goalId)).value).toBe(1);
    expect((await progressOf(another.goalId)).value).toBe(0);
    const { body: listed } = await value.admin.get(`/v1/goals?campaignId=${other}`);
    expect(listed.data.map(({ goalId }: { goalId: string }) => goalId)).toEqual([another.goalId]);
  });

  it('is upcoming before its first day', async () => {
    reads.clock.set(Date.UTC(2026, 9, 31, 23) - MINUTE_MS);
    expect((await make()).body.progress.status).toBe('upcoming');
    reads.clock.set(Date.UTC(2026, 9, 31, 23));
    expect((await make()).body.progress.status).toBe('running');
  });
});

describe('/v1/goals', () => {
  it('changes what may change, and audits it', async () => {
    const { body } = await make();
    const path = `/v1/goals/${body.goalId}`;
    const { body: changed } = await value.admin.patch(path, { target: 5, name: 'Better', to: '2026-12-31' });
    expect(changed).toMatchObject({ ...GOAL, target: 5, name: 'Better', to: '2026-12-31' });
    const audited = await reads
      .db('audit')
      .where({ workspace_id: uuidFromId(value.bench.tenant.workspaceId) })
      .orderBy('action');
    expect(audited).toMatchObject([
      { action: 'goal.changed', detail: { target: 5 } },
      { action: 'goal.created', detail: { target: 2 } },
    ]);
  });

  it.each([
    ['an amount for a count', { target: euros('2.00') }, 'target'],
    ['a number for an amount', { metric: 'spend' }, 'target'],
    ['nothing to reach', { target: 0 }, 'target'],
    ['a fraction', { target: 1.5 }, 'target'],
    ['another metric', { metric: 'likes' }, 'metric'],
    ['days in the wrong order', { to: '2026-10-31' }, 'to'],
    ['more than a leap year', { to: '2027-11-02' }, 'to'],
    ['a zone that is none', { timeZone: 'Europe/Bonn' }, 'timeZone'],
  ])('refuses %s', async (_what, given, path) => {
    const { body, status } = await make(given);
    expect(status).toBe(400);
    expect(body.errors.map((problem: { path: string }) => problem.path)).toContain(path);
  });

  it('refuses to change the metric, and a target of the other kind', async () => {
    const { body } = await make();
    const path = `/v1/goals/${body.goalId}`;
    expect((await value.admin.patch(path, { metric: 'spend' })).status).toBe(400);
    expect((await value.admin.patch(path, { target: euros('2.00') })).status).toBe(400);
    expect((await value.admin.patch(path, { from: '2026-12-01' })).status).toBe(400);
  });

  it('is nobody else’s', async () => {
    const { body } = await make();
    expect((await reads.stranger.get(`/v1/goals/${body.goalId}`)).status).toBe(404);
    expect((await reads.stranger.get('/v1/goals')).body.data).toEqual([]);
    const theirs = await insertCampaign(reads.db, reads.stranger);
    expect((await make({ campaignId: theirs })).body.errors[0].path).toBe('campaignId');
  });
});
