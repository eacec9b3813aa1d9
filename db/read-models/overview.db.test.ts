import fc from 'fast-check';
import type { Currency } from '../../domain/currencies';
import { type ClickId, uuidFromId } from '../../domain/ids';
import { HOUR_MS, MINUTE_MS } from '../../domain/time';
import { insertVerdict } from '../../testing/builders/insert-verdict';
import { countClicksByDevice, readFromFacts, readRolledUp, rollUpTo } from '../../testing/overview-checks';
import { ruleOn } from '../../testing/rule-on';
import { openSettlementBench, type SettlementBench } from '../../testing/settlement-bench';
import { createTestDb, type TestDb } from '../../testing/test-db';
import type { Db } from '../knex';
import { recountTraffic } from '../stores/traffic-store';
import { type OverviewQuestion, readOverview } from './overview';

const TIMEOUT_MS = 240_000;
/** Berlin turns its clocks back in the night that follows. */
const START = Date.UTC(2026, 9, 24, 18);
const at = (minute: number) => START + minute * MINUTE_MS;
const EUR = 'EUR' as Currency;
const REASONS = [
  { code: 'a_rule', detail: 'x', family: 'geo', level: 'review', mode: 'active', score: 40 },
] as const;

let testDb: TestDb;
let db: Db;

beforeAll(async () => {
  testDb = await createTestDb();
  db = testDb.db;
});
afterAll(() => testDb.drop());

async function open(): Promise<SettlementBench> {
  await recountTraffic(db, START);
  return openSettlementBench(db, {
    startMs: START,
    campaign: { model: 'linear' },
    terms: { kind: 'hybrid', cpa: { amountMinor: 5_001n, currency: EUR }, ratePpm: 105_000 },
  });
}

const ask = (given: Partial<OverviewQuestion> = {}): OverviewQuestion => ({
  ...{ fromDay: '2026-10-23', toDay: '2026-10-27', timeZone: 'UTC', groupBy: 'all' },
  ...given,
});

/** Only days and hours depend on the zone. */
const ASKED = [
  ...(['campaign', 'partner', 'country'] as const).map((groupBy) => ({ timeZone: 'UTC', groupBy })),
  ...['UTC', 'Europe/Berlin', 'Asia/Kolkata', 'America/St_Johns'].map((timeZone) => ({
    timeZone,
    groupBy: 'day' as const,
  })),
  ...['Europe/Berlin', 'Asia/Kathmandu'].map((timeZone) => ({ timeZone, groupBy: 'hour' as const })),
];

/** Every grouping, and days and hours in several zones, say what the facts say. */
async function expectTheFacts({ tenant, campaignId }: SettlementBench): Promise<void> {
  const byKey = (a: { key: string | null }, b: { key: string | null }) =>
    String(a.key) < String(b.key) ? -1 : 1;
  for (const asked of ASKED) {
    const counted = await readFromFacts(db, tenant.workspaceId, ask(asked));
    const rolledUp = await readRolledUp(db, tenant.workspaceId, ask(asked));
    expect({ ...asked, groups: rolledUp.sort(byKey) }).toEqual({ ...asked, groups: counted.sort(byKey) });
  }
  // Each of these reads another rollup, or other rows of it.
  const totals = ['all', 'country', 'device'] as const;
  for (const narrowed of [{}, { campaignId }]) {
    const read = (groupBy: (typeof totals)[number]) =>
      readOverview(db, tenant.workspaceId, ask({ groupBy, ...narrowed }));
    const [all, ...others] = await Promise.all(totals.map(read));
    for (const other of others) expect(other.total).toEqual(all?.total);
  }
  const { groups } = await readOverview(db, tenant.workspaceId, ask({ groupBy: 'device' }));
  const devices = groups
    .filter(({ counts }) => counts.clicks > 0n)
    .map(({ key, counts }) => ({
      device: key,
      clicks: Number(counts.clicks),
      blocked: Number(counts.blockedClicks),
      review: Number(counts.reviewClicks),
    }));
  expect(devices).toEqual(await countClicksByDevice(db, tenant.workspaceId));
}

