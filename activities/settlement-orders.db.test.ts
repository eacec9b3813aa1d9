import fc from 'fast-check';
import type { Db } from '../db/knex';
import { mintId } from '../db/mint-id';
import { type ClickId, uuidFromId } from '../domain/ids';
import { HOUR_MS } from '../domain/time';
import { findPlayer, type PlayerBooks, readPlayerBooks, readTrialBalance } from '../testing/player-books';
import { openSettlementBench, type SettlementBench } from '../testing/settlement-bench';
import { createTestDb, type TestDb } from '../testing/test-db';

const REPORTS = ['registration', 'deposit 1', 'deposit 2', 'chargeback'] as const;
/** A click is recorded once; what is reported from outside may come again. */
type Step = 'click' | 'other click' | (typeof REPORTS)[number];

const LANES = 4;
const startMs = Date.now() - HOUR_MS;

/** Who names the click, and what is charged back. */
type Story = {
  readonly depositsName: 'no click' | 'the same click' | 'another click';
  readonly chargedBack: 'D1' | 'D2';
};

function stepsOf({ depositsName }: Story): Step[] {
  return ['click', ...(depositsName === 'another click' ? (['other click'] as const) : []), ...REPORTS];
}

/** Three seconds each on an idle machine; the suite may share two cores with Temporal servers. */
const TIMEOUT_MS = 120_000;

let testDb: TestDb;
let db: Db;
/** Chains of different workspaces run side by side; those of one run one after the other. */
let benches: SettlementBench[];
let chains = 0;

beforeAll(async () => {
  testDb = await createTestDb();
  db = testDb.db;
  benches = [];
  for (let lane = 0; lane < LANES; lane += 1) benches.push(await openSettlementBench(db, { startMs }));
});
afterAll(() => testDb.drop());

type Chain = {
  readonly bench: SettlementBench;
  readonly name: string;
  readonly clickId: ClickId;
  readonly otherClickId: ClickId;
  readonly story: Story;
};

/** A new player and click in every chain; the names are told apart by the chain's number alone. */
function startChain(bench: SettlementBench, story: Story): Chain {
  chains += 1;
  return {
    bench,
    name: `chain${chains}`,
    clickId: mintId('clk', bench.startMs),
    otherClickId: mintId('clk', bench.startMs),
    story,
  };
}

async function take({ bench, name, clickId, otherClickId, story }: Chain, step: Step): Promise<void> {
  const player = name;
  const clicks = { 'no click': undefined, 'the same click': clickId, 'another click': otherClickId };
  const deposit = { player, click: clicks[story.depositsName] };
  switch (step) {
    case 'click':
      await bench.lateClick(clickId);
      break;
    case 'other click':
      await bench.lateClick(otherClickId);
      break;
    case 'registration':
      await bench.registration({ player, key: `${name}-R1`, click: clickId, atMin: 1 });
      break;
    case 'deposit 1':
      await bench.deposit({ ...deposit, key: `${name}-D1`, atMin: 2 });
      break;
    case 'deposit 2':
      await bench.deposit({ ...deposit, key: `${name}-D2`, atMin: 3, amountMinor: 2_500n });
      break;
    case 'chargeback':
      await bench.chargeback({
        ...{ player, key: `${name}-C1`, atMin: 4, refersTo: `${name}-${story.chargedBack}` },
        amountMinor: story.chargedBack === 'D1' ? 10_000n : 1_000n,
      });
      break;
  }
}

/** The player's books with everything that is this chain's own taken out of the names. */
async function booksOf({ bench, name, clickId }: Chain): Promise<PlayerBooks> {
  const books = await readPlayerBooks(db, await findPlayer(db, bench.tenant.workspaceId, name));
  const own = [`${name}-`, uuidFromId(clickId), uuidFromId(bench.dealId), bench.campaignId, bench.partnerId];
  return JSON.parse(
    own.reduce((text, part) => text.replaceAll(part, ''), JSON.stringify(books)),
  ) as PlayerBooks;
}

