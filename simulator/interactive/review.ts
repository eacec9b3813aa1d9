import { lookAt, type WatchedConversion } from '../look';
import { paragraph } from '../paragraph';
import { type Decision, decide, type WaitingReview, waitingReviews } from '../review-desk';
import { CAST, type Scene, showEffect } from './scene';
import type { Player } from './story';

const STATUS = { approve: 'approved', reject: 'rejected' } as const;

/**
 * Shows what waits for a person, decides on the doubtful visitor's deposit, and shows what follows. Once decided, the
 * other decision takes it back.
 */
export async function decideOnDeposit(scene: Scene, decision: Decision): Promise<void> {
  const { session, setUp, output, story } = scene;
  const player = story.doubtful;
  if (player === null) return;
  const waiting = await waitingReviews(session.api, setUp.campaigns[CAST].campaignId);
  const texts = waiting.length === 0 ? ['nothing'] : waiting.map(reviewText);
  for (const line of paragraph('waiting', texts)) output.line(line);
  const deposit = await depositOf(scene, player);
  if (deposit === undefined) {
    output.line('The deposit is not in the books yet: take the step again in a moment.');
    return;
  }
  if (deposit.status === STATUS[decision]) {
    output.line(`The deposit is ${deposit.status} already; the other decision takes that back.`);
    return;
  }
  const { conversionId, revision } = deposit;
  await decide(session.api, deposit, decision, `Somebody looked at it and chose to ${decision}.`);
  const sent = `${decision} revision ${revision}: POST /v1/conversions/${conversionId}/decision`;
  for (const line of paragraph('sent', [sent])) output.line(line);
  player.expected.push({
    what: `the ${STATUS[decision]} deposit`,
    isShown: ({ conversions }) =>
      conversions.some((one) => one.conversionId === conversionId && one.status === STATUS[decision]),
  });
  await showEffect(scene, player);
}

async function depositOf(scene: Scene, player: Player): Promise<WatchedConversion | undefined> {
  const { api, runId } = scene.session;
  const { conversions } = await lookAt(api, { clickId: player.clickId, label: player.label, runId });
  const { event } = player.deposits[0] ?? {};
  const transactionId = `${runId}-${player.label}-${event?.transaction}`;
  return conversions.find((one) => one.transactionId === transactionId);
}

function reviewText({ event, value, playerId, verdict }: WaitingReview): string {
  const amount = value ? ` of ${value.amount} ${value.currency}` : '';
  const who = playerId ? ` by ${playerId}` : '';
  const why = verdict?.reasons.map(({ detail }) => detail).join(' ') ?? '';
  return `${event.replace('_', ' ')}${amount}${who}, score ${verdict?.score ?? 0}: ${why}`;
}
