import { WorkflowNotFoundError } from '@temporalio/client';
import { acceptRuling } from '../db/stores/ruling-store';
import { type ClickId, type EventId, idFromUuid, type PlayerId } from '../domain/ids';
import { DAY_MS } from '../domain/time';
import { clickJourneyWorkflowId } from '../workflows/click-journey/contract';
import { playerWorkflowId } from '../workflows/player/contract';
import { breakAssessment } from './broken-assessment';
import { insertDeal } from './builders/insert-partner';
import { EUR, type JourneyHarness } from './journey-harness';
import { until } from './until';

/** A way that a workflow can go; each is recorded once from a real server and replayed for ever. */
export type JourneyShape = {
  readonly name: string;
  /** History events when it has gone this way; a budget, because each one is paid a million times. */
  readonly maxEvents: number;
  /** Drives the product and gives the id of the workflow that went this way. */
  run(house: JourneyHarness): Promise<string>;
};

/** Long enough for a test to be in time, short enough to wait for. */
const SHORT_WINDOW_DAYS = 3_000 / DAY_MS;

const deposit = { kind: 'deposit', playerExternalId: 'p', money: EUR(4_990n) } as const;

export const JOURNEY_SHAPES: readonly JourneyShape[] = [
  {
    name: 'click-dormant',
    maxEvents: 1,
    async run(house) {
      const clickId = await house.click();
      await house.relay();
      return journeyId(house, clickId);
    },
  },
  {
    name: 'click-expired',
    maxEvents: 5,
    async run(house) {
      const clickId = await house.click({ windowDays: SHORT_WINDOW_DAYS });
      await house.relay();
      return ended(house, clickId);
    },
  },
  {
    name: 'click-registered-then-expired',
    maxEvents: 25,
    async run(house) {
      await house.addDestination();
      const clickRef = await house.click({ windowDays: SHORT_WINDOW_DAYS });
      await house.accept({ kind: 'registration', clickRef, playerExternalId: 'p' });
      await house.settleAll();
      return ended(house, clickRef);
    },
  },
  {
    name: 'click-converted-in-three-steps',
    maxEvents: 60,
    async run(house) {
      await house.addDestination({ events: ['install', 'registration', 'first_deposit'] });
      const clickRef = await house.click();
      await house.relay();
      await house.accept({ kind: 'install', clickRef });
      await house.settleAll();
      await house.accept({ kind: 'registration', clickRef, playerExternalId: 'p' });
      await house.settleAll();
      await house.accept({ ...deposit, clickRef });
      await house.settleAll();
      return ended(house, clickRef);
    },
  },
  {
    name: 'click-converted-by-a-burst',
    maxEvents: 45,
    async run(house) {
      const clickRef = await house.click();
      await house.relay();
      await house.accept({ kind: 'install', clickRef });
      await house.accept({ kind: 'registration', clickRef, playerExternalId: 'p' });
      const { id } = await house.accept({ ...deposit, clickRef });
      await house.relay();
      await house.starter.signalJourney(house.tenant.workspaceId, await house.target(clickRef), id);
      await house.settleAll();
      return ended(house, clickRef);
    },
  },
  {
    name: 'click-converted-postback-refused',
    maxEvents: 30,
    async run(house) {
      house.sink.answer = () => ({ status: 404 });
      await house.addDestination({ events: ['first_deposit'] });
      const clickRef = await house.click();
      await house.accept({ ...deposit, clickRef });
      await house.settleAll();
      return ended(house, clickRef);
    },
  },
  {
    name: 'click-assessed-as-an-activity',
    maxEvents: 26,
    async run(house) {
      const broken = await breakAssessment(house.db);
      const clickRef = await house.click();
      await house.accept({ ...deposit, clickRef });
      await house.relay();
      await until('the assessment to go on as an activity', async () =>
        (await eventTypes(house, journeyId(house, clickRef))).includes(ACTIVITY_SCHEDULED),
      );
      await broken.mend();
      return ended(house, clickRef);
    },
  },
  {
    name: 'player-after-the-journey',
    maxEvents: 25,
    async run(house) {
      await house.addDestination({ events: ['deposit'] });
      const clickRef = await house.click();
      await house.accept({ ...deposit, clickRef });
      await house.settleAll();
      await ended(house, clickRef);
      await house.accept(deposit);
      await house.settleAll();
      const [playerId = ''] = await house.playerWorkflowIds();
      await house.env.client.workflow.getHandle(playerId).result();
      return playerId;
    },
  },
  {
    name: 'player-hold-ended',
    maxEvents: 20,
    async run(house) {
      await heldDeposit(house);
      await house.relay();
      return playerEnded(house);
    },
  },
  {
    name: 'player-timer-set-sooner',
    maxEvents: 25,
    async run(house) {
      const playerId = await heldDeposit(house);
      const { workspaceId } = house.tenant;
      await house.starter.setPlayerTimer(workspaceId, playerId, house.clock.nowMs() + DAY_MS);
      const workflowId = playerWorkflowId(workspaceId, playerId);
      await until('the later timer', async () =>
        (await eventTypes(house, workflowId)).includes(TIMER_STARTED),
      );
      await house.relay();
      return playerEnded(house);
    },
  },
  {
    // It waits on for a day, for a reminder that finds nothing to do.
    name: 'player-ruled-while-waiting',
    maxEvents: 30,
    async run(house) {
      await house.addDestination({ events: ['first_deposit'] });
      const clickRef = await house.click({ userAgent: '' });
      const { id } = await house.accept({ ...deposit, clickRef });
      await house.settleAll();
      await ended(house, clickRef);
      await house.relay();
      await approve(house, id);
      await house.settleAll();
      const [workflowId = ''] = await house.playerWorkflowIds();
      await until('the workflow to wait again', async () => {
        const types = await eventTypes(house, workflowId);
        const done = types.filter((type) => type === ACTIVITY_COMPLETED);
        return done.length === 2 && types.at(-1) === TASK_COMPLETED;
      });
      return workflowId;
    },
  },
  {
    name: 'event-after-the-window',
    maxEvents: 15,
    async run(house) {
      const atMs = house.clock.nowMs() - 31 * DAY_MS;
      const clickRef = await house.click({ atMs });
      const { id } = await house.accept({ kind: 'install', clickRef, occurredAtMs: atMs + 1_000 });
      await house.settleAll();
      const workflowId = `event:${house.tenant.workspaceId}:${id}`;
      await house.env.client.workflow.getHandle(workflowId).result();
      return workflowId;
    },
  },
  {
    name: 'postback-replayed',
    maxEvents: 15,
    async run(house) {
      house.sink.answer = () => ({ status: 404 });
      await house.addDestination({ events: ['first_deposit'] });
      const clickRef = await house.click();
      await house.accept({ ...deposit, clickRef });
      await house.settleAll();
      await ended(house, clickRef);
      house.sink.answer = () => ({ status: 200 });
      const workflowId = await house.replayDeadPostback();
      await house.relay();
      await house.env.client.workflow.getHandle(workflowId).result();
      return workflowId;
    },
  },
];

