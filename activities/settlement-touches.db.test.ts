import type { Db } from '../db/knex';
import { mintId } from '../db/mint-id';
import { uuidFromId } from '../domain/ids';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../domain/time';
import { readBrokenCredits } from '../testing/attribution-rows';
import { insertCampaign } from '../testing/builders/insert-campaign';
import { openSettlementBench } from '../testing/settlement-bench';
import { createTestDb, type TestDb } from '../testing/test-db';
import { LONG_AGO_MS, openVisitorBench, uuids, type VisitorBench } from '../testing/visitor-bench';

const DAY = DAY_MS / MINUTE_MS;
const HOUR = HOUR_MS / MINUTE_MS;
const MS = 1 / MINUTE_MS;
const SECOND = 1 / 60;

let testDb: TestDb;
let db: Db;
let bench: VisitorBench;

beforeAll(async () => {
  testDb = await createTestDb();
  db = testDb.db;
});
afterAll(() => testDb.drop());

describe('windows', () => {
  it.each([30, 90])('of %d days, both ends included, by each click’s own campaign', async (days) => {
    bench = await openVisitorBench(db, 'linear', { campaign: { clickWindowDays: days } });
    const short = await insertCampaign(db, {
      ...bench.tenant,
      partnerId: bench.partnerId,
      model: 'linear',
      clickWindowDays: 1,
    });
    const first = await bench.clickAt(0);
    const over = await bench.clickAt(1, bench.partnerId, { campaignId: short });
    const last = await bench.clickAt(days * DAY - 10, bench.partnerId, { campaignId: short });
    await bench.registration({ key: 'R1', click: last, atMin: days * DAY });
    await bench.registration({ player: 'P2', key: 'R2', click: last, atMin: days * DAY + MS });
    await bench.settleAll();
    expect(await bench.credited('R1', 'registration')).toEqual(uuids(first, last));
    expect(await bench.losing('R1', 'registration')).toEqual({ [uuidFromId(over)]: 'outside_click_window' });
    expect(await bench.credited('R2', 'registration')).toEqual(uuids(last));
  });

  it('are held against the binding event alone: a deposit long after is credited as the player is bound', async () => {
    bench = await openVisitorBench(db, 'linear', { campaign: { clickWindowDays: 1 } });
    const path = [await bench.clickAt(0), await bench.clickAt(1)] as const;
    await bench.registration({ key: 'R1', click: path[1], atMin: 10 });
    await bench.clickAt(20, await bench.partner());
    await bench.deposit({ key: 'D1', atMin: 60 * DAY, amountMinor: 101n });
    await bench.settleAll();
    expect(await bench.credited('D1')).toEqual(uuids(...path));
    expect(await bench.amounts('D1')).toEqual([51, 50]);
  });

  it('a first deposit without a registration binds by the touches of its own time, however many failed before', async () => {
    bench = await openVisitorBench(db, 'linear');
    const first = await bench.clickAt(0);
    for (const number of [1, 2, 3, 4, 5, 6]) {
      await bench.deposit({ key: `F${number}`, click: first, atMin: number, status: 'failed' });
    }
    const second = await bench.clickAt(20, await bench.partner());
    await bench.deposit({ key: 'D1', click: first, atMin: 30 });
    await bench.settleAll();
    expect(await bench.credited('D1')).toEqual(uuids(first, second));
  });
});

