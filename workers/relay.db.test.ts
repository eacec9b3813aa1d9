import { pino } from 'pino';
import type { Db } from '../db/knex';
import { mintId } from '../db/mint-id';
import { recordClicks } from '../db/stores/click-store';
import { acceptEvent } from '../db/stores/event-store';
import type { OutboxKind } from '../db/stores/outbox-store';
import { type CampaignId, idFromUuid, uuidFromId } from '../domain/ids';
import { DAY_MS, MINUTE_MS, SECOND_MS } from '../domain/time';
import { insertCampaign } from '../testing/builders/insert-campaign';
import { insertWorkspace, type WorkspaceFixture } from '../testing/builders/insert-workspace';
import { newEvent } from '../testing/builders/new-event';
import { createTestDb, type TestDb } from '../testing/test-db';
import { until } from '../testing/until';
import { type RelayBells, type RelayDeps, runRelay } from './relay';
import { WakeUp } from './wake-up';
import type { WorkflowStarter } from './workflow-starter';

const BACKLOG = 2_000;
const CONCURRENCY = 8;
const startMs = Date.now();
const unlimited = { perSecond: 100_000, concurrency: CONCURRENCY };

let testDb: TestDb;
let db: Db;
let tenant: WorkspaceFixture;
let campaignId: CampaignId;
let stopping: AbortController;

beforeAll(async () => {
  testDb = await createTestDb({ poolMax: 12 });
  db = testDb.db;
});
afterAll(() => testDb.drop());
beforeEach(async () => {
  await db('outbox').delete();
  tenant = await insertWorkspace(db);
  campaignId = await insertCampaign(db, tenant);
  stopping = new AbortController();
});

/** Clicks of a minute ago, none of which has its journey. */
async function backlog(count: number): Promise<void> {
  const { offer_id } = await db('campaign_versions')
    .where('campaign_id', uuidFromId(campaignId))
    .first('offer_id');
  const clickedAtMs = startMs - MINUTE_MS;
  const clicks = Array.from({ length: count }, () => ({
    ...{ clickId: mintId('clk', clickedAtMs), visitorId: mintId('vis', clickedAtMs), clickedAtMs },
    ...{
      workspaceId: tenant.workspaceId,
      campaignId,
      campaignVersion: 1,
      offerId: idFromUuid('off', offer_id),
    },
    ...{
      partnerId: null,
      partnerReason: null,
      expiresAtMs: startMs + DAY_MS,
      isTest: false,
      externalId: null,
    },
    ...{ subs: {}, adIds: {}, utm: {}, raw: { ip: null, userAgent: null, referrer: null, query: '' } },
  }));
  await recordClicks(db, clicks);
}

/** Takes every call and writes it down; a start waits until it is let go. */
function slowTemporal() {
  const calls: string[] = [];
  let letGo: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const take = async (call: string): Promise<void> => void calls.push(call);
  const starter: WorkflowStarter = {
    startJourney: async (_workspace, { clickId }) => {
      calls.push(`start ${clickId}`);
      await gate;
    },
    signalJourney: async (_workspace, _target, eventId) => {
      calls.push(`event ${eventId}`);
      return 'taken';
    },
    signalPlayer: async (_workspace, _player, eventId) => {
      calls.push(`event ${eventId}`);
      return 'taken';
    },
    startEvent: (_workspace, eventId) => take(`event ${eventId}`),
    setPlayerTimer: (_workspace, playerId) => take(`timer ${playerId}`),
    startPostback: (_workspace, postbackId) => take(`postback ${postbackId}`),
  };
  const starts = (): number => calls.filter((call) => call.startsWith('start')).length;
  return { calls, starter, letGo, starts };
}

const wakeUps = (): RelayBells => ({ events: new WakeUp(), duties: new WakeUp(), starts: new WakeUp() });

function relay(given: Partial<RelayDeps> & Pick<RelayDeps, 'starter'>): Promise<void> {
  return runRelay(
    {
      ...{ db, clock: { nowMs: () => Date.now() }, logger: pino({ level: 'silent' }), bells: wakeUps() },
      ...{ starts: unlimited, meter: { called: () => undefined, parked: () => undefined } },
      ...given,
    },
    stopping.signal,
  );
}

const waiting = async (): Promise<number> => Number((await db('outbox').count())[0]?.count);

