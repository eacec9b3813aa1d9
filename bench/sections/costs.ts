import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { parseId } from '../../domain/ids';
import { freePort } from '../../embedded/ports';
import { inParallel } from '../../simulator/in-parallel';
import { clickJourneyWorkflowId } from '../../workflows/click-journey/contract';
import { type Costs, costsPer, together } from '../costs/costs-per';
import { type MeterReading, PARTS, readMeter } from '../costs/meter';
import { watchStatements } from '../costs/statement-watch';
import { newStage, runLeg } from '../load/click-leg';
import type { LinkKind } from '../load/click-requests';
import { makeClicks, postFirstDeposit, postRegistration, type Stage } from '../load/deposit-traffic';
import { startPostbackSink } from '../load/postback-sink';
import { untilAtRest } from '../load/until-at-rest';
import { shown, tableRow } from '../output/table';
import { atMost } from '../output/target';
import type { Findings, MeasuredInstance, Section, SectionContext } from '../section';

const CONNECTIONS = 128;
/** Sessions tell the server at most once a second what they did. */
const SETTLE_MS = 2_000;
/** Money within seconds of a click is a mark of fraud. */
const CLICK_AGE_MS = 21_000;
const EVENTS_AT_ONCE = 8;
const WARM_UP_CLICKS = 50;
/** Journeys whose histories are counted. */
const SAMPLE = 20;
const WANTED_WAL_BYTES = 1_024;
const WANTED_EVENTS = 35;

type Meter = {
  readonly read: () => Promise<MeterReading>;
  readonly idle: { readonly from: MeterReading; readonly to: MeterReading };
};
type JourneyCosts = {
  readonly opened: Costs;
  readonly finished: Costs;
  readonly openEvents: number;
  readonly finishedEvents: number;
};

/** What a click and a journey take of the databases, counted and not timed. */
export const costsSection: Section = {
  name: 'costs',
  title: 'Costs per click and per journey',
  run: async (context) => {
    const clicks = await context.withInstance({ CLICKCHAIN_WORKER_ROLES: 'postbacks' }, (instance) =>
      clickCosts(context, instance),
    );
    const metricsPort = await freePort();
    const journeys = await context.withInstance(
      { CLICKCHAIN_METRICS_PORT: String(metricsPort) },
      (instance) => journeyCosts(context, instance, `http://127.0.0.1:${metricsPort}/metrics`),
    );
    return findings(clicks, journeys);
  },
};

async function clickCosts(
  context: SectionContext,
  instance: MeasuredInstance,
): Promise<Record<LinkKind, Costs>> {
  await watchStatements(instance, context.signal);
  // Opens connections, compiles code, and makes the first pages.
  await clickLoad(context, instance, 'plain');
  const meter = await meterOf(context, instance, null);
  const costsOf = async (kind: LinkKind): Promise<Costs> => {
    const stage = await newStage(instance);
    const from = await meter.read();
    const count = await clickLoad(context, instance, kind, stage);
    return costsPer(count, { from, to: await meter.read() }, meter.idle);
  };
  return { bare: await costsOf('bare'), plain: await costsOf('plain'), rich: await costsOf('rich') };
}

async function clickLoad(
  { quick, signal }: SectionContext,
  instance: MeasuredInstance,
  kind: LinkKind,
  stage?: Stage,
): Promise<number> {
  const shape = { kind: 'closed', connections: CONNECTIONS } as const;
  const { result } = await runLeg(
    instance,
    { stage: stage ?? (await newStage(instance)), kind, warmUpSeconds: 0, seconds: quick ? 2 : 5, shape },
    signal,
  );
  return result.clickIds.length;
}

async function meterOf(
  { quick, signal }: SectionContext,
  instance: MeasuredInstance,
  workerMetricsUrl: string | null,
): Promise<Meter> {
  const read = async (): Promise<MeterReading> => {
    await sleep(SETTLE_MS, undefined, { signal });
    return readMeter(instance, workerMetricsUrl);
  };
  const from = await read();
  await sleep(quick ? 3_000 : 15_000, undefined, { signal });
  return { read, idle: { from, to: await read() } };
}