describe('views', () => {
  it('any click inside its window beats every view, also one that was seen later', async () => {
    bench = await openVisitorBench(db, 'linear');
    const click = await bench.clickAt(0);
    const seen = await bench.view({ visitorId: bench.visitorId, atMin: 20 });
    await bench.convert(click, 30);
    expect(await bench.credited('D1')).toEqual(uuids(click));
    expect(await bench.losing('R1', 'registration')).toEqual({ [uuidFromId(seen)]: 'click_beats_view' });
  });

  it('without such a click the latest seen view is credited, reported as such, and never paid or told', async () => {
    bench = await openVisitorBench(db, 'linear', {
      campaign: { clickWindowDays: 1 },
      terms: { kind: 'percent', ratePpm: 100_000 },
    });
    const click = await bench.clickAt(0);
    const earlier = await bench.view({ visitorId: bench.visitorId, atMin: 2 * DAY });
    const latest = await bench.view({ visitorId: bench.visitorId, atMin: 2 * DAY + 5 });
    const unseen = await bench.view({ visitorId: bench.visitorId, atMin: 2 * DAY + 6, seenAtMin: null });
    await bench.convert(click, 2 * DAY + 10);
    expect(await bench.credits('D1')).toEqual([
      expect.objectContaining({ touch_kind: 'view', touch_id: uuidFromId(latest), weight_ppm: 1_000_000 }),
    ]);
    expect(await bench.conversion('D1')).toMatchObject({
      ...{ status: 'approved', reason: null, click_id: null, attribution_model: 'last_touch' },
      campaign_id: uuidFromId(bench.campaignId),
    });
    expect(await bench.losing('R1', 'registration')).toEqual({
      [uuidFromId(click)]: 'outside_click_window',
      [uuidFromId(earlier)]: 'assisted',
    });
    expect(await bench.losing('R1', 'registration')).not.toHaveProperty(uuidFromId(unseen));
    expect(await bench.books()).toMatchObject({ lines: [], balances: {} });
    expect((await bench.books()).binding).toMatch(/ view_through$/);
  });

  it.each([
    ['inside, to the millisecond', 24, 0, true],
    ['outside by a millisecond', 24, MS, false],
    ['by the campaign’s own hours', 2, MS, false],
    ['counted from when it was seen', 2, 0, true],
  ])('%s', async (_what, viewWindowHours, late, isCredited) => {
    bench = await openVisitorBench(db, 'linear', { campaign: { clickWindowDays: 1, viewWindowHours } });
    const click = await bench.clickAt(0);
    const atMin = 3 * DAY;
    const view = await bench.view({ visitorId: bench.visitorId, atMin, seenAtMin: atMin + 10 });
    await bench.convert(click, atMin + 10 + viewWindowHours * HOUR + late);
    expect(await bench.credited('D1')).toEqual(isCredited ? [uuidFromId(view)] : []);
    const reason = isCredited ? null : 'outside_click_window';
    expect(await bench.conversion('D1')).toMatchObject({ reason, status: 'approved' });
  });

  it('of another visitor or workspace never', async () => {
    bench = await openVisitorBench(db, 'linear', { campaign: { clickWindowDays: 1 } });
    const click = await bench.clickAt(0);
    await bench.view({ visitorId: bench.visitor(), atMin: 2 * DAY });
    const stranger = await openSettlementBench(db, { startMs: LONG_AGO_MS });
    await stranger.view({ visitorId: bench.visitorId, atMin: 2 * DAY });
    await bench.convert(click, 2 * DAY + 1);
    expect(await bench.credited('D1')).toEqual([]);
  });
});

describe('touches that turn up late', () => {
  it('the named click itself: its whole path is credited once it is there', async () => {
    bench = await openVisitorBench(db, 'linear');
    const other = await bench.clickAt(0, await bench.partner());
    const named = mintId('clk', bench.startMs + MINUTE_MS);
    const known = await bench.click({ atMin: 1 });
    await bench.install({ player: 'P1', key: 'I1', click: known, atMin: 2 });
    await bench.registration({ key: 'R1', click: named, atMin: 10 });
    await bench.deposit({ key: 'D1', atMin: 20 });
    await bench.settleAll();
    expect(await bench.credited('D1')).toEqual(uuids(known));
    await bench.lateClick(named, 1, { visitorId: bench.visitorId });
    await bench.settleAll();
    expect(await bench.credited('D1')).toEqual(uuids(other, known, named).sort());
  });

  it('a click that no event names waits for the player’s next event, which then sees it for all of them', async () => {
    bench = await openVisitorBench(db, 'linear');
    const named = await bench.clickAt(5);
    await bench.convert(named, 10);
    expect(await bench.credited('D1')).toEqual(uuids(named));
    const late = await bench.clickAt(0, await bench.partner());
    expect(await bench.unhandled()).toEqual([]);
    expect(await bench.credited('D1')).toEqual(uuids(named));
    await bench.deposit({ key: 'D2', atMin: 200 });
    await bench.settleAll();
    expect(await bench.credited('D1')).toEqual(uuids(late, named));
    expect(await bench.credited('R1', 'registration')).toEqual(uuids(late, named));
  });

  it('an earlier registration changes the path, and with it every credit and line', async () => {
    bench = await openVisitorBench(db, 'linear', { cpaMinor: 100n });
    const other = await bench.partner({ cpaMinor: 100n });
    const first = await bench.clickAt(0);
    const second = await bench.clickAt(20, other);
    await bench.registration({ key: 'R2', click: second, atMin: 30 });
    await bench.deposit({ key: 'D1', atMin: 40 });
    await bench.settleAll();
    expect((await bench.books()).lines).toEqual(['D1 cpa 50 EUR', 'D1 cpa 50 EUR']);
    await bench.registration({ key: 'R1', click: first, atMin: 10 });
    await bench.settleAll();
    expect(await bench.credited('D1')).toEqual(uuids(first));
    expect(await bench.books()).toMatchObject({
      lines: ['D1 cpa 100 EUR'],
      balances: { [`payable:${bench.partnerId} EUR D1 cpa`]: '-100' },
    });
    expect(await bench.conversion('R2', 'registration')).toMatchObject({ reason: 'already_registered' });
  });
});

