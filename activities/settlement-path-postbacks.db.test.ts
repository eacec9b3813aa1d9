import type { Db } from '../db/knex';
import type { Currency } from '../domain/currencies';
import { type ClickId, type DestinationId, type PartnerId, uuidFromId, type VisitorId } from '../domain/ids';
import { DAY_MS } from '../domain/time';
import { insertDestination } from '../testing/builders/insert-postback';
import { openSettlementBench, type SettlementBench } from '../testing/settlement-bench';
import { createTestDb, type TestDb } from '../testing/test-db';

const URL_WITH_MACROS = 'https://t.example/p?c={click_id}&e={event}&t={transaction_id}&a={amount}&p={payout}';

let testDb: TestDb;
let db: Db;
let bench: SettlementBench;
let other: PartnerId;
let visitorId: VisitorId;
let first: ClickId;
let second: ClickId;

beforeAll(async () => {
  testDb = await createTestDb();
  db = testDb.db;
});
afterAll(() => testDb.drop());

/** A linear path of the bench's partner and another, twenty minutes apart; nothing has happened yet. */
beforeEach(async () => {
  bench = await openSettlementBench(db, {
    startMs: Date.now() - 2 * DAY_MS,
    terms: { kind: 'hybrid', cpa: { amountMinor: 5_000n, currency: 'EUR' as Currency }, ratePpm: 100_000 },
    campaign: { model: 'linear' },
  });
  other = await bench.partner({ cpaMinor: 8_001n });
  visitorId = bench.visitor();
  first = await bench.click({ visitorId, atMin: 0 });
  second = await bench.click({ visitorId, atMin: 20, partnerId: other });
});

const destination = (given: { partnerId?: PartnerId; events?: string[] } = {}) =>
  insertDestination(db, {
    url: URL_WITH_MACROS,
    events: ['first_deposit', 'correction'],
    ...bench.tenant,
    ...given,
  });

/** What a destination was told, in order: event, click, amount, payout. */
async function told(to: DestinationId): Promise<(string | null)[][]> {
  const rows: { url: string }[] = await db('postbacks')
    .where('destination_id', uuidFromId(to))
    .orderByRaw('created_at, postback_id');
  return rows.map(({ url }) => {
    const { searchParams } = new URL(url);
    return ['e', 'c', 'a', 'p'].map((name) => searchParams.get(name));
  });
}

async function convert(): Promise<void> {
  await bench.registration({ key: 'R1', click: second, atMin: 30 });
  await bench.deposit({ key: 'D1', atMin: 40 });
  await bench.settleAll();
}

it('each partner’s destination gets the partner’s own click and payout, one of nobody’s the last click and no payout', async () => {
  const [of, ofOther, ofNobody] = [
    await destination({ partnerId: bench.partnerId }),
    await destination({ partnerId: other }),
    await destination(),
  ];
  await convert();
  // Half of 50.00 and half of a tenth of 100.00; half of 80.01, of which the odd cent went to the earlier click.
  expect(await told(of)).toEqual([['first_deposit', first, '100.00', '30.00']]);
  expect(await told(ofOther)).toEqual([['first_deposit', second, '100.00', '40.00']]);
  expect(await told(ofNobody)).toEqual([['first_deposit', second, '100.00', '']]);
});

it('a partner with two clicks on the path is told once, by the later of them', async () => {
  const of = await destination({ partnerId: other });
  const again = await bench.click({ atMin: 25, partnerId: other });
  await bench.install({ player: 'P1', key: 'I1', click: again, atMin: 26 });
  await convert();
  expect(await told(of)).toEqual([['first_deposit', again, '100.00', '53.34']]);
});

it('an earlier registration that changes the path is told to all whom it concerns, once', async () => {
  const [of, ofOther, ofNobody] = [
    await destination({ partnerId: bench.partnerId }),
    await destination({ partnerId: other }),
    await destination(),
  ];
  await convert();
  await bench.registration({ key: 'R0', click: first, atMin: 10 });
  await bench.settleAll();
  expect((await told(of)).slice(1)).toEqual([['correction', first, '100.00', '60.00']]);
  expect((await told(ofOther)).slice(1)).toEqual([['correction', second, '0.00', '0.00']]);
  expect((await told(ofNobody)).slice(1)).toEqual([['correction', first, '100.00', '']]);
  await bench.deposit({ key: 'D2', atMin: 50 });
  await bench.settleAll();
  expect([await told(of), await told(ofOther), await told(ofNobody)].map((words) => words.length)).toEqual([
    2, 2, 2,
  ]);
});

it('a click of a third partner that turns up changes everybody’s payout, and the newcomer is told', async () => {
  const third = await bench.partner({ cpaMinor: 9_000n });
  const [of, ofThird] = [
    await destination({ partnerId: bench.partnerId }),
    await destination({ partnerId: third }),
  ];
  await convert();
  expect(await told(ofThird)).toEqual([]);
  const late = await bench.click({ visitorId, atMin: 10, partnerId: third });
  await bench.deposit({ key: 'D2', atMin: 50 });
  await bench.settleAll();
  expect((await told(of)).slice(1)).toEqual([['correction', first, '100.00', '20.01']]);
  expect(await told(ofThird)).toEqual([['first_deposit', late, '100.00', '30.00']]);
});
