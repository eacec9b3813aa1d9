import { setTimeout as delay } from 'node:timers/promises';
import { createRandom } from '../../simulator/random';
import {
  type ClientLog,
  createClientLog,
  decimal,
  type EventKind,
  type SentEvent,
  TERMS,
  WINDOW_DAYS,
} from '../audit/client-log';
import { mintedAtMs } from '../audit/public-id';
import { createSender, type Sender } from './sender';
import type { SetUp } from './set-up';
import { type Habits, type PlannedEvent, type Story, writeStory } from './stories';

export interface Traffic {
  readonly log: ClientLog;
  /** Changes how the visitors behave who come from now on. */
  behave(habits: Habits): void;
  /** Resolves when the clicks that are under way have been answered, and so have their time. */
  clicked(): Promise<void>;
  /** So many visitors at once, beside those who come anyway. Resolves when their clicks have been answered. */
  burst(visitors: number): Promise<void>;
  /** Ends at once; what is under way is given up. */
  abandon(): Promise<void>;
  /** Lets the stories under way come to their end, each request acknowledged. */
  stop(): Promise<void>;
}

/** Bounds what an outage can pile up at the door. */
const MAX_VISITORS_AT_ONCE = 400;
/** Bounds what a slow machine can pile up behind it: the events that were accepted and are not settled yet. */
const MAX_EVENTS_BEHIND = 100;
const BROWSER = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0';
const WINDOW_MS = WINDOW_DAYS * 86_400_000;
/** A sender's clock may be ahead by less than five minutes; an event that is further ahead is kept until its time. */
const MAX_LEAD_MS = 60_000;

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
  readonly clicksPerSecond: number;
  readonly habits: Habits;
  /** How many accepted events are not settled yet; rejects while nobody can say, which holds nothing up. */
  eventsBehind(): Promise<number>;
}

/**
 * Visitors at a steady rate, whatever is killed meanwhile; new ones stay away only while too many events wait to be
 * settled. What is not answered, or answered 503, is sent again with the same ids until it is acknowledged.
 */
export function startTraffic(options: TrafficOptions): Traffic {
  const { apiUrl, setUp, seed, clicksPerSecond, eventsBehind } = options;
  const log = createClientLog();
  const road: Road = { apiUrl, setUp, log, sender: createSender(log) };
  const random = createRandom(seed);
  const underWay = new Set<Promise<void>>();
  const clicking = new Set<Promise<unknown>>();
  let { habits } = options;
  let closed = false;
  let visitors = 0;

  const visit = (): { readonly clicked: Promise<unknown> } => {
    const story = writeStory(random, `v${visitors}`, habits);
    visitors += 1;
    const clicked = click(story, road);
    clicking.add(clicked);
    const answered = () => clicking.delete(clicked);
    clicked.then(answered, answered);
    const whole = clicked
      .then((clickId) => (clickId === null ? undefined : report(story, clickId, road)))
      .catch((error: unknown) => {
        log.unexpected.push(String(error));
      });
    underWay.add(whole);
    void whole.finally(() => underWay.delete(whole));
    return { clicked };
  };
  const generate = async (): Promise<void> => {
    for (let number = 0; !closed; number += 1) {
      const nextAtMs = Date.now() + 1_000 / clicksPerSecond;
      visit();
      if (underWay.size >= MAX_VISITORS_AT_ONCE) await Promise.race(underWay);
      if (number % clicksPerSecond === 0) await untilCaughtUp(eventsBehind, () => closed);
      await delay(Math.max(0, nextAtMs - Date.now()));
    }
  };
  const generating = generate();

  return {
    log,
    behave: (next) => {
      habits = next;
    },
    clicked: async () => void (await Promise.allSettled(clicking)),
    burst: async (count) => {
      const clicks = Array.from({ length: count }, () => visit().clicked);
      await Promise.allSettled(clicks);
    },
    async abandon() {
      closed = true;
      await road.sender.close();
    },
    async stop() {
      closed = true;
      await generating;
      while (underWay.size > 0) await Promise.all(underWay);
      await road.sender.close();
    },
  };
}