// temporal.api.enums.v1.EventType
const TASK_COMPLETED = 7;
const ACTIVITY_SCHEDULED = 10;
const ACTIVITY_COMPLETED = 12;
const TIMER_STARTED = 17;

const HOLD_DAYS = 14;

/** A settled deposit whose hold ends in a moment; its timer is not relayed yet. */
async function heldDeposit(house: JourneyHarness): Promise<PlayerId> {
  const { partnerId, tenant } = house;
  const terms = { version: 2, holdDays: HOLD_DAYS, validFromMs: Date.UTC(2001, 0, 1) };
  await insertDeal(house.db, { ...tenant, partnerId, ...terms });
  const occurredAtMs = house.clock.nowMs() - (HOLD_DAYS - SHORT_WINDOW_DAYS) * DAY_MS;
  const clickRef = await house.click({ atMs: occurredAtMs - DAY_MS });
  const { id } = await house.accept({ ...deposit, clickRef, occurredAtMs });
  // By the event's own route, so that the timer stays in the outbox.
  await house.starter.signalJourney(tenant.workspaceId, await house.target(clickRef), id);
  await ended(house, clickRef);
  const row: { player_id: string } = await house.db('players').first('player_id');
  return idFromUuid('ply', row.player_id);
}

async function approve(house: JourneyHarness, eventId: EventId): Promise<void> {
  const { conversion_id: uuid, revision } = await house.conversion(eventId);
  const ruling = {
    ...{ workspaceId: house.tenant.workspaceId, conversionId: idFromUuid('cnv', uuid), revision },
    ...({ decision: 'approve', reason: 'Known.', actor: 'key:test' } as const),
  };
  await house.db.transaction((trx) => acceptRuling(trx, ruling, house.clock.nowMs()));
}

async function eventTypes(house: JourneyHarness, workflowId: string): Promise<(number | null | undefined)[]> {
  // A workflow that nobody has started yet has no history.
  const isUnknown = (error: unknown): [] => {
    if (error instanceof WorkflowNotFoundError) return [];
    throw error;
  };
  const history = await house.env.client.workflow.getHandle(workflowId).fetchHistory().catch(isUnknown);
  const events = Array.isArray(history) ? history : (history.events ?? []);
  return events.map(({ eventType }) => eventType);
}

async function playerEnded(house: JourneyHarness): Promise<string> {
  const [workflowId = ''] = await house.playerWorkflowIds();
  await house.env.client.workflow.getHandle(workflowId).result();
  return workflowId;
}

function journeyId(house: JourneyHarness, clickId: ClickId): string {
  return clickJourneyWorkflowId(house.tenant.workspaceId, clickId);
}

async function ended(house: JourneyHarness, clickId: ClickId): Promise<string> {
  await until('the journey to end', async () => {
    const { status } = await house.journey(clickId).describe();
    return status.name === 'COMPLETED';
  });
  return journeyId(house, clickId);
}