describe('contests', () => {
  const contests = () =>
    db('contested_touches')
      .where('workspace_id', uuidFromId(bench.tenant.workspaceId))
      .orderBy('challenger_click_id')
      .select('challenger_click_id', 'protected_click_id', 'gap_ms', 'is_refused', 'reason');

  it.each([
    ['a millisecond short of fifteen seconds: refused', 15 * SECOND - MS, true],
    ['fifteen seconds: it has displaced the first', 15 * SECOND, false],
  ])('%s', async (_what, gapMin, isRefused) => {
    bench = await openVisitorBench(db, 'last_touch');
    const thief = await bench.partner({ cpaMinor: 7_000n });
    const first = await bench.clickAt(0);
    const last = await bench.clickAt(30 - gapMin, thief);
    await bench.convert(last, 30);
    expect(await bench.credited('D1')).toEqual(uuids(isRefused ? first : last));
    expect((await bench.books()).lines).toEqual([`D1 cpa ${isRefused ? 5000 : 7000} EUR`]);
    expect(await contests()).toEqual([
      {
        challenger_click_id: uuidFromId(last),
        protected_click_id: uuidFromId(first),
        gap_ms: BigInt(Math.round(gapMin * MINUTE_MS)),
        is_refused: isRefused,
        reason: isRefused ? 'click_just_before_event' : 'overwritten_before_registration',
      },
    ]);
    const lost = isRefused ? { [uuidFromId(last)]: 'contested' } : { [uuidFromId(first)]: 'assisted' };
    expect(await bench.losing('R1', 'registration')).toEqual(lost);
  });

  it('are recorded also when the leading click stays the same', async () => {
    bench = await openVisitorBench(db, 'linear');
    await bench.clickAt(0);
    await bench.convert(await bench.clickAt(20), 30);
    expect(await contests()).toEqual([]);
    const between = await bench.clickAt(10, await bench.partner());
    await bench.deposit({ key: 'D2', atMin: 200 });
    await bench.settleAll();
    expect((await contests()).map((row) => row.challenger_click_id)).toEqual(uuids(between));
  });

  it('are of the player’s binding event only, and go with it', async () => {
    bench = await openVisitorBench(db, 'last_touch');
    const [first, last] = [await bench.clickAt(0), await bench.clickAt(20, await bench.partner())];
    await bench.deposit({ key: 'D1', click: last, atMin: 30 });
    await bench.settleAll();
    expect(await contests()).toHaveLength(1);
    await bench.registration({ key: 'R1', click: first, atMin: 10 });
    await bench.settleAll();
    expect(await contests()).toEqual([]);
  });
});

it('a binding whose only event a person rejects is no binding any more', async () => {
  bench = await openVisitorBench(db, 'last_touch');
  const clickId = await bench.clickAt(0);
  await bench.registration({ key: 'R1', click: clickId, atMin: 10 });
  await bench.settleAll();
  expect((await bench.books()).binding).toMatch(/^registration R1/);
  await bench.rule('R1', 'reject', 'registration');
  await bench.settleAll();
  expect(await bench.books()).toMatchObject({ binding: null });
  expect(await bench.conversion('R1', 'registration')).toMatchObject({ reason: 'rejected_by_ruling' });
});

it('and every credit of all of these is whole', async () => {
  expect(await readBrokenCredits(db)).toEqual([]);
});