async function untilCaughtUp(eventsBehind: () => Promise<number>, isStopped: () => boolean): Promise<void> {
  while (!isStopped() && (await eventsBehind().catch(() => 0)) > MAX_EVENTS_BEHIND) await delay(200);
}

async function report(story: Story, clickId: string, road: Road): Promise<void> {
  const answeredAtMs = Date.now();
  for (const event of story.events) {
    await delay(event.pauseMs);
    const sent = toSentEvent(event, story, clickId, answeredAtMs);
    // A click of a clock that lags by a day has its window's end close ahead: it is waited for.
    await delay(Math.max(0, Math.min(MAX_LEAD_MS, sent.occurredAtMs - Date.now())));
    road.log.events.push(sent);
    await Promise.all(Array.from({ length: event.copies }, () => reportOnce(sent, event, road)));
    for (let repeat = 0; repeat < event.repeats; repeat += 1) await reportOnce(sent, event, road);
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
  else log.served.push({ what: 'click', atMs: Date.now() });
  return sent.clickId;
}

function toSentEvent(
  { key, kind, occursAfterMs, countsFrom, amountMinor, takesBack }: PlannedEvent,
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
    playerId: kind === 'install' || kind === 'lead' ? null : `player-${visitor}`,
    transactionId: kind === 'deposit' || kind === 'withdrawal' ? `tx-${visitor}-${key}` : null,
    takesBack: takesBack === undefined ? null : `${visitor}-${takesBack}`,
    amountMinor: amountMinor ?? null,
    occurredAtMs: (countsFrom === 'click' ? answeredAtMs : mintedAtMs(clickId) + WINDOW_MS) + occursAfterMs,
    answers: [],
  };
}

/** Where each kind is reported. */
const PATHS: Readonly<Record<EventKind, string>> = {
  install: '/conversions/track',
  lead: '/conversions/track',
  registration: '/webhooks/gaming/registration',
  deposit: '/webhooks/gaming/deposit',
  withdrawal: '/webhooks/gaming/withdrawal',
  ngr: '/webhooks/gaming/ngr',
  chargeback: '/webhooks/gaming/chargeback',
  self_exclusion: '/webhooks/gaming/self-exclusion',
};

async function reportOnce(sent: SentEvent, planned: PlannedEvent, { apiUrl, setUp, sender, log }: Road) {
  const reply = await sender.send({
    what: 'event',
    method: 'POST',
    url: `${apiUrl}${PATHS[sent.kind]}`,
    headers: { authorization: `Bearer ${setUp.sourceKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(bodyOf(sent, planned)),
  });
  if (reply.status !== 200) {
    log.unexpected.push(`event ${sent.eventId}: ${reply.status} ${reply.text.slice(0, 300)}`);
    return;
  }
  const { status, id } = JSON.parse(reply.text) as { status: string; id: string };
  sent.answers.push({ status, id });
  log.served.push({ what: 'event', atMs: Date.now() });
}

function bodyOf(sent: SentEvent, { namesClick }: PlannedEvent): object {
  const { currency } = TERMS[sent.campaign];
  return {
    eventId: sent.eventId,
    occurredAt: new Date(sent.occurredAtMs).toISOString(),
    ...(PATHS[sent.kind] === '/conversions/track' && { type: sent.kind }),
    ...(sent.playerId !== null && { playerId: sent.playerId }),
    ...(namesClick && { clickId: sent.clickId }),
    ...(sent.transactionId !== null && { transactionId: sent.transactionId }),
    ...(sent.takesBack !== null && { depositEventId: sent.takesBack }),
    ...(sent.amountMinor !== null && { amount: decimal(sent.amountMinor), currency }),
    ...(sent.kind === 'ngr' && { period: new Date(sent.occurredAtMs).toISOString().slice(0, 7) }),
  };
}
