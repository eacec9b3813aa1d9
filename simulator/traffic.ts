import { setTimeout as sleep } from 'node:timers/promises';
import { type CookieJar, createCookieJar } from './cookie-jar';
import { type EventTally, sendEvent } from './event-sender';
import { followLink } from './follow-link';
import type { HttpClient } from './http-client';
import type { Plan, PlannedClick } from './plan';
import type { SetUp } from './setup';
import type { Sink } from './sink';

/** A click that was redirected and is known by its id from here on. */
export type SentClick = {
  plan: PlannedClick;
  clickId: string;
  /** For a repeated click: whether both surely fell within two seconds, so that the rule must have seen it. */
  surelyRepeated: boolean;
};

export type Traffic = { clicks: SentClick[]; events: EventTally; deviations: string[]; tookMs: number };

export type TrafficOptions = {
  http: HttpClient;
  apiUrl: string;
  runId: string;
  plan: Plan;
  setUp: SetUp;
  sink: Sink;
  signal: AbortSignal;
  onProgress(text: string): void;
};

/** Visitors under way at the same time. */
const CONCURRENCY = 16;
const DOUBLE_CLICK_MS = 2_000;

/** Drives all visitors, a bounded number at a time; each one's story keeps its order. Stops when `signal` says so. */
export async function driveTraffic(options: TrafficOptions): Promise<Traffic> {
  const startedMs = performance.now();
  const clicks: SentClick[] = [];
  const deviations: string[] = [];
  const events: EventTally = { accepted: 0, duplicate: 0, quarantined: 0, contradicted: 0, deviations };
  const waiting = [...options.plan.visitors];
  const worker = async (): Promise<void> => {
    for (let visitor = waiting.shift(); visitor !== undefined; visitor = waiting.shift()) {
      await driveVisitor(visitor, options, { clicks, events, deviations });
      const done = `${clicks.length} of ${options.plan.clicks.length} clicks`;
      options.onProgress(`traffic: ${done}, ${events.accepted + events.quarantined} events`);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  deviations.push(...options.http.unexpectedFailures);
  return { clicks, events, deviations, tookMs: performance.now() - startedMs };
}

type Progress = { clicks: SentClick[]; events: EventTally; deviations: string[] };

async function driveVisitor(
  visitor: readonly PlannedClick[],
  options: TrafficOptions,
  progress: Progress,
): Promise<void> {
  const jar = createCookieJar();
  const firstAtMs = Date.now();
  for (const plan of visitor) {
    const clickId = await click(plan, jar, options, progress.deviations);
    if (clickId === null) continue;
    const clickedAtMs = Date.now();
    options.sink.plan(clickId, plan.refusals);
    const surelyRepeated = plan.repeats !== null && clickedAtMs - firstAtMs < DOUBLE_CLICK_MS;
    progress.clicks.push({ plan, clickId, surelyRepeated });
    const { apiUrl, runId, setUp } = options;
    const context = { runId, label: plan.label, clickId, clickedAtMs, apiUrl, source: setUp.source };
    for (const event of plan.events) {
      await sleep(event.pauseMs, undefined, { signal: options.signal });
      await sendEvent(options.http, event, context, progress.events);
    }
  }
}

/** One planned click. Its id, or null when the answer was no redirect. */
async function click(
  plan: PlannedClick,
  jar: CookieJar,
  { http, apiUrl, setUp }: TrafficOptions,
  deviations: string[],
): Promise<string | null> {
  const campaign = setUp.campaigns[plan.campaign];
  const query = new URLSearchParams({ sub1: plan.label, ...plan.query });
  if (plan.campaign === 'open') query.set('p', setUp.partners[plan.partner].code);
  const followed = await followLink(http, {
    url: `${apiUrl}${campaign.linkPath}?${query.toString()}`,
    jar,
    language: plan.language,
    userAgent: plan.userAgent,
  });
  if (!followed.ok) {
    deviations.push(
      `click ${plan.label}: a 302 with our click id in its Location was due, got ${followed.got}`,
    );
    return null;
  }
  const { clickId, landing } = followed;
  if (jar.header() === null) deviations.push(`click ${clickId}: no visitor cookie was set`);
  if (landing.searchParams.has('s') && landing.searchParams.get('s') !== plan.label) {
    deviations.push(`click ${clickId}: {sub1} became ${landing.searchParams.get('s')} in the landing URL`);
  }
  return clickId;
}
