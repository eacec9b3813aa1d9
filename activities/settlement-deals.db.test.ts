import type { Db } from '../db/knex';
import type { Currency } from '../domain/currencies';
import { type PartnerId, uuidFromId } from '../domain/ids';
import type { Money } from '../domain/money';
import { DAY_MS, MINUTE_MS } from '../domain/time';
import { readBrokenCredits } from '../testing/attribution-rows';
import { insertDeal } from '../testing/builders/insert-partner';
import { openSettlementBench, type SettlementBench } from '../testing/settlement-bench';
import { createTestDb, type TestDb } from '../testing/test-db';

const DAY = DAY_MS / MINUTE_MS;
/** Ten days ago, shortly after a midnight of UTC, so that a cap's day is not left by accident. */
const START_MS = Math.floor(Date.now() / DAY_MS) * DAY_MS - 10 * DAY_MS + 123;

let testDb: TestDb;
let db: Db;
let bench: SettlementBench;

beforeAll(async () => {
  testDb = await createTestDb();
  db = testDb.db;
});
afterAll(() => testDb.drop());
const eur = (amountMinor: bigint): Money => ({ amountMinor, currency: 'EUR' as Currency });
const usd = (amountMinor: bigint): Money => ({ amountMinor, currency: 'USD' as Currency });

async function open(given: Parameters<typeof openSettlementBench>[1]): Promise<void> {
  bench = await openSettlementBench(db, { startMs: START_MS, ...given });
}

/** A player by a click of the partner, registered at a minute. */
async function register(player = 'P1', atMin = 1, partnerId: PartnerId = bench.partnerId): Promise<void> {
  const click = await bench.click({ atMin, partnerId });
  await bench.registration({ player, key: `R-${player}`, click, atMin: atMin + 1 });
}

async function deposit(key: string, atMin: number, amountMinor: bigint, given = {}): Promise<void> {
  await bench.deposit({ key, atMin, amountMinor, ...given });
  await bench.settleAll();
}

const lines = async (player = 'P1') => (await bench.books(player)).lines;
const reasons = async (player = 'P1') => {
  const rows: { transaction_key: string; kind: string; reason: string }[] = await db('commission_lines AS l')
    .join('conversions AS c', 'c.conversion_id', 'l.conversion_id')
    .join('players AS p', 'p.player_id', 'l.player_id')
    .where({ 'p.workspace_id': uuidFromId(bench.tenant.workspaceId), 'p.external_id': player })
    .orderBy(['c.transaction_key', 'l.kind'])
    .select('c.transaction_key', 'l.kind', 'l.reason');
  return rows.map((row) => `${row.transaction_key} ${row.kind} ${row.reason}`);
};

describe('a part of every deposit', () => {
  beforeEach(() => open({ terms: { kind: 'percent', ratePpm: 255_000 } }));

  it('of each confirmed one, in its own currency, half a minor unit away from zero', async () => {
    await register();
    await deposit('D1', 10, 10_000n);
    await deposit('D2', 11, 2n); // 0.51 of a cent
    await deposit('D3', 12, 1_002n, { currency: 'JPY' }); // 255.51 yen
    await deposit('D4', 13, 1n); // 0.255 of a cent
    await deposit('D5', 14, 10_000n, { status: 'pending' });
    expect(await lines()).toEqual(['D1 percent 2550 EUR', 'D2 percent 1 EUR', 'D3 percent 256 JPY']);
    expect(await reasons()).toContain('D4 percent deposit_share');
  });

  it('of what chargebacks and reversals leave of it', async () => {
    await register();
    await deposit('D1', 10, 10_000n);
    await bench.chargeback({ key: 'C1', refersTo: 'D1', atMin: 11, amountMinor: 3_000n });
    await bench.settleAll();
    expect(await lines()).toEqual(['D1 percent 1785 EUR']);
    await deposit('D2', 12, 5_000n);
    await bench.deposit({
      key: 'D2-x',
      transaction: 'D2',
      atMin: 13,
      status: 'reversed',
      amountMinor: 5_000n,
    });
    await bench.settleAll();
    expect(await lines()).toEqual(['D1 percent 1785 EUR']);
    expect(await reasons()).toContain('D2 percent deposit_taken_back');
  });
});

