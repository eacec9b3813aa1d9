import {
  condition,
  isCancellation,
  setCurrentDetails,
  setHandler,
  sleep,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { EventKind } from '../../domain/facts';
import type { JourneyStage } from '../../domain/journey-stage';
import { Deliveries } from '../deliveries';
import { EventInbox } from '../event-inbox';
import { JOURNEY_STAGE } from '../search-attributes';
import { assessAndSettle, eventReceivedSignal } from '../steps';
import type { ClickJourneyInput, ClickJourneyResult } from './contract';

/**
 * The journey of one click.
 *
 *   dormant    started with a delay to the end of the window: no code has run, one history event
 *   awake      the first event arrived by signal-with-start; each event is assessed, settled, delivered
 *   closing    converted (first deposit credited to this click) or expired (window over); deliveries end
 *   closed     forever: later events of the player go to the player workflow
 *
 * Moved by: events (relay), the window's timer, the end of deliveries. Invariants: no event is lost, because the
 * inbox is looked at without an await before the return; the window is the click's own and not this run's age, and
 * its last millisecond still belongs to it; nothing here decides money.
 */
export async function clickJourney(input: ClickJourneyInput): Promise<ClickJourneyResult> {
  const inbox = new EventInbox();
  const deliveries = new Deliveries();
  let events = 0;
  let stage: JourneyStage = 'waiting';
  let expired = false;

  setHandler(eventReceivedSignal, (event) => inbox.receive(event), {
    description: 'An install, registration, deposit or chargeback was accepted for this click.',
  });

  const remainingMs = input.expiresAtMs + 1 - Date.now();
  if (remainingMs <= 0) expired = true;
  else {
    sleep(remainingMs, { summary: 'attribution window' }).then(
      () => {
        expired = true;
      },
      (error: unknown) => {
        if (!isCancellation(error)) throw error;
      },
    );
  }

  for (;;) {
    await condition(() => !inbox.isEmpty || ((expired || stage === 'converted') && deliveries.areDone));
    const eventId = inbox.take();
    if (eventId === null) break;
    const settled = await assessAndSettle(eventId);
    events += 1;
    deliveries.start(settled.postbackIds);
    const reached: JourneyStage =
      settled.convertedClickId === input.clickId ? 'converted' : stageAfter(settled.kind, stage);
    // Written only when it changes: each write is a history event and a row in seventy indexes.
    if (reached !== stage) upsertSearchAttributes([{ key: JOURNEY_STAGE, value: reached }]);
    stage = reached;
    setCurrentDetails(`**${stage}**, ${events} events settled; last: ${settled.kind} (${eventId})`);
  }
  return { outcome: stage === 'converted' ? 'converted' : 'expired', events };
}

function stageAfter(kind: EventKind, stage: JourneyStage): JourneyStage {
  if (stage === 'converted') return stage;
  if (kind === 'registration') return 'registered';
  return kind === 'install' && stage === 'waiting' ? 'installed' : stage;
}
