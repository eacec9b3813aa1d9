import { setTimeout as sleep } from 'node:timers/promises';
import { variables } from '../../config/variables';
import type { Db } from '../../db/knex';
import { parseId, uuidFromId } from '../../domain/ids';
import { newStage, runLeg } from '../load/click-leg';
import { makeClicks, postFirstDeposit, type Stage } from '../load/deposit-traffic';
import { openLoop } from '../load/open-loop';
import { startPostbackSink } from '../load/postback-sink';
import { untilAtRest } from '../load/until-at-rest';
import { type Spread, spreadOf } from '../output/spread';
import { shown, spreadHeader, spreadRow } from '../output/table';
import { atLeast, atMost } from '../output/target';
import type { MeasuredInstance, Section, SectionContext } from '../section';

const BACKLOG = 20_000;
const EVENTS_PER_SECOND = 5;
const CLICK_AGE_MS = 21_000;
const DRAINED_WITHIN_MS = 600_000;
/** What the relay allows itself by default. */
const STARTS_PER_SECOND = Number(variables.CLICKCHAIN_RELAY_STARTS_PER_SECOND.doc.default);
/** The time between two batches and the end of the last one count, too. */
const WANTED_OF_RATE = 0.8;
/** Two cores are shared: an event feels the starts, but never queues behind them. */
const WANTED_RATIO = 2;

type Drain = { readonly rows: number; readonly seconds: number; readonly perSecond: number };

/** A mountain of clicks whose journeys wait to be started, and deposits that come meanwhile. */
export const relaySection: Section = {
  name: 'relay',
  title: `Relay: deposits beside a backlog of ${BACKLOG} starts`,
  run: (context) =>
    context.withInstance({}, async (instance) => {
      const sink = await startPostbackSink(instance.info.sinkPort);
      try {
        return await drainBeside(context, instance);
      } finally {
        await sink.close();
      }
    }),
};

async function drainBeside(context: SectionContext, instance: MeasuredInstance) {
  const { quick, signal, output } = context;
  const seconds = quick ? 5 : 60;
  const stage = await newStage(instance);
  const clickIds = await makeClicks(instance.http, instance.info.apiUrl, stage, {
    count: seconds * EVENTS_PER_SECOND * 2,
  });
  await untilAtRest(instance, signal);
  await sleep(CLICK_AGE_MS, undefined, { signal });

  output.line(`  ${seconds} s of deposits without a backlog …`);
  const calm = clickIds.slice(0, seconds * EVENTS_PER_SECOND);
  await deposits(instance, stage, calm, 0, signal);
  await untilAtRest(instance, signal);
  const without = await handlingTimes(instance.db, calm);

  await makeBacklog(context, instance, quick ? 2_000 : BACKLOG);
  output.line('  deposits beside the backlog …');
  const drained = drain(instance.db, signal);
  const beside = clickIds.slice(calm.length);
  const depth = await depositsUntil(instance, stage, beside, calm.length, signal);
  const rate = await drained;
  await untilAtRest(instance, signal);
  const withBacklog = await handlingTimes(instance.db, beside);
  const ratio = ratioOf(withBacklog, without);
  return {
    lines: [
      `  ${rate.rows} starts in ${shown(rate.seconds)} s: ${shown(rate.perSecond)}/s; the relay allows itself ${STARTS_PER_SECOND}/s`,
      `  when the last deposit came, ${depth} starts still waited`,
      spreadHeader('deposit received → handled, in ms'),
      spreadRow('without a backlog', without),
      spreadRow('beside the backlog', withBacklog),
      '',
      `  p99 beside the backlog ÷ without: ${shown(ratio)}`,
    ],
    targets: [
      atLeast('starts per second of the backlog', STARTS_PER_SECOND * WANTED_OF_RATE, rate.perSecond),
      atMost('p99 beside the backlog ÷ without', WANTED_RATIO, ratio),
    ],
    figures: { drain: rate, without, withBacklog, ratio, depthAfterDeposits: depth },
  };
}

async function deposits(
  { http, info }: MeasuredInstance,
  stage: Stage,
  clickIds: readonly string[],
  firstIndex: number,
  signal: AbortSignal,
): Promise<void> {
  const shots = await openLoop({
    ratePerSecond: EVENTS_PER_SECOND,
    count: clickIds.length,
    fire: (index) =>
      postFirstDeposit(http, info.apiUrl, stage, {
        ...{ clickId: clickIds[index] ?? '', index: firstIndex + index },
      }),
    signal,
  });
  const failed = shots.find(({ result }) => !result.ok);
  if (failed !== undefined && !failed.result.ok) throw failed.result.error;
}

/** The number of starts that wait when the last deposit was acknowledged. */
async function depositsUntil(
  instance: MeasuredInstance,
  stage: Stage,
  clickIds: readonly string[],
  firstIndex: number,
  signal: AbortSignal,
): Promise<number> {
  await deposits(instance, stage, clickIds, firstIndex, signal);
  return waitingStarts(instance.db);
}

async function makeBacklog(
  { signal, output }: SectionContext,
  instance: MeasuredInstance,
  rows: number,
): Promise<void> {
  output.line(`  clicks until ${rows} starts wait …`);
  while ((await waitingStarts(instance.db)) < rows) {
    const shape = { kind: 'open', ratePerSecond: 2_000, mostConnections: 128 } as const;
    await runLeg(instance, { stage: await newStage(instance), warmUpSeconds: 0, seconds: 2, shape }, signal);
  }
}

/** How fast the starts that wait now are worked off. */
async function drain(db: Db, signal: AbortSignal): Promise<Drain> {
  const rows = await waitingStarts(db);
  const startMs = performance.now();
  while ((await waitingStarts(db)) > 0) {
    if (performance.now() - startMs > DRAINED_WITHIN_MS) throw new Error('The backlog does not drain.');
    await sleep(250, undefined, { signal });
  }
  const seconds = (performance.now() - startMs) / 1_000;
  return { rows, seconds, perSecond: Math.round(rows / seconds) };
}

async function waitingStarts(db: Db): Promise<number> {
  const row = await db('outbox').where({ kind: 'click' }).count<{ n: bigint }[]>('* as n').first();
  return Number(row?.n ?? 0);
}

/** From the receipt of each click's deposit until its settlement was done, by the tables' own times. */
async function handlingTimes(db: Db, clickIds: readonly string[]): Promise<Spread | null> {
  const uuids = clickIds.map((text) => {
    const clickId = parseId('clk', text);
    if (clickId === null) throw new Error(`${text} is no click id.`);
    return uuidFromId(clickId);
  });
  const { rows } = await db.raw<{ rows: { ms: number }[] }>(
    `SELECT extract(epoch FROM handled_at - received_at)::float * 1000 AS ms FROM events
     WHERE click_id = ANY(?::uuid[]) AND handled_at IS NOT NULL`,
    [uuids],
  );
  if (rows.length !== clickIds.length)
    throw new Error(`${clickIds.length - rows.length} deposits were not handled.`);
  return spreadOf(rows.map(({ ms }) => ms));
}

function ratioOf(a: Spread | null, b: Spread | null): number | null {
  return a === null || b === null ? null : Math.round((a.p99 / b.p99) * 100) / 100;
}