async function journeyCosts(
  context: SectionContext,
  instance: MeasuredInstance,
  workerMetricsUrl: string,
): Promise<JourneyCosts> {
  const { quick, signal } = context;
  const { http, info } = instance;
  const sink = await startPostbackSink(info.sinkPort);
  try {
    await watchStatements(instance, signal);
    const stage = await newStage(instance);
    await makeClicks(http, info.apiUrl, stage, { count: WARM_UP_CLICKS });
    await untilAtRest(instance, signal);
    const meter = await meterOf(context, instance, workerMetricsUrl);
    const count = quick ? 100 : 1_000;
    const beforeClicks = await meter.read();
    const clickIds = await makeClicks(http, info.apiUrl, stage, { count, firstVisitor: WARM_UP_CLICKS });
    await untilAtRest(instance, signal);
    const opened = costsPer(count, { from: beforeClicks, to: await meter.read() }, meter.idle);
    const openEvents = await historyEvents(instance, clickIds.slice(0, SAMPLE));
    await sleep(CLICK_AGE_MS, undefined, { signal });

    const converting = clickIds.slice(0, quick ? 20 : 200);
    const beforeEvents = await meter.read();
    const numbered = converting.map((clickId, index) => ({ clickId, index }));
    for (const post of [postRegistration, postFirstDeposit]) {
      await inParallel(numbered, EVENTS_AT_ONCE, (one) => post(http, info.apiUrl, stage, one));
      await untilAtRest(instance, signal);
    }
    const finished = costsPer(converting.length, { from: beforeEvents, to: await meter.read() }, meter.idle);
    const missing = converting.filter((clickId) => !sink.arrivals.has(clickId)).length;
    if (missing > 0) throw new Error(`${missing} journeys ended without their postback.`);
    return {
      ...{ opened, finished, openEvents },
      finishedEvents: await historyEvents(instance, converting.slice(0, SAMPLE)),
    };
  } finally {
    await sink.close();
  }
}

/** The longest history of some journeys; at rest they are alike. */
async function historyEvents({ info }: MeasuredInstance, clickIds: readonly string[]): Promise<number> {
  const workspaceId = parseId('wsp', info.workspaceId);
  const connection = await Connection.connect({ address: info.temporalAddress });
  try {
    const { workflow } = new Client({ connection, namespace: info.temporalNamespace });
    const lengths = await inParallel(clickIds, EVENTS_AT_ONCE, async (text) => {
      const clickId = parseId('clk', text);
      if (workspaceId === null || clickId === null) throw new Error(`${text} is no click.`);
      const handle = workflow.getHandle(clickJourneyWorkflowId(workspaceId, clickId));
      return (await handle.fetchHistory()).events?.length ?? 0;
    });
    return Math.max(...lengths);
  } finally {
    await connection.close();
  }
}

const COLUMNS = ['statements', 'reads', 'commits', 'WAL B', 'disk B', 'gRPC', 'Temporal B', 'events'];

function findings(clicks: Record<LinkKind, Costs>, journeys: JourneyCosts): Findings {
  const { opened, finished, openEvents, finishedEvents } = journeys;
  const whole = together(opened, finished);
  const { bare, plain, rich } = clicks;
  return {
    lines: [
      tableRow('each', COLUMNS),
      costsRow(`click, partner only (of ${bare.count})`, bare, 0),
      costsRow(`click with a sub id (of ${plain.count})`, plain, 0),
      costsRow(`richly tagged click (of ${rich.count})`, rich, 0),
      costsRow(`click, until its journey is open`, opened, openEvents),
      costsRow('registration, deposit, postback', finished, finishedEvents - openEvents),
      costsRow('the whole journey', whole, finishedEvents),
      '',
      tableRow('processor time each, in ms', PARTS),
      cpuRow('plain click', plain),
      cpuRow('richly tagged click', rich),
      cpuRow('click, until its journey is open', opened),
      cpuRow('registration, deposit, postback', finished),
      '',
      `  plain click on disk:   ${tablesText(plain)}`,
      `  richly tagged click:   ${tablesText(rich)}`,
      `  the whole journey:     ${tablesText(whole)}`,
      '  WAL without images of whole pages. Rows of the outbox go again; what they took of the disk is used again.',
      '  Journeys at a calm pace, eight at once: under load more of them share a commit.',
    ],
    targets: [
      atMost('statements per click under load', 1, plain.statements),
      atMost('reads per click under load', 0.01, plain.reads),
      atMost('WAL bytes per click whose link names its partner', WANTED_WAL_BYTES, bare.walBytes),
      atMost('history events of an open journey', 1, openEvents),
      atMost('history events of a converted journey', WANTED_EVENTS, finishedEvents),
    ],
    figures: { bare, plain, rich, opened, finished, whole, openEvents, finishedEvents },
  };
}

function costsRow(label: string, costs: Costs, events: number): string {
  const { statements, reads, commits, walBytes, diskBytes, grpcCalls, temporalBytes } = costs;
  const cells = [statements, reads, commits, walBytes, diskBytes, grpcCalls, temporalBytes, events];
  return tableRow(label, cells.map(shown));
}

function cpuRow(label: string, { cpuMs }: Costs): string {
  return tableRow(
    label,
    PARTS.map((part) => cpuMs[part].toFixed(3)),
  );
}

function tablesText({ tableBytes }: Costs): string {
  return Object.entries(tableBytes)
    .map(([table, bytes]) => `${table} ${bytes}`)
    .join(', ');
}