describe('hybrid', () => {
  it('pays the fixed amount once and the part of every deposit', async () => {
    await open({ terms: { kind: 'hybrid', cpa: eur(5_000n), ratePpm: 100_000 }, minDepositMinor: 2_000n });
    await register();
    await deposit('D1', 10, 2_005n);
    await deposit('D2', 11, 30_000n);
    expect(await lines()).toEqual(['D1 cpa 5000 EUR', 'D1 percent 201 EUR', 'D2 percent 3000 EUR']);
    const line = await bench.line('D2');
    expect(line).toMatchObject({
      basis: { of: { amountMinor: '30000', currency: 'EUR' }, ratePpm: 100_000, weightPpm: 1_000_000 },
    });
  });

  it('below the minimum only the part, and so it stays', async () => {
    await open({ terms: { kind: 'hybrid', cpa: eur(5_000n), ratePpm: 100_000 }, minDepositMinor: 2_000n });
    await register();
    await deposit('D1', 10, 1_999n);
    await deposit('D2', 11, 30_000n);
    expect(await lines()).toEqual(['D1 percent 200 EUR', 'D2 percent 3000 EUR']);
    expect(await reasons()).toContain('D1 cpa below_minimum_deposit');
  });

  it('whose fixed amount is in another currency than the first deposit waits with all of it, later deposits do not', async () => {
    await open({ terms: { kind: 'hybrid', cpa: usd(5_000n), ratePpm: 100_000 } });
    await register();
    await deposit('D1', 10, 10_000n);
    await deposit('D2', 11, 10_000n);
    expect(await bench.conversion('D1')).toMatchObject({ status: 'pending', reason: 'currency_mismatch' });
    expect(await lines()).toEqual(['D2 percent 1000 EUR']);
  });
});

describe('per registration', () => {
  const terms = { kind: 'cpl', cpl: eur(300n) } as const;

  it('pays nothing where the campaign does not pay for registrations, and says so', async () => {
    await open({ terms });
    await register();
    await deposit('D1', 10, 10_000n);
    expect(await lines()).toEqual([]);
    expect(await reasons()).toEqual(['R-P1 cpl registrations_not_payable']);
    expect(await bench.conversion('R-P1', 'registration')).toMatchObject({ status: 'approved' });
  });

  it('pays the standing registration once where it does, and no deposit', async () => {
    await open({ terms, campaign: { paysRegistrations: true } });
    await register();
    const later = await bench.click({ atMin: 20 });
    await bench.registration({ key: 'R2', click: later, atMin: 21 });
    await deposit('D1', 30, 10_000n);
    expect(await lines()).toEqual(['R-P1 cpl 300 EUR']);
    await bench.registration({ key: 'R0', click: later, atMin: 0 });
    await bench.settleAll();
    expect(await reasons()).toEqual(['R-P1 cpl already_registered']);
    expect(await lines()).toEqual([]);
  });

  it('is taken back when a person rejects it', async () => {
    await open({ terms, campaign: { paysRegistrations: true } });
    await register();
    await bench.settleAll();
    await bench.rule('R-P1', 'reject', 'registration');
    await bench.settleAll();
    expect(await lines()).toEqual([]);
    expect(await reasons()).toEqual(['R-P1 cpl rejected_by_ruling']);
  });
});

