import { setTimeout as sleep } from 'node:timers/promises';
import { SECOND_MS } from '../../domain/time';
import { created } from '../../simulator/responses';
import { type Endpoint, SICKNESSES, type Sickness, startEndpoint } from '../dispatch/sick-endpoints';
import { isSteady, STEADY_WINDOWS } from '../dispatch/steady';
import { newStage } from '../load/click-leg';
import { makeClicks, postFirstDeposit, type Stage } from '../load/deposit-traffic';
import { openLoop, type Shot } from '../load/open-loop';
import { type PostbackSink, startPostbackSink } from '../load/postback-sink';
import { untilArrived } from '../load/until-arrived';
import { untilAtRest } from '../load/until-at-rest';
import { type Spread, spreadOf } from '../output/spread';
import { shown, spreadHeader, spreadRow } from '../output/table';
import { atMost } from '../output/target';
import type { MeasuredInstance, Section, SectionContext } from '../section';

/**
 * Deposits of the partner whose server is well, and as many of each of the three others. Half of what two cores can
 * settle: beyond it everybody waits for the cores, and no ratio says anything about isolation.
 */
const RATE_PER_SECOND = 1;
/** While all are well, after a warm-up of a tenth. */
const SECONDS = 100;
/**
 * Each deposit owes the silent one two postbacks: at ten seconds an attempt, and five attempts in the first two minutes,
 * two a second would take all 100 slots of a worker by then.
 */
const EVENTS: Readonly<Record<Sickness, readonly string[]>> = {
  healthy: ['first_deposit'],
  always500: ['first_deposit'],
  slow: ['first_deposit'],
  blackHole: ['first_deposit', 'deposit'],
};
/**
 * With sick ones it goes on until it is steady: for at least three minutes, and then until the most connections at once
 * that the silent one saw are the same in three windows in a row. What is compared is the healthy one in those windows.
 */
const WINDOW_SECONDS = 30;
const FEWEST_WINDOWS = 6;
const MOST_WINDOWS = 30;
/** A destination's share, whatever it is owed. */
const SHARE = 8;
const CLICK_AGE_MS = 21_000;
const WANTED_RATIO = 1.5;

type Partner = { readonly stage: Stage; readonly endpoint: Endpoint | null };
/** What the silent endpoint saw, window by window. */
type Watched = { readonly peaks: readonly number[]; readonly steady: boolean };
type Run = Watched & {
  readonly latency: Spread | null;
  readonly missing: number;
  readonly sent: number;
  /** Requests that the other partners' servers saw. */
  readonly others: Readonly<Record<string, number>>;
};

/**
 * Postbacks to a partner whose server is well, while those of three others are sick, against the same postbacks while
 * the others are well too: the same deposits in both runs, so that only the sickness is between them.
 */
export const dispatcherSection: Section = {
  name: 'dispatcher',
  title: `Postbacks beside sick endpoints, ${RATE_PER_SECOND}/s to each of ${SICKNESSES.length + 1} partners`,
  run: async (context) => {
    const settings = { CLICKCHAIN_ALLOW_PRIVATE_DESTINATIONS: 'true' };
    const run = (sick: boolean) => (instance: MeasuredInstance) => runPartners(context, instance, sick);
    const without = await context.withInstance(settings, run(false));
    const withSick = await context.withInstance(settings, run(true));
    const [p99, p99Without] = [withSick.latency?.p99 ?? null, without.latency?.p99 ?? null];
    const ratio = p99 === null || p99Without === null ? null : Math.round((p99 / p99Without) * 100) / 100;
    return {
      lines: [
        spreadHeader('acknowledged → received, in ms'),
        spreadRow('all four are well', without.latency),
        spreadRow('three are sick', withSick.latency),
        '',
        `  p99 with sick endpoints ÷ without: ${shown(ratio)}`,
        `  connections at once at the silent one, every ${WINDOW_SECONDS} s: ${withSick.peaks.join(', ')}` +
          (withSick.steady ? '' : ' (not steady)'),
        `  ${without.sent} and ${withSick.sent} deposits of the healthy partner; requests at the others: ` +
          `${requestsText(without)}; when sick: ${requestsText(withSick)}`,
      ],
      targets: [
        atMost('healthy p99 with sick endpoints ÷ without', WANTED_RATIO, ratio),
        atMost('healthy postbacks that never came', 0, without.missing + withSick.missing),
        atMost('connections at once at the silent endpoint', SHARE, Math.max(...withSick.peaks)),
      ],
      figures: { ratePerSecond: RATE_PER_SECOND, ratio, without, withSick },
    };
  },
};

function requestsText({ others }: Run): string {
  return Object.entries(others)
    .map(([name, requests]) => `${name} ${requests}`)
    .join(', ');
}

