import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { type RebuildSummary, rebuildJourneys } from '../db/rebuild-journeys';
import { saveReviewPolicy } from '../db/stores/review-store';
import type { ClickId } from '../domain/ids';
import { insertDeal } from '../testing/builders/insert-partner';
import { EUR, JourneyHarness, quietRuntime } from '../testing/journey-harness';
import { startTimeSkippingEnv } from '../testing/temporal-env';
import { until } from '../testing/until';

quietRuntime();

const HOLD_DAYS = 14;

const envs: TestWorkflowEnvironment[] = [];
let house: JourneyHarness;

async function newTemporal(): Promise<TestWorkflowEnvironment> {
  const env = await startTimeSkippingEnv();
  envs.push(env);
  return env;
}

async function newHouse(): Promise<void> {
  house = await JourneyHarness.start(await newTemporal());
  await house.syncClock();
  const { partnerId, tenant } = house;
  const everything = { version: 2, validFromMs: Date.UTC(2001, 0, 1) };
  await insertDeal(house.db, { ...tenant, ...everything, partnerId, holdDays: HOLD_DAYS });
  const policy = { reminderHours: 24, timeout: { hours: 240, decision: 'approve' } } as const;
  await saveReviewPolicy(house.db, tenant.workspaceId, policy);
  await house.addDestination({ events: ['registration', 'first_deposit'] });
}

beforeEach(newHouse, 120_000);
afterEach(async () => {
  await house?.stop();
  for (const env of envs.splice(0)) await env.teardown();
}, 60_000);

const deposit = (player: string) =>
  ({ kind: 'deposit', playerExternalId: player, money: EUR(4_990n) }) as const;

type Clicks = { readonly dormant: readonly ClickId[]; readonly registered: ClickId };

/** Traffic of every kind that Temporal has something to remember of. `end` comes before the last event is settled. */
async function traffic(end: () => Promise<void> = async () => undefined): Promise<Clicks> {
  const dormant = [await house.click(), await house.click(), await house.click()];
  // Paid and told, and on hold: a timer of the player.
  await house.accept({ ...deposit('held'), clickRef: await house.click() });
  await house.settleAll();
  // Of a browser without a name: a person is to look at it, and a timer ends the waiting.
  await house.accept({ ...deposit('doubtful'), clickRef: await house.click({ userAgent: '' }) });
  await house.settleAll();
  // Awake, and waiting for the deposit.
  const registered = await house.click();
  await house.accept({ kind: 'registration', playerExternalId: 'registered', clickRef: registered });
  await house.settleAll();
  await until('what is owed so far to be delivered', async () => (await pending()) === 0);
  // Its postback is refused for now.
  house.sink.answer = () => ({ status: 503 });
  await house.accept({ ...deposit('retried'), clickRef: await house.click() });
  await house.settleAll();
  await until('a try to fail', async () => {
    const failed = await house.db('postback_attempts').where('outcome', 'retry').first();
    return failed !== undefined;
  });
  await house.relay();
  await end();
  // Carried to Temporal, and settled by nobody when the end has come.
  await house.accept({ ...deposit('under way'), clickRef: await house.click() });
  await house.relay();
  expect(await house.db('outbox')).toEqual([]);
  house.sink.answer = () => ({ status: 200 });
  return { dormant, registered };
}

const pending = async (): Promise<number> => (await house.db('postbacks').where('status', 'pending')).length;

/** Everything that time and the registered player have still to bring. */
async function rest({ dormant, registered }: Clicks): Promise<void> {
  await house.settleAll();
  await house.accept({ ...deposit('registered'), clickRef: registered });
  await house.settleAll();
  await house.relay();
  await until('everything to be delivered', async () => (await pending()) === 0);
  await house.env.sleep(`${HOLD_DAYS + 11} days`);
  await house.syncClock();
  // The review has run out meanwhile, which is a ruling like any other.
  await house.settleAll();
  await until('the last postback to be delivered', async () => (await pending()) === 0);
  for (const clickId of dormant) {
    expect(await house.journey(clickId).result()).toEqual({ outcome: 'expired', events: 0 });
  }
}

type Books = {
  readonly balances: Record<string, string>;
  readonly conversions: readonly unknown[];
  readonly postbacks: readonly unknown[];
};

/** The end state, without the ids that differ from run to run. */
async function books(): Promise<Books> {
  const balances = Object.entries(await house.balances()).map(
    ([account, sum]) => [account.split(':')[0] ?? '', sum] as const,
  );
  return {
    balances: Object.fromEntries(balances),
    conversions: await house
      .db('conversions')
      .join('players', 'players.player_id', 'conversions.player_id')
      .select('players.external_id', 'kind', 'status', 'reason', 'amount_minor')
      .orderBy(['players.external_id', 'kind']),
    postbacks: await house
      .db('postbacks')
      .join('players', 'players.player_id', 'postbacks.player_id')
      .select('players.external_id', 'event_kind', 'status')
      .orderBy(['players.external_id', 'event_kind']),
  };
}

/** Every postback was taken by its destination exactly once, whatever had been refused before. */
async function expectEachDeliveredOnce(): Promise<void> {
  const rows: { url: string }[] = await house.db('postbacks').select('url');
  const told = house.sink.requests.map(({ url }) => url);
  const refused: { url: string }[] = await house
    .db('postback_attempts')
    .join('postbacks', 'postbacks.postback_id', 'postback_attempts.postback_id')
    .where('outcome', 'retry')
    .select('postbacks.url');
  for (const { url } of rows) {
    const path = new URL(url).pathname + new URL(url).search;
    const tries = told.filter((other) => other === path).length;
    expect(tries - refused.filter((other) => other.url === url).length).toBe(1);
  }
  expect(new Set(told).size).toBe(rows.length);
}

test('an empty Temporal is told everything again, and the books are those of a run without the loss', async () => {
  await rest(await traffic());
  const without = await books();
  await expectEachDeliveredOnce();
  await house.stop();

  await newHouse();
  const clicks = await traffic(() => house.stopWorkers());
  house.moveTo(await newTemporal());
  const counted = await rebuildJourneys(house.db, house.clock, { dryRun: true });
  expect(counted).toMatchObject({
    events: { found: 1 },
    postbacks: { found: 1 },
    timers: { found: 3 },
    // All but the three that have converted.
    clicks: { found: (await openClicks()).length },
    upTo: 0n,
  });
  const rebuilt: RebuildSummary = await rebuildJourneys(house.db, house.clock, { pieceRows: 2 });
  expect(rebuilt.clicks).toEqual({ found: counted.clicks.found, queued: counted.clicks.found });
  await house.startWorkers();
  await rest(clicks);
  expect(await books()).toEqual(without);
  await expectEachDeliveredOnce();
  expect(without).toMatchObject({
    balances: { payable: '-25000', expense: '25000' },
    postbacks: expect.arrayContaining([
      { external_id: 'retried', event_kind: 'first_deposit', status: 'delivered' },
      { external_id: 'registered', event_kind: 'registration', status: 'delivered' },
    ]),
  });
}, 240_000);

async function openClicks(): Promise<string[]> {
  return house.db('clicks').whereNull('closed_at').pluck('click_id');
}
