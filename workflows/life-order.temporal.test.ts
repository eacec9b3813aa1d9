import type { TestWorkflowEnvironment } from '@temporalio/testing';
import fc from 'fast-check';
import { mintId } from '../db/mint-id';
import { acceptRuling } from '../db/stores/ruling-store';
import { type CampaignId, idFromUuid, type PartnerId, uuidFromId } from '../domain/ids';
import { HOUR_MS, MINUTE_MS } from '../domain/time';
import { readBrokenCredits } from '../testing/attribution-rows';
import { insertCampaign } from '../testing/builders/insert-campaign';
import { insertDeal, insertPartner } from '../testing/builders/insert-partner';
import { insertVerdict } from '../testing/builders/insert-verdict';
import { recordTestClick } from '../testing/builders/record-test-click';
import { EUR, JourneyHarness, quietRuntime } from '../testing/journey-harness';
import { findPlayer, readTrialBalance } from '../testing/player-books';
import { readLife } from '../testing/player-life';
import { startTimeSkippingEnv } from '../testing/temporal-env';
import { until } from '../testing/until';

quietRuntime();

const STEPS = [
  'click',
  'registration',
  'deposit-1',
  'deposit-2',
  'ruling',
  'chargeback',
  'withdrawal',
  'ngr',
] as const;
type Step = (typeof STEPS)[number];

const ORDERS = 24;
const HOLD_DAYS = 5;
const DOUBT = {
  outcome: 'review',
  score: 40,
  reasons: [{ code: 'a_rule', detail: 'x', family: 'geo', level: 'review', mode: 'active', score: 40 }],
} as const;

let env: TestWorkflowEnvironment;
let house: JourneyHarness;
let partners: readonly [PartnerId, PartnerId];
let campaignId: CampaignId;

beforeAll(async () => {
  env = await startTimeSkippingEnv();
  house = await JourneyHarness.start(env);
  await house.syncClock();
  const { db, tenant } = house;
  partners = [await insertPartner(db, tenant), await insertPartner(db, tenant)];
  const terms = { kind: 'hybrid', cpa: EUR(5_001n), ratePpm: 105_000 } as const;
  const held = { ...tenant, holdDays: HOLD_DAYS, caps: { day: 100, total: 100 } };
  await insertDeal(db, { ...held, partnerId: partners[0], terms });
  await insertDeal(db, { ...tenant, partnerId: partners[1], cpaMinor: 8_000n });
  campaignId = await insertCampaign(db, { ...tenant, model: 'linear' });
}, 120_000);
afterAll(async () => {
  await house?.stop();
  await env?.teardown();
});

