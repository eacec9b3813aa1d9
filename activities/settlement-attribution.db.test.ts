import type { Db } from '../db/knex';
import type { AttributionModel } from '../domain/attribution/models';
import { type ClickId, uuidFromId } from '../domain/ids';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../domain/time';
import { readBrokenCredits } from '../testing/attribution-rows';
import { insertVerdict } from '../testing/builders/insert-verdict';
import { openSettlementBench } from '../testing/settlement-bench';
import { createTestDb, type TestDb } from '../testing/test-db';
import { LONG_AGO_MS, openVisitorBench, uuids, type VisitorBench } from '../testing/visitor-bench';

const DAY = DAY_MS / MINUTE_MS;
const HOUR = HOUR_MS / MINUTE_MS;

let testDb: TestDb;
let db: Db;
let bench: VisitorBench;

beforeAll(async () => {
  testDb = await createTestDb();
  db = testDb.db;
});
afterAll(() => testDb.drop());

describe('a path of three partners', () => {
  const [none, whole] = [0, 1_000_000];

  async function path(model: AttributionModel): Promise<readonly [ClickId, ClickId, ClickId]> {
    bench = await openVisitorBench(db, model);
    return [
      await bench.clickAt(0),
      await bench.clickAt(DAY, await bench.partner()),
      await bench.clickAt(2 * DAY, await bench.partner()),
    ];
  }

  it.each<[AttributionModel, [ppm: number, amount: number][]]>([
    [
      'last_touch',
      [
        [none, 0],
        [none, 0],
        [whole, 100],
      ],
    ],
    [
      'first_touch',
      [
        [whole, 100],
        [none, 0],
        [none, 0],
      ],
    ],
    [
      'last_non_direct',
      [
        [none, 0],
        [none, 0],
        [whole, 100],
      ],
    ],
    [
      'linear',
      [
        [333_334, 34],
        [333_333, 33],
        [333_333, 33],
      ],
    ],
    [
      'position_based',
      [
        [400_000, 40],
        [200_000, 20],
        [400_000, 40],
      ],
    ],
  ])('%s', async (model, shares) => {
    const clicks = await path(model);
    await bench.convert(clicks[2], 2 * DAY + HOUR);
    const expected = shares.map(([ppm, amount], index) => [
      uuidFromId(clicks[index] ?? clicks[0]),
      ppm,
      amount,
    ]);
    expect(
      (await bench.credits('D1')).map((row) => [row.touch_id, row.weight_ppm, Number(row.amount_minor)]),
    ).toEqual(expected.filter(([, ppm]) => ppm !== none));
    expect(await bench.conversion('D1')).toMatchObject({ attribution_model: model, status: 'approved' });
  });

  it('time_decay', async () => {
    const clicks = await path('time_decay');
    await bench.convert(clicks[2], 2 * DAY + HOUR);
    // A day is a seventh of a half-life; rounding to parts per million may take one.
    const sum = 1 + 2 ** (1 / 7) + 2 ** (2 / 7);
    const weights = (await bench.credits('D1')).map(({ weight_ppm }) => weight_ppm);
    const distances = weights.map((weight, index) => Math.abs(weight - (2 ** (index / 7) / sum) * whole));
    expect(Math.max(...distances)).toBeLessThan(2);
    expect((await bench.amounts('D1')).reduce((a, b) => a + b)).toBe(100);
  });

  it('gives each credited partner his part of his own deal, and all together one whole of equal deals', async () => {
    bench = await openVisitorBench(db, 'linear', { cpaMinor: 100n });
    const [second, third] = [
      await bench.partner({ cpaMinor: 100n }),
      await bench.partner({ cpaMinor: 100n }),
    ];
    await bench.clickAt(0);
    await bench.clickAt(DAY, second);
    await bench.convert(await bench.clickAt(2 * DAY, third), 2 * DAY + HOUR);
    const lines = await db('commission_lines')
      .where('workspace_id', uuidFromId(bench.tenant.workspaceId))
      .select('partner_id', 'amount_minor');
    expect(new Map(lines.map((line) => [line.partner_id, line.amount_minor]))).toEqual(
      new Map([
        [uuidFromId(bench.partnerId), 34n],
        [uuidFromId(second), 33n],
        [uuidFromId(third), 33n],
      ]),
    );
  });

  it('tells the assisting touches of the binding event, and no other’s', async () => {
    bench = await openVisitorBench(db, 'last_touch');
    const [first, second] = [await bench.clickAt(0), await bench.clickAt(DAY, await bench.partner())];
    await bench.convert(second, 2 * DAY);
    expect(await bench.losing('R1', 'registration')).toEqual({ [uuidFromId(first)]: 'assisted' });
    expect(await bench.losing('D1')).toEqual({});
  });
});

it('time decay: ages of 0, 7, 14 and 28 days at a half-life of 7 are 16, 8, 4 and 1 of 29', async () => {
  bench = await openVisitorBench(db, 'time_decay');
  // First and last by one partner: a last click at the very moment of the event contests nobody.
  await bench.clickAt(0);
  await bench.clickAt(14 * DAY, await bench.partner());
  await bench.clickAt(21 * DAY, await bench.partner());
  const last = await bench.clickAt(28 * DAY);
  await bench.convert(last, 28 * DAY, 2_900n);
  expect(await bench.amounts('D1')).toEqual([100, 400, 800, 1_600]);
});

