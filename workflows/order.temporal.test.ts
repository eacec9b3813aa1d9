import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { mintId } from '../db/mint-id';
import { MINUTE_MS } from '../domain/time';
import { EUR, JourneyHarness, quietRuntime } from '../testing/journey-harness';
import { startTimeSkippingEnv } from '../testing/temporal-env';

quietRuntime();

const STEPS = ['click', 'registration', 'deposit-1', 'deposit-2', 'chargeback'] as const;
type Step = (typeof STEPS)[number];

let env: TestWorkflowEnvironment;
let house: JourneyHarness;

beforeAll(async () => {
  env = await startTimeSkippingEnv();
  house = await JourneyHarness.start(env);
  await house.syncClock();
}, 120_000);
afterAll(async () => {
  await house?.stop();
  await env?.teardown();
});

/** Every fifth of the 120 orders: 24 that together put each step at each place. */
function seededOrders(): Step[][] {
  return permutations([...STEPS]).filter((_order, index) => index % 5 === 2);
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, index) =>
    permutations([...items.slice(0, index), ...items.slice(index + 1)]).map((rest) => [item, ...rest]),
  );
}

/** One player whose five facts arrive in the given order; their own times are the same in every order. */
function story(name: string, chargedBack: 'deposit-1' | 'deposit-2') {
  const bornMs = house.clock.nowMs() - 60 * MINUTE_MS;
  const clickId = mintId('clk', bornMs);
  const common = { playerExternalId: name, clickRef: null };
  const arrive: Record<Step, () => Promise<unknown>> = {
    click: () => house.click({ atMs: bornMs, clickId }),
    registration: () =>
      house.accept({
        ...common,
        ...sender(`${name}-r`),
        kind: 'registration',
        clickRef: clickId,
        occurredAtMs: bornMs + MINUTE_MS,
      }),
    'deposit-1': () =>
      house.accept({
        ...common,
        ...sender(`${name}-deposit-1`),
        kind: 'deposit',
        money: EUR(3_000n),
        occurredAtMs: bornMs + 2 * MINUTE_MS,
      }),
    'deposit-2': () =>
      house.accept({
        ...common,
        ...sender(`${name}-deposit-2`),
        kind: 'deposit',
        money: EUR(7_000n),
        occurredAtMs: bornMs + 3 * MINUTE_MS,
      }),
    chargeback: () =>
      house.accept({
        ...common,
        ...sender(`${name}-c`),
        kind: 'chargeback',
        refersTo: `${name}-${chargedBack}`,
        money: EUR(chargedBack === 'deposit-1' ? 3_000n : 7_000n),
        occurredAtMs: bornMs + 4 * MINUTE_MS,
      }),
  };
  return { name, arrive };
}

function sender(senderEventId: string) {
  return { senderEventId, transactionKey: senderEventId };
}

/** The player's books without anything that depends on arrival: ids of ours and times of booking. */
async function booksOf(name: string): Promise<unknown> {
  const player: { player_id: string } = await house.db('players').where('external_id', name).first();
  const conversions = await house
    .db('conversions')
    .where('player_id', player.player_id)
    .select('kind', 'transaction_key', 'status', 'is_first_deposit', 'amount_minor')
    .orderBy(['kind', 'transaction_key']);
  const { rows: balances } = await house.db.raw(
    `SELECT e.account, e.currency, l.kind, c.transaction_key, sum(e.amount_minor)::bigint AS net
     FROM ledger_entries AS e JOIN ledger_journals AS j USING (journal_id)
     JOIN commission_lines AS l USING (line_id) JOIN conversions AS c USING (conversion_id)
     WHERE l.player_id = ? GROUP BY 1, 2, 3, 4 HAVING sum(e.amount_minor) <> 0 ORDER BY 1, 2, 3, 4`,
    [player.player_id],
  );
  const ltv = await house
    .db('customer_ltv')
    .where('player_id', player.player_id)
    .select('currency', 'deposit_count', 'deposit_total_minor', 'chargeback_count', 'chargeback_total_minor');
  const text = JSON.stringify({ conversions, balances, ltv }, (_key, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
  return JSON.parse(text.replaceAll(name, 'player'));
}

test.each(['deposit-1', 'deposit-2'] as const)(
  'twenty-four orders of arrival through the workflows give one set of books (%s charged back)',
  async (chargedBack) => {
    const orders = seededOrders();
    expect(orders).toHaveLength(24);
    const stories = orders.map((order, index) => ({
      order,
      ...story(`${chargedBack}-${index}`, chargedBack),
    }));
    for (const place of STEPS.keys()) {
      await Promise.all(stories.map(({ order, arrive }) => arrive[order[place] ?? 'click']()));
      await house.settleAll();
    }
    const books = await Promise.all(stories.map(({ name }) => booksOf(name)));
    expect(new Set(books.map((book) => JSON.stringify(book))).size).toBe(1);
    expect(books[0]).toMatchObject({
      balances: chargedBack === 'deposit-1' ? [] : [{ net: '5000' }, { net: '-5000' }],
      ltv: [
        {
          deposit_count: 1,
          chargeback_count: 1,
          deposit_total_minor: chargedBack === 'deposit-1' ? '7000' : '3000',
        },
      ],
    });
    expect(await house.db('quarantine').whereNull('released_at')).toEqual([]);
    expect(await house.db('events').whereNull('handled_at')).toEqual([]);
  },
  120_000,
);