async function runPartners(context: SectionContext, instance: MeasuredInstance, sick: boolean): Promise<Run> {
  const { quick, signal, output } = context;
  output.line(sick ? '  three endpoints are sick …' : '  all endpoints are well …');
  const sink = await startPostbackSink(instance.info.sinkPort);
  const partners: Partner[] = [{ stage: await newStage(instance), endpoint: null }];
  for (const sickness of SICKNESSES) partners.push(await otherPartner(instance, sickness, sick));
  try {
    const windows = windowsOf(quick, sick);
    const count = windows.most * windows.seconds * RATE_PER_SECOND;
    const clickIds: string[][] = [];
    for (const { stage } of partners) {
      const visitors = { count, firstVisitor: clickIds.length * count };
      clickIds.push(await makeClicks(instance.http, instance.info.apiUrl, stage, visitors));
    }
    await untilAtRest(instance, signal);
    await sleep(CLICK_AGE_MS, undefined, { signal });
    const enough = new AbortController();
    const runs = partners.map(({ stage }, position) =>
      deposits(instance, stage, clickIds[position] ?? [], { signal, stopEarly: enough.signal }),
    );
    const watched = await watch(partners.at(SILENT + 1)?.endpoint ?? null, windows, signal);
    const measuredMs = Math.min(STEADY_WINDOWS, watched.peaks.length) * windows.seconds * SECOND_MS;
    const fromMs = performance.now() - (sick || quick ? measuredMs : SECONDS * SECOND_MS);
    enough.abort();
    const [shots = []] = await Promise.all(runs);
    const ids = clickIds[0] ?? [];
    await untilArrived(sink, shots, ids, signal);
    const measured = shots.filter(({ intendedMs }) => intendedMs >= fromMs);
    return { ...watched, ...healthyFigures(measured, ids, sink), others: requestsOf(partners) };
  } finally {
    await Promise.all([sink.close(), ...partners.map(({ endpoint }) => endpoint?.close())]);
  }
}

const SILENT = SICKNESSES.indexOf('blackHole');

type Windows = { readonly seconds: number; readonly fewest: number; readonly most: number };

function windowsOf(quick: boolean, sick: boolean): Windows {
  if (quick) return { seconds: 2, fewest: 4, most: 4 };
  if (sick) return { seconds: WINDOW_SECONDS, fewest: FEWEST_WINDOWS, most: MOST_WINDOWS };
  const whole = Math.ceil((SECONDS * 1.1) / WINDOW_SECONDS);
  return { seconds: WINDOW_SECONDS, fewest: whole, most: whole };
}

/** Looks at the silent endpoint until nothing changes there any more, or the time is up. */
async function watch(
  silent: Endpoint | null,
  { seconds, fewest, most }: Windows,
  signal: AbortSignal,
): Promise<Watched> {
  const peaks: number[] = [];
  while (peaks.length < most && !(peaks.length >= fewest && isSteady(peaks))) {
    await sleep(seconds * SECOND_MS, undefined, { signal });
    peaks.push(silent?.takePeak() ?? 0);
  }
  return { peaks, steady: isSteady(peaks) };
}

function deposits(
  { http, info }: MeasuredInstance,
  stage: Stage,
  clickIds: readonly string[],
  signals: { readonly signal: AbortSignal; readonly stopEarly: AbortSignal },
) {
  return openLoop({
    ratePerSecond: RATE_PER_SECOND,
    count: clickIds.length,
    fire: (index) => postFirstDeposit(http, info.apiUrl, stage, { clickId: clickIds[index] ?? '', index }),
    ...signals,
  });
}

/** Beside the destination at the sink that every stage has, one at a server of the partner's own. */
async function otherPartner(instance: MeasuredInstance, sickness: Sickness, sick: boolean): Promise<Partner> {
  const endpoint = await startEndpoint(sick ? sickness : 'healthy');
  const stage = await newStage(instance);
  const destination = {
    name: `${stage.runId}-own`,
    kind: 'partner_url',
    url: `${endpoint.url}/${stage.runId}?click_id={click_id}`,
    method: 'GET',
    events: EVENTS[sickness],
    partnerId: stage.partnerId,
  };
  const idempotencyKey = `${stage.runId}-own`;
  await instance.api.create('/v1/destinations', destination, { shape: created.destination, idempotencyKey });
  return { stage, endpoint };
}

function healthyFigures(shots: readonly Shot<unknown>[], clickIds: readonly string[], sink: PostbackSink) {
  const acknowledged = shots.filter(({ result }) => result.ok);
  const latencies = acknowledged.flatMap(({ index, doneMs }) => {
    const [atMs] = sink.arrivals.get(clickIds[index] ?? '') ?? [];
    return atMs === undefined ? [] : [atMs - doneMs];
  });
  return { latency: spreadOf(latencies), missing: shots.length - latencies.length, sent: shots.length };
}

function requestsOf(partners: readonly Partner[]): Record<string, number> {
  return Object.fromEntries(
    SICKNESSES.map((sickness, position) => [sickness, partners[position + 1]?.endpoint?.requests() ?? 0]),
  );
}
