import type { Db } from '../db/knex';
import { mintId } from '../db/mint-id';
import { matchByHand } from '../db/stores/quarantine-match-store';
import { type ClickId, uuidFromId } from '../domain/ids';
import { permutations } from '../domain/testing/fact-sets';
import { insertDestination } from '../testing/builders/insert-postback';
import { openSettlementBench, type SettlementBench } from '../testing/settlement-bench';
import { createTestDb, type TestDb } from '../testing/test-db';
import { screenClicks } from './screen-clicks';

let testDb: TestDb;
let db: Db;
let bench: SettlementBench;

beforeAll(async () => {
  testDb = await createTestDb();
  db = testDb.db;
});
afterAll(() => testDb.drop());
beforeEach(async () => {
  bench = await openSettlementBench(db);
  await insertDestination(db, {
    ...bench.tenant,
    events: ['install', 'registration', 'first_deposit', 'deposit'],
  });
});

const count = async (table: string): Promise<number> =>
  (await db(table).where('workspace_id', uuidFromId(bench.tenant.workspaceId))).length;
const expectNothingBooked = async () => {
  expect(await bench.unhandled()).toEqual([]);
  for (const table of ['conversions', 'commission_lines', 'ledger_journals', 'postbacks', 'customer_ltv']) {
    expect([table, await count(table)]).toEqual([table, 0]);
  }
};

const install = (click: ClickId) => bench.install({ key: 'I1', click, atMin: 1 });
const registration = (click: ClickId) => bench.registration({ key: 'R1', click, atMin: 2 });
const deposit = (click?: ClickId) => bench.deposit({ key: 'D1', click, atMin: 3 });

describe('a click of a test link', () => {
  it('books nothing of the events that name it, in every order, with the click before or after them', async () => {
    const steps = (click: ClickId) => [
      () => bench.lateClick(click, 0, { isTest: true }),
      () => install(click),
      () => registration(click),
      () => deposit(click),
    ];
    for (const order of permutations([0, 1, 2, 3])) {
      bench = await openSettlementBench(db);
      await insertDestination(db, { ...bench.tenant, events: ['install', 'registration', 'first_deposit'] });
      const work = steps(mintId('clk', bench.startMs));
      for (const index of order) {
        await work[index]?.();
        await bench.settleAll();
      }
      await expectNothingBooked();
    }
  });

  it('books nothing of its player’s deposits that name no click, until a real click is known', async () => {
    await registration(await bench.click({ isTest: true }));
    const { status } = await deposit();
    expect(status).toBe('accepted');
    await bench.settleAll();
    await expectNothingBooked();
    await bench.registration({ key: 'R2', click: await bench.click({ atMin: 1 }), atMin: 2 });
    await bench.settleAll();
    expect((await bench.books()).lines).toHaveLength(1);
    expect((await bench.books()).ltv).toEqual([expect.stringMatching(/^EUR 1 10000 /)]);
  });

  it('leaves a real player’s books as they were', async () => {
    await registration(await bench.click());
    await deposit();
    await bench.settleAll();
    const before = await bench.books();
    const test = await bench.click({ isTest: true });
    await bench.deposit({ key: 'D0', click: test, atMin: 2 });
    await bench.chargeback({ key: 'C0', click: test, atMin: 4, refersTo: 'D1' });
    await bench.settleAll();
    expect(await bench.books()).toEqual(before);
  });

  it('that turns up after an event of a known player has named it takes back what was booked', async () => {
    const test = mintId('clk', bench.startMs);
    await bench.install({ key: 'I1', click: await bench.click(), player: 'P1', atMin: 1 });
    await bench.registration({ key: 'R1', atMin: 2 });
    await bench.deposit({ key: 'D1', click: test, atMin: 3, currency: 'EUR' });
    await bench.settleAll();
    expect((await bench.books()).ltv).toEqual([expect.stringMatching(/^EUR 1 10000 /)]);
    await bench.lateClick(test, 0, { isTest: true });
    expect(await bench.settleAll()).toBe(1);
    expect(await bench.conversion('D1')).toMatchObject({
      status: 'rejected',
      reason: 'event_not_counted',
      is_first_deposit: false,
    });
    expect((await bench.books()).ltv).toEqual([]);
    const revision = (await bench.conversion('D1'))?.revision;
    await bench.deposit({ key: 'D2', atMin: 4 });
    await bench.settleAll();
    expect(await bench.conversion('D1')).toMatchObject({ revision });
    expect(await bench.conversion('D2')).toMatchObject({ status: 'approved', is_first_deposit: true });
  });

  it('takes with it what is matched to it by hand', async () => {
    const { id } = await bench.registration({ key: 'R1', atMin: 2 });
    const clickId = await bench.click({ isTest: true });
    const { workspaceId } = bench.tenant;
    const match = {
      workspaceId,
      eventId: id,
      clickId,
      actor: 'key:k',
      cause: 'request:r',
      nowMs: Date.now(),
    };
    expect(await matchByHand(db, match)).toMatchObject({ outcome: 'matched' });
    await bench.settleAll();
    await expectNothingBooked();
  });

  it('of another workspace says nothing about an event that names it', async () => {
    const other = await openSettlementBench(db);
    const foreign = await other.click({ isTest: true });
    await bench.install({ key: 'I0', click: await bench.click(), player: 'P1', atMin: 1 });
    await bench.deposit({ key: 'D9', click: foreign, atMin: 3 });
    await bench.settleAll();
    expect(await bench.conversion('D9')).toMatchObject({ status: 'approved' });
  });

  it('of the same visitor makes no later click a repeated one, and is counted nowhere', async () => {
    const hits = async () => count('velocity_hits');
    const [test, real] = [await bench.click({ isTest: true }), await bench.click()];
    const { visitor_id } = await db('clicks').where('click_id', uuidFromId(test)).first();
    await db('clicks').where('click_id', uuidFromId(real)).update({ visitor_id });
    // A public address: others are counted for nobody.
    await db('click_raw').whereIn('click_id', [test, real].map(uuidFromId)).update({ ip: '8.8.8.8' });
    await screenClicks(db, [test], Date.now());
    expect(await hits()).toBe(0);
    await screenClicks(db, [real], Date.now());
    expect(await hits()).toBe(2);
    const verdict = async (id: ClickId) =>
      db('verdicts').where('subject_id', uuidFromId(id)).first('outcome', 'reasons');
    expect((await verdict(real)).reasons).toEqual((await verdict(test)).reasons);
  });
});