describe('several partners of one player', () => {
  /** A linear path of the bench's partner and another, by one visitor. */
  async function share(other: PartnerId): Promise<void> {
    const visitorId = bench.visitor();
    await bench.click({ visitorId, atMin: 0 });
    const click = await bench.click({ visitorId, atMin: 5, partnerId: other });
    await bench.registration({ key: 'R1', click, atMin: 10 });
  }
  const model = { campaign: { model: 'linear' } } as const;

  it('each by his own kind of deal', async () => {
    await open({ ...model, terms: { kind: 'hybrid', cpa: eur(5_001n), ratePpm: 100_000 } });
    const other = await bench.partner({ terms: { kind: 'percent', ratePpm: 300_000 } });
    await share(other);
    await deposit('D1', 20, 10_001n);
    const rows = await db('commission_lines').where('partner_id', uuidFromId(other)).select('amount_minor');
    // 30 % of 100.01 is 30.00(3); the other half of the credit is not his.
    expect(rows).toEqual([{ amount_minor: 1_500n }]);
    expect(await lines()).toEqual(['D1 cpa 2501 EUR', 'D1 percent 1500 EUR', 'D1 percent 500 EUR']);
  });

  it('each by his own minimum deposit', async () => {
    await open({ ...model, minDepositMinor: 20_000n });
    await share(await bench.partner({ cpaMinor: 8_000n, minDepositMinor: 10_000n }));
    await deposit('D1', 20, 10_000n);
    expect(await lines()).toEqual(['D1 cpa 4000 EUR']);
    expect((await reasons()).sort()).toEqual(['D1 cpa below_minimum_deposit', 'D1 cpa first_deposit']);
    expect(await bench.conversion('D1')).toMatchObject({ status: 'approved' });
  });

  it('whose deals are of two currencies wait for each other, because a conversion is decided as a whole', async () => {
    await open(model);
    await share(await bench.partner({ terms: { kind: 'cpa', cpa: usd(5_000n) } }));
    await deposit('D1', 20, 10_000n);
    expect(await bench.conversion('D1')).toMatchObject({ status: 'pending', reason: 'currency_mismatch' });
    expect(await lines()).toEqual([]);
  });

  it('of whom one has no deal: his part is paid to nobody', async () => {
    await open(model);
    await share(await bench.partner(null));
    await deposit('D1', 20, 10_000n);
    expect(await lines()).toEqual(['D1 cpa 2500 EUR']);
  });

  it('two clicks of one partner make one line', async () => {
    await open(model);
    await share(bench.partnerId);
    await deposit('D1', 20, 10_000n);
    expect(await lines()).toEqual(['D1 cpa 5000 EUR']);
  });
});

describe('days', () => {
  it('qualification counts from the binding event, its last millisecond included', async () => {
    await open({ qualificationDays: 2 });
    for (const [player, late] of [
      ['in', 0],
      ['out', 1 / MINUTE_MS],
    ] as const) {
      await register(player, 1);
      await deposit(`D-${player}`, 2 + 2 * DAY + late, 10_000n, { player });
    }
    expect(await lines('in')).toEqual(['D-in cpa 5000 EUR']);
    expect(await lines('out')).toEqual([]);
    expect(await reasons('out')).toEqual(['D-out cpa after_qualification_days']);
  });
});

describe('caps', () => {
  it('a slot is the player’s: the deal pays for his first deposit and for every later one', async () => {
    await open({ terms: { kind: 'percent', ratePpm: 100_000 }, caps: { total: 1 } });
    await register('P1');
    await deposit('D1', 10, 10_000n);
    await deposit('D2', 11, 20_000n);
    expect(await lines()).toEqual(['D1 percent 1000 EUR', 'D2 percent 2000 EUR']);
    await register('P2');
    await deposit('D3', 13, 10_000n, { player: 'P2' });
    expect(await reasons('P2')).toEqual(['D3 percent total_cap_reached']);
  });

  it('a new version of the deal counts anew', async () => {
    await open({ caps: { total: 1 } });
    const given = { ...bench.tenant, partnerId: bench.partnerId, version: 2, caps: { total: 1 } };
    await insertDeal(db, { ...given, validFromMs: START_MS + DAY_MS });
    for (const [player, day] of [
      ['P1', 0],
      ['P2', 2],
      ['P3', 2],
    ] as const) {
      await register(player, 1 + day * DAY);
      await deposit(`D-${player}`, 10 + day * DAY, 10_000n, { player });
    }
    expect([await lines('P1'), await lines('P2'), await lines('P3')]).toEqual([
      ['D-P1 cpa 5000 EUR'],
      ['D-P2 cpa 5000 EUR'],
      [],
    ]);
  });
});

it('and in all of these every credit is whole and every journal sums to zero', async () => {
  expect(await readBrokenCredits(db)).toEqual([]);
  const { rows } = await db.raw(
    'SELECT journal_id FROM ledger_entries GROUP BY journal_id, currency HAVING sum(amount_minor) <> 0',
  );
  expect(rows).toEqual([]);
});
