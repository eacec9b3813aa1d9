import { setTimeout as delay } from 'node:timers/promises';
import { createRandom } from '../../simulator/random';
import {
  type CampaignKey,
  type ClientLog,
  createClientLog,
  decimal,
  type SentEvent,
  TERMS,
} from './client-log';
import { createSender, type Sender } from './sender';
import type { SetUp } from './set-up';
import { type PlannedEvent, type Story, writeStory } from './stories';

export interface Traffic {
  readonly log: ClientLog;
  /** Lets the stories under way come to their end, each request acknowledged. */
  stop(): Promise<void>;
}

const CLICKS_PER_SECOND = 15;
/** Bounds what an outage can pile up at the door. */
const MAX_VISITORS_AT_ONCE = 120;
/** Bounds what a slow machine can pile up behind it: the events that were accepted and are not settled yet. */
const MAX_EVENTS_BEHIND = 100;
const BROWSER = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0';

interface Road {
  readonly apiUrl: string;
  readonly setUp: SetUp;
  readonly sender: Sender;
  readonly log: ClientLog;
}

export interface TrafficOptions {
  readonly apiUrl: string;
  readonly setUp: SetUp;
  readonly seed: number;
  /** How many accepted events are not settled yet; rejects while nobody can say, which holds nothing up. */
  eventsBehind(): Promise<number>;
}

/**
 * 15 clicks and about 10 events per second, repetitions included, whatever is killed meanwhile; new visitors stay
 * away only while too many events wait to be settled. What is not answered, or answered 503, is sent again with the
 * same ids until it is acknowledged.
 */
export function startTraffic({ apiUrl, setUp, seed, eventsBehind }: TrafficOptions): Traffic {
  const log = createClientLog();
  const road: Road = { apiUrl, setUp, log, sender: createSender(log) };
  const random = createRandom(seed);
  const underWay = new Set<Promise<void>>();
  let stopped = false;

  const generate = async (): Promise<void> => {
    for (let number = 0; !stopped; number += 1) {
      const nextAtMs = Date.now() + 1_000 / CLICKS_PER_SECOND;
      const visit = play(writeStory(random, `v${number}`), road).catch((error: unknown) => {
        log.unexpected.push(String(error));
      });
      underWay.add(visit);
      void visit.finally(() => underWay.delete(visit));
      if (underWay.size >= MAX_VISITORS_AT_ONCE) await Promise.race(underWay);
      if (number % CLICKS_PER_SECOND === 0) await untilCaughtUp(eventsBehind, () => stopped);
      await delay(Math.max(0, nextAtMs - Date.now()));
    }
  };
  const generating = generate();

  return {
    log,
    async stop() {
      stopped = true;
      await generating;
      await Promise.all(underWay);
      await road.sender.close();
    },
  };
}

async function untilCaughtUp(eventsBehind: () => Promise<number>, isStopped: () => boolean): Promise<void> {
  while (!isStopped() && (await eventsBehind().catch(() => 0)) > MAX_EVENTS_BEHIND) await delay(200);
}

async function play(story: Story, road: Road): Promise<void> {
  const clickId = await click(story, road);
  if (clickId === null) return;
  const answeredAtMs = Date.now();
  for (const event of story.events) {
    await delay(event.pauseMs);
    const sent = toSentEvent(event, story, clickId, answeredAtMs);
    road.log.events.push(sent);
    await report(sent, event, road);
    if (event.isRepeated) await report(sent, event, road);
  }
}

async function click(
  { visitor, campaign }: Story,
  { apiUrl, setUp, sender, log }: Road,
): Promise<string | null> {
  const sent = { visitor, campaign, tries: 0, clickId: null as string | null, sentAtMs: Date.now() };
  log.clicks.push(sent);
  const reply = await sender.send({
    what: 'click',
    method: 'GET',
    url: `${apiUrl}/c/${setUp.campaigns[campaign].slug}?sub1=${visitor}`,
    headers: { 'user-agent': BROWSER, accept: 'text/html' },
  });
  sent.tries = reply.tries;
  sent.sentAtMs = reply.sentAtMs;
  if (reply.status === 302 && reply.location !== null) {
    sent.clickId = new URL(reply.location).searchParams.get('cid');
  }
  if (sent.clickId === null)
    log.unexpected.push(`click ${visitor}: ${reply.status} ${reply.text.slice(0, 300)}`);
  return sent.clickId;
}

function toSentEvent(
  { key, kind, occursAfterMs, amountMinor, takesBack }: PlannedEvent,
  { visitor, campaign }: Story,
  clickId: string,
  answeredAtMs: number,
): SentEvent {
  return {
    eventId: `${visitor}-${key}`,
    kind,
    visitor,
    campaign,
    clickId,
    playerId: `player-${visitor}`,
    transactionId: kind === 'deposit' ? `tx-${visitor}-${key}` : null,
    takesBack: takesBack === undefined ? null : `${visitor}-${takesBack}`,
    amountMinor: amountMinor ?? null,
    occurredAtMs: answeredAtMs + occursAfterMs,
    answers: [],
  };
}

async function report(sent: SentEvent, { namesClick }: PlannedEvent, { apiUrl, setUp, sender, log }: Road) {
  const { currency } = TERMS[sent.campaign satisfies CampaignKey];
  const body = {
    eventId: sent.eventId,
    playerId: sent.playerId,
    occurredAt: new Date(sent.occurredAtMs).toISOString(),
    ...(namesClick && { clickId: sent.clickId }),
    ...(sent.transactionId !== null && { transactionId: sent.transactionId }),
    ...(sent.takesBack !== null && { depositEventId: sent.takesBack }),
    ...(sent.amountMinor !== null && { amount: decimal(sent.amountMinor), currency }),
  };
  const reply = await sender.send({
    what: 'event',
    method: 'POST',
    url: `${apiUrl}/webhooks/gaming/${sent.kind}`,
    headers: { authorization: `Bearer ${setUp.sourceKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (reply.status !== 200) {
    log.unexpected.push(`event ${sent.eventId}: ${reply.status} ${reply.text.slice(0, 300)}`);
    return;
  }
  const { status, id } = JSON.parse(reply.text) as { status: string; id: string };
  sent.answers.push({ status, id });
}
