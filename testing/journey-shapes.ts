import type { ClickId } from '../domain/ids';
import { DAY_MS } from '../domain/time';
import { clickJourneyWorkflowId } from '../workflows/click-journey/contract';
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
