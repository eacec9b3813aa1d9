import { setTimeout as sleep } from 'node:timers/promises';
import { created } from '../../simulator/responses';
import { type Endpoint, SICKNESSES, type Sickness, startEndpoint } from '../dispatch/sick-endpoints';
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
const SECONDS = 100;
const CLICK_AGE_MS = 21_000;
const WANTED_RATIO = 1.5;

type Partner = { readonly stage: Stage; readonly endpoint: Endpoint | null };
type Run = {
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
        `  ${without.sent} and ${withSick.sent} deposits of the healthy partner; requests at the others: ` +
          `${requestsText(without)}; when sick: ${requestsText(withSick)}`,
      ],
      targets: [
        atMost('healthy p99 with sick endpoints ÷ without', WANTED_RATIO, ratio),
        atMost('healthy postbacks that never came', 0, without.missing + withSick.missing),
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
  for (const sickness of SICKNESSES) partners.push(await otherPartner(instance, sick ? sickness : 'healthy'));
  try {
    const seconds = quick ? 6 : SECONDS;
    const warmUp = (quick ? 2 : 10) * RATE_PER_SECOND;
    const count = warmUp + seconds * RATE_PER_SECOND;
    const clickIds: string[][] = [];
    for (const { stage } of partners) {
      const visitors = { count, firstVisitor: clickIds.length * count };
      clickIds.push(await makeClicks(instance.http, instance.info.apiUrl, stage, visitors));
    }
    await untilAtRest(instance, signal);
    await sleep(CLICK_AGE_MS, undefined, { signal });
    const runs = partners.map(({ stage }, position) =>
      deposits(instance, stage, clickIds[position] ?? [], signal),
    );
    const [shots = []] = await Promise.all(runs);
    const ids = clickIds[0] ?? [];
    await untilArrived(sink, shots, ids, signal);
    return { ...healthyFigures(shots.slice(warmUp), ids, sink), others: requestsOf(partners) };
  } finally {
    await Promise.all([sink.close(), ...partners.map(({ endpoint }) => endpoint?.close())]);
  }
}

function deposits(
  { http, info }: MeasuredInstance,
  stage: Stage,
  clickIds: readonly string[],
  signal: AbortSignal,
) {
  return openLoop({
    ratePerSecond: RATE_PER_SECOND,
    count: clickIds.length,
    fire: (index) => postFirstDeposit(http, info.apiUrl, stage, { clickId: clickIds[index] ?? '', index }),
    signal,
  });
}

/** Beside the destination at the sink that every stage has, one at a server of the partner's own. */
async function otherPartner(instance: MeasuredInstance, sickness: Sickness): Promise<Partner> {
  const endpoint = await startEndpoint(sickness);
  const stage = await newStage(instance);
  const destination = {
    name: `${stage.runId}-own`,
    kind: 'partner_url',
    url: `${endpoint.url}/${stage.runId}?click_id={click_id}`,
    method: 'GET',
    events: ['first_deposit'],
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