it('an event never waits behind starts', async () => {
  await backlog(BACKLOG);
  const temporal = slowTemporal();
  const bells = wakeUps();
  const relaying = relay({ starter: temporal.starter, bells });
  await until('all places for starts to be taken', async () => temporal.starts() === CONCURRENCY);
  for (let index = 0; index < 3; index += 1) {
    const sender = {
      kind: 'install',
      senderEventId: `I${index}`,
      occurredAtMs: startMs - SECOND_MS,
    } as const;
    const clickRef = idFromUuid('clk', (await db('clicks').first('click_id')).click_id);
    const { id } = await acceptEvent(db, newEvent(tenant, { ...sender, clickRef }), Date.now());
    bells.events.ring();
    await until('the event to be carried', async () => temporal.calls.includes(`event ${id}`));
    // And gone from the outbox: it did not wait for the end of the batch of starts either.
    await until('its row to be gone', async () => (await waiting()) === BACKLOG);
  }
  // Not one start ended meanwhile, and none was begun.
  expect(temporal.starts()).toBe(CONCURRENCY);
  stopping.abort();
  temporal.letGo();
  await relaying;
});

it('starts keep to their rate, however fast Temporal is', async () => {
  const [perSecond, seconds] = [40, 10];
  await backlog(BACKLOG);
  const temporal = slowTemporal();
  temporal.letGo();
  let nowMs = startMs;
  const skip = async (ms: number): Promise<void> => {
    nowMs += ms;
    if (nowMs >= startMs + seconds * SECOND_MS) stopping.abort();
  };
  const still = {
    ring: () => undefined,
    wait: () => endOf(stopping.signal),
    pause: () => endOf(stopping.signal),
  };
  const bells = { events: still, duties: still, starts: { ring: () => undefined, wait: skip, pause: skip } };
  const made: Partial<Record<OutboxKind, number>> = {};
  const meter = {
    called: (kind: OutboxKind, calls: number) => {
      made[kind] = (made[kind] ?? 0) + calls;
    },
    parked: () => undefined,
  };
  const starts = { perSecond, concurrency: CONCURRENCY };
  await relay({ starter: temporal.starter, clock: { nowMs: () => nowMs }, bells, starts, meter });
  expect(temporal.starts()).toBeLessThanOrEqual(perSecond * seconds + perSecond / 2);
  expect(temporal.starts()).toBeGreaterThanOrEqual(perSecond * (seconds - 1));
  expect(made).toEqual({ click: temporal.starts() });
  expect(await waiting()).toBe(BACKLOG - temporal.starts());
});

it('two relays at once carry each row exactly once', async () => {
  await backlog(600);
  const temporal = slowTemporal();
  temporal.letGo();
  const relaying = [relay({ starter: temporal.starter }), relay({ starter: temporal.starter })];
  await until('the outbox to be empty', async () => (await waiting()) === 0);
  stopping.abort();
  await Promise.all(relaying);
  expect(temporal.calls).toHaveLength(600);
  expect(new Set(temporal.calls).size).toBe(600);
});

it('while Temporal is away it looks again and again, and says so once', async () => {
  await backlog(1);
  const said: string[] = [];
  const logger = pino({ level: 'info' }, { write: (line: string) => void said.push(JSON.parse(line).msg) });
  const temporal = slowTemporal();
  temporal.letGo();
  let looks = 0;
  const away = Object.assign(new Error('14: away'), { code: 14, details: 'away', metadata: {} });
  const starter: WorkflowStarter = {
    ...temporal.starter,
    startJourney: async (...call) => {
      looks += 1;
      if (looks < 4) throw away;
      await temporal.starter.startJourney(...call);
    },
  };
  const noPause = { ring: () => undefined, wait: endless, pause: async () => undefined };
  const still = { ring: () => undefined, wait: endless, pause: endless };
  const relaying = relay({ starter, logger, bells: { events: still, duties: still, starts: noPause } });
  await until('the journey to be started', async () => (await waiting()) === 0);
  stopping.abort();
  await relaying;
  expect(looks).toBe(4);
  expect(said).toEqual(['relay waits', 'relay works again']);
});

/** As a bell that never rings. */
function endless(_ms: number, signal: AbortSignal): Promise<void> {
  return endOf(signal);
}

function endOf(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