it('time decay takes the half-life of the deciding click’s campaign', async () => {
  bench = await openVisitorBench(db, 'time_decay', { campaign: { halfLifeDays: 1 } });
  await bench.clickAt(0);
  await bench.convert(await bench.clickAt(2 * DAY), 2 * DAY, 500n);
  expect(await bench.amounts('D1')).toEqual([100, 400]);
});

describe('last non-direct', () => {
  it('passes over what nobody sent; an ad platform’s id or a named source is somebody', async () => {
    bench = await openVisitorBench(db, 'last_non_direct');
    await bench.clickAt(0);
    const ad = await bench.clickAt(1, null, { adIds: { gclid: 'g-1' } });
    await bench.convert(await bench.clickAt(2, null), 10);
    expect(await bench.credited('D1')).toEqual(uuids(ad));
    expect(await bench.conversion('D1')).toMatchObject({ click_id: uuidFromId(ad) });
    const named = await bench.clickAt(20, null, { utm: { utm_source: 'news' } });
    await bench.registration({ player: 'P2', key: 'R2', click: named, atMin: 30 });
    await bench.settleAll();
    expect(await bench.credited('R2', 'registration')).toEqual(uuids(named));
  });

  it('credits the last of a path that nobody sent', async () => {
    bench = await openVisitorBench(db, 'last_non_direct');
    await bench.clickAt(0, null);
    const last = await bench.clickAt(1, null);
    await bench.convert(last, 10);
    expect(await bench.credited('D1')).toEqual(uuids(last));
    expect((await bench.books()).lines).toEqual([]);
  });
});

describe('whose touches', () => {
  it('never another visitor’s, however near they are', async () => {
    bench = await openVisitorBench(db, 'linear');
    const own = await bench.clickAt(0);
    await bench.click({ atMin: 1 });
    await bench.click({ atMin: 2, partnerId: await bench.partner() });
    await bench.convert(own, 10);
    expect(await bench.credited('D1')).toEqual(uuids(own));
  });

  it('of every click that the player’s events named up to the binding one, and not of later ones', async () => {
    bench = await openVisitorBench(db, 'linear');
    const [phone, desktop, stolen] = [
      await bench.clickAt(0),
      await bench.click({ atMin: 1 }),
      await bench.click(),
    ];
    await bench.install({ player: 'P1', key: 'I1', click: phone, atMin: 5 });
    await bench.registration({ key: 'R1', click: desktop, atMin: 10 });
    await bench.deposit({ key: 'D1', click: stolen, atMin: 20 });
    await bench.settleAll();
    expect(await bench.credited('D1')).toEqual(uuids(phone, desktop).sort());
  });

  it('the latest hundred clicks that are looked at are this workspace’s own', async () => {
    bench = await openVisitorBench(db, 'linear');
    const own = [await bench.clickAt(0), await bench.clickAt(1)] as const;
    const stranger = await openSettlementBench(db, { startMs: LONG_AGO_MS });
    for (let atMin = 2; atMin < 103; atMin += 1) await stranger.click({ visitorId: bench.visitorId, atMin });
    await bench.convert(own[1], 200);
    expect(await bench.credited('D1')).toEqual(uuids(...own));
  });

  it('of more than fifty clicks the latest fifty', async () => {
    bench = await openVisitorBench(db, 'linear');
    const path: ClickId[] = [];
    for (let atMin = 0; atMin < 60; atMin += 1) path.push(await bench.clickAt(atMin));
    await bench.convert(path[59] as ClickId, 100);
    expect(await bench.credited('D1')).toEqual(uuids(...path.slice(10)));
  });

  it('no blocked click, named or not', async () => {
    bench = await openVisitorBench(db, 'linear');
    const human = await bench.clickAt(0);
    const robot = await bench.clickAt(1);
    const reason = { code: 'a_rule', detail: 'A robot.', mode: 'active', score: 100 } as const;
    await insertVerdict(db, {
      ...bench.tenant,
      subjectId: robot,
      verdict: {
        outcome: 'block',
        score: 100,
        reasons: [{ ...reason, level: 'proof', family: 'duplicate' }],
      },
    });
    await bench.convert(human, 10);
    expect(await bench.credited('D1')).toEqual(uuids(human));
    expect(await bench.losing('R1', 'registration')).toEqual({ [uuidFromId(robot)]: 'blocked_click' });
  });

  it('and each has its verdict before it is credited, also one that no event names', async () => {
    bench = await openVisitorBench(db, 'linear');
    const path = [await bench.clickAt(0), await bench.clickAt(1)] as const;
    const { id } = await bench.registration({ key: 'R1', click: path[1], atMin: 10 });
    await bench.assess(id);
    const judged: string[] = await db('verdicts').where('subject_kind', 'click').pluck('subject_id');
    expect(judged).toEqual(expect.arrayContaining(uuids(...path)));
  });

  it('no click of a test event’s visitor: a test names clicks in vain', async () => {
    bench = await openVisitorBench(db, 'linear');
    const [own, other] = [await bench.clickAt(0), await bench.click({ atMin: 1 })];
    await bench.install({ player: 'P1', key: 'I1', click: other, atMin: 2, isTest: true });
    await bench.convert(own, 10);
    expect(await bench.credited('D1')).toEqual(uuids(own));
  });
});

it('and every credit of all of these is whole', async () => {
  expect(await readBrokenCredits(db)).toEqual([]);
});