async function expectNothingWaits(bench: SettlementBench): Promise<void> {
  expect(await bench.unhandled()).toEqual([]);
  const workspaceId = uuidFromId(bench.tenant.workspaceId);
  expect(await db('quarantine').where('workspace_id', workspaceId).whereNull('released_at')).toEqual([]);
}

/** All steps in some order, some of the reports again, and after which third of them settlement catches up. */
const ordersOf = (story: Story) =>
  fc.subarray([...REPORTS]).chain((repeated) => {
    const steps = [...stepsOf(story), ...repeated];
    return fc.record({
      order: fc.shuffledSubarray(steps, { minLength: steps.length }),
      settledAfter: fc.array(fc.nat(2), { minLength: steps.length, maxLength: steps.length }),
    });
  });

async function expectSameBooks(story: Story, expected: PlayerBooks, orders: number, seed: number) {
  const inLane = (bench: SettlementBench, lane: number) =>
    fc.assert(
      fc.asyncProperty(ordersOf(story), async ({ order, settledAfter }) => {
        const chain = startChain(bench, story);
        for (const [index, step] of order.entries()) {
          await take(chain, step);
          if (settledAfter[index] === 0) await bench.settleAll();
        }
        await bench.settleAll();
        expect(await booksOf(chain)).toEqual(expected);
        await expectNothingWaits(bench);
      }),
      { numRuns: orders / LANES, seed: seed + lane },
    );
  // All lanes end before one that failed is reported: the database goes with the test.
  const ends = await Promise.allSettled(benches.map(inLane));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

async function inOrder(story: Story): Promise<PlayerBooks> {
  const [bench] = benches;
  if (bench === undefined) throw new Error('no bench');
  const chain = startChain(bench, story);
  for (const step of stepsOf(story)) {
    await take(chain, step);
    await bench.settleAll();
  }
  return booksOf(chain);
}

describe('two hundred orders of arrival end in the same books', () => {
  it(
    'when the first deposit is charged back and only the registration names the click',
    async () => {
      const story: Story = { depositsName: 'no click', chargedBack: 'D1' };
      const expected = await inOrder(story);
      expect(expected).toMatchObject({ balances: {}, lines: [], firstDeposit: 'D1' });
      expect(expected.ltv).toEqual([expect.stringMatching(/^EUR 1 2500 .* 1 10000$/)]);
      await expectSameBooks(story, expected, 100, 20_261_121);
    },
    TIMEOUT_MS,
  );

  it(
    'when the second is charged back in part and deposits name the click too',
    async () => {
      const story: Story = { depositsName: 'the same click', chargedBack: 'D2' };
      const expected = await inOrder(story);
      expect(expected).toMatchObject({
        balances: {
          'expense:commission: EUR D1 cpa': '5000',
          'payable: EUR D1 cpa': '-5000',
        },
        lines: ['D1 cpa 5000 EUR'],
        firstDeposit: 'D1',
      });
      expect(expected.ltv).toEqual([expect.stringMatching(/^EUR 2 11500 .* 1 1000$/)]);
      await expectSameBooks(story, expected, 60, 20_261_122);
    },
    TIMEOUT_MS,
  );

  it(
    'when a deposit names another click, so that only the registration’s own decides in the end',
    async () => {
      const story: Story = { depositsName: 'another click', chargedBack: 'D2' };
      const expected = await inOrder(story);
      expect(expected).toMatchObject({ lines: ['D1 cpa 5000 EUR'], firstDeposit: 'D1' });
      await expectSameBooks(story, expected, 40, 20_261_123);
    },
    TIMEOUT_MS,
  );

  it('and the trial balance of all of them together is zero', async () => {
    for (const { tenant } of benches) {
      const { accounts, totals } = await readTrialBalance(db, tenant.workspaceId);
      expect(totals).toEqual({ EUR: '0' });
      expect(Object.keys(accounts)).toHaveLength(2);
    }
  });
});