const clicksNow = async ({ tenant }: SettlementBench) =>
  Number((await readOverview(db, tenant.workspaceId, ask())).total.clicks);

const minute = fc.integer({ min: 0, max: 40 * 60 });
const step = fc.oneof(
  fc.record({
    kind: fc.constant('click' as const),
    minute,
    device: fc.constantFrom('mobile', 'desktop', null),
    isTest: fc.integer({ max: 9, min: 0 }).map((n) => n === 0),
    outcome: fc.constantFrom('allow', 'allow', 'block', 'review'),
  }),
  fc.record({
    kind: fc.constant('player' as const),
    minute,
    click: fc.nat(),
    deposits: fc.integer({ min: 0, max: 3 }),
  }),
  fc.record({
    kind: fc.constant('chargeback' as const),
    player: fc.nat(),
    amount: fc.integer({ min: 1, max: 9_000 }),
  }),
  fc.record({ kind: fc.constant('reversal' as const), player: fc.nat() }),
  fc.record({ kind: fc.constant('ruling' as const), player: fc.nat() }),
  fc.record({ kind: fc.constant('roll' as const), minute }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** One workspace's life, told in any order; clicks reach the database at most some minutes after their own time. */
async function live(bench: SettlementBench, steps: readonly Step[]): Promise<void> {
  const clicks: ClickId[] = [];
  const players: string[] = [];
  let rolledMin = 0;
  const some = <T>(list: readonly T[], index: number): T | undefined =>
    list[index % Math.max(1, list.length)];
  for (const [index, given] of steps.entries()) {
    const player = `P${index}`;
    switch (given.kind) {
      case 'click': {
        const atMin = Math.max(given.minute, rolledMin - 4);
        const clickId = await bench.click({ atMin, isTest: given.isTest });
        await db('clicks').where('click_id', uuidFromId(clickId)).update({ device: given.device });
        clicks.push(clickId);
        const { outcome } = given;
        if (outcome === 'allow') break;
        const verdict = { outcome: outcome as 'block', score: 40, reasons: REASONS };
        await insertVerdict(db, { ...bench.tenant, subjectId: clickId, verdict });
        break;
      }
      case 'player': {
        const click = some(clicks, given.click);
        await bench.registration({ player, key: `R${index}`, click, atMin: given.minute + 1 });
        for (let nth = 0; nth < given.deposits; nth += 1) {
          const atMin = given.minute + 2 + 17 * nth;
          await bench.deposit({ player, key: `D${index}-${nth}`, click, atMin, amountMinor: 5_555n });
        }
        if (given.deposits > 0) players.push(player);
        break;
      }
      case 'chargeback': {
        const victim = some(players, given.player);
        if (victim === undefined) break;
        const refersTo = `D${victim.slice(1)}-0`;
        const amountMinor = BigInt(given.amount);
        await bench.chargeback({ player: victim, key: `C${index}`, refersTo, atMin: 2_900, amountMinor });
        break;
      }
      case 'reversal': {
        const victim = some(players, given.player);
        if (victim === undefined) break;
        const transaction = `D${victim.slice(1)}-0`;
        const reversal = { key: `X${index}`, transaction, status: 'reversed', amountMinor: 5_555n } as const;
        await bench.deposit({ player: victim, ...reversal, atMin: 2_901 });
        break;
      }
      case 'ruling': {
        await bench.settleAll();
        const victim = some(players, given.player);
        const transaction = `D${victim?.slice(1)}-0`;
        const conversion = victim === undefined ? undefined : await bench.conversion(transaction);
        if (conversion?.status === 'approved') await ruleOn(bench, transaction, 'reject');
        break;
      }
      case 'roll':
        rolledMin = Math.max(rolledMin, given.minute);
        await rollUpTo(db, at(rolledMin));
    }
    if (index % 3 === 0) await bench.settleAll();
  }
  await bench.settleAll();
}

describe('the overview', () => {
  it(
    'says what counting every fact says, however late things come and whenever they were counted',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
          const bench = await open();
          await live(bench, steps);
          await rollUpTo(db, at(50 * 60));
          await expectTheFacts(bench);
        }),
        { numRuns: 10 },
      );
    },
    TIMEOUT_MS,
  );

  it('knows a click at once, whether it is counted yet, being counted, or counted long ago', async () => {
    const bench = await open();
    await bench.click({ atMin: 5 });
    expect(await clicksNow(bench)).toBe(1);
    for (const rolled of [4, 6, 16, 21, 70, 200]) {
      await rollUpTo(db, at(rolled));
      expect([rolled, await clicksNow(bench)]).toEqual([rolled, 1]);
    }
    await bench.click({ atMin: 200 });
    expect(await clicksNow(bench)).toBe(2);
  });

  it('finds a click that was committed behind the count when its quarter is counted anew', async () => {
    const bench = await open();
    await bench.click({ atMin: 1 });
    await rollUpTo(db, at(15));
    await bench.click({ atMin: 2 });
    expect(await clicksNow(bench)).toBe(1);
    await rollUpTo(db, at(20));
    expect(await clicksNow(bench)).toBe(2);
  });

  it('says since when money waits, and counts it when it is its turn', async () => {
    const bench = await open();
    const clickId = await bench.click({ atMin: 1 });
    await rollUpTo(db, at(5));
    await bench.registration({ key: 'R1', click: clickId, atMin: 2 });
    await bench.deposit({ key: 'D1', click: clickId, atMin: 3 });
    await bench.settleAll();
    const waiting = await readOverview(db, bench.tenant.workspaceId, ask());
    expect([waiting.total.depositsPpm, waiting.resultsBehindSince]).toEqual([0n, expect.any(Date)]);
    await rollUpTo(db, at(5));
    const { total, resultsBehindSince } = await readOverview(db, bench.tenant.workspaceId, ask());
    expect([total.depositsPpm, total.deposits.get(EUR), resultsBehindSince]).toEqual([
      1_000_000n,
      10_000n,
      null,
    ]);
  });

  it('moves a conversion whose own time is corrected, and keeps tenants apart', async () => {
    const bench = await open();
    await bench.deposit({ key: 'D1', click: await bench.click({ atMin: 1 }), atMin: 3 });
    await bench.settleAll();
    await rollUpTo(db, at(5));
    const own = { workspace_id: uuidFromId(bench.tenant.workspaceId) };
    await db('conversions')
      .where(own)
      .update({ occurred_at: new Date(at(50)) });
    await rollUpTo(db, at(5));
    expect(await db('result_quarters').where(own).pluck('quarter_at')).toEqual([new Date(at(45))]);
    const stranger = await open();
    await rollUpTo(db, at(5));
    expect((await readOverview(db, stranger.tenant.workspaceId, ask())).total.depositsPpm).toBe(0n);
  });

  it('is counted by one process at a time, and the same however many try', async () => {
    const bench = await open();
    for (let index = 0; index < 12; index += 1) await bench.click({ atMin: index * 20 });
    await Promise.all([1, 2, 3, 4].map(() => rollUpTo(db, at(12 * 20 + HOUR_MS / MINUTE_MS))));
    await rollUpTo(db, at(12 * 20 + HOUR_MS / MINUTE_MS));
    expect(await clicksNow(bench)).toBe(12);
    const sums = await db('traffic_quarters')
      .where('workspace_id', uuidFromId(bench.tenant.workspaceId))
      .sum('clicks as clicks');
    expect(sums).toEqual([{ clicks: '12' }]);
    await expectTheFacts(bench);
  });
});