/** One player whose seven events and click arrive in some order; their own times are the same in every order. */
async function story(name: string, bornMs: number) {
  const { db, tenant } = house;
  const visitorId = mintId('vis', bornMs);
  const [secondAtMs, secondId] = [bornMs + HOUR_MS, mintId('clk', bornMs + HOUR_MS)];
  const of = { ...tenant, campaignId, visitorId };
  const firstId = await recordTestClick(db, { ...of, partnerId: partners[0], clickedAtMs: bornMs });
  const accept = (kind: Reported['kind'], key: string, atMin: number, given: Partial<Reported> = {}) =>
    house.accept({
      ...{ kind, playerExternalId: name, clickRef: null, occurredAtMs: secondAtMs + atMin * MINUTE_MS },
      ...{ senderEventId: `${name}-${key}`, transactionKey: `${name}-${key}` },
      ...given,
    });
  const life = { isRulingDue: false };
  const arrive: Record<Step, () => Promise<unknown>> = {
    click: () =>
      recordTestClick(db, { ...of, partnerId: partners[1], clickedAtMs: secondAtMs, clickId: secondId }),
    registration: () => accept('registration', 'R1', 1, { clickRef: secondId }),
    'deposit-1': async () => {
      const { id } = await accept('deposit', 'D1', 2, { money: EUR(10_000n) });
      await insertVerdict(db, { ...tenant, subjectId: id, verdict: DOUBT });
    },
    'deposit-2': () => accept('deposit', 'D2', 3, { money: EUR(2_500n) }),
    chargeback: () => accept('chargeback', 'C1', 4, { refersTo: `${name}-D1`, money: EUR(3_333n) }),
    withdrawal: () => accept('withdrawal', 'W1', 5, { money: EUR(4_000n) }),
    ngr: () =>
      accept('ngr', 'N1', 6, {
        money: EUR(-1_250n),
        period: { fromMs: Date.UTC(2026, 9, 1), toMs: Date.UTC(2026, 10, 1) },
      }),
    ruling: async () => {
      life.isRulingDue = true;
    },
  };
  /** A person approves what is there to be seen, at the revision of the moment. */
  const ruleIfDue = async () => {
    const seen = await db('conversions').where('transaction_key', `${name}-D1`).first();
    if (!life.isRulingDue || seen === undefined) return;
    life.isRulingDue = false;
    const conversionId = idFromUuid('cnv', seen.conversion_id);
    const ruling = { ...tenant, conversionId, revision: seen.revision, decision: 'approve' } as const;
    await db.transaction((trx) =>
      acceptRuling(trx, { ...ruling, reason: 'Looked at it.', actor: 'test' }, house.clock.nowMs()),
    );
  };
  const books = async () =>
    readLife(db, await findPlayer(db, tenant.workspaceId, name), {
      [`${name}-`]: '',
      ...{ [uuidFromId(firstId)]: 'first', [uuidFromId(secondId)]: 'second' },
      ...{ [partners[0]]: 'p1', [uuidFromId(partners[0])]: 'p1' },
      ...{ [partners[1]]: 'p2', [uuidFromId(partners[1])]: 'p2' },
    });
  return { arrive, ruleIfDue, books };
}

type Reported = Parameters<JourneyHarness['accept']>[0];

test('a life of seven events in twenty-four orders through the workflows gives one set of books, held and freed', async () => {
  const { db } = house;
  const orders = fc.sample(fc.shuffledSubarray([...STEPS], { minLength: STEPS.length }), {
    numRuns: ORDERS,
    seed: 20_261_126,
  });
  const bornMs = (await house.syncClock()) - 3 * HOUR_MS;
  const stories = await Promise.all(orders.map((_order, index) => story(`life-${index}`, bornMs)));
  for (const place of STEPS.keys()) {
    await Promise.all(stories.map(({ arrive }, index) => arrive[orders[index]?.[place] ?? 'click']()));
    await house.settleAll();
    await Promise.all(stories.map(({ ruleIfDue }) => ruleIfDue()));
  }
  await house.settleAll();
  expect(await db('quarantine').whereNull('released_at')).toEqual([]);
  const allBooks = () => Promise.all(stories.map(({ books }) => books()));
  const [held, ...others] = await allBooks();
  for (const books of others) expect(books).toEqual(held);
  expect(held).toMatchObject({
    lines: ['D1 cpa 2501 EUR', 'D1 cpa 4000 EUR', 'D1 percent 350 EUR', 'D2 percent 132 EUR'],
    slots: ['granted'],
  });
  expect(Object.keys((await readTrialBalance(db, house.tenant.workspaceId)).accounts)).toEqual([
    expect.stringMatching(/^expense:/),
    `held:${partners[0]} EUR`,
    `payable:${partners[1]} EUR`,
  ]);
  await env.sleep(`${HOLD_DAYS + 1} days`);
  await until('every hold to end', async () => {
    const waiting = await db('commission_lines').where('stage', 'qualified');
    return waiting.length === 0;
  });
  const [freed, ...alsoFreed] = await allBooks();
  for (const books of alsoFreed) expect(books).toEqual(freed);
  const { accounts, totals } = await readTrialBalance(db, house.tenant.workspaceId);
  expect(totals).toEqual({ EUR: '0' });
  expect(Object.keys(accounts).filter((account) => account.startsWith('held:'))).toEqual([]);
  expect(await readBrokenCredits(db)).toEqual([]);
}, 180_000);
