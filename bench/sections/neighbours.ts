import { setTimeout as sleep } from 'node:timers/promises';
import { rowCheckLine } from '../load/check-rows';
import { LEG_COLUMNS, type Leg, legFigures, legRow, newStage, runLeg, sumOfRows } from '../load/click-leg';
import { makeClicks, postFirstDeposit } from '../load/deposit-traffic';
import { openLoop, type Shot } from '../load/open-loop';
import { type PostbackSink, startPostbackSink } from '../load/postback-sink';
import { untilArrived } from '../load/until-arrived';
import { untilAtRest } from '../load/until-at-rest';
import { type Burden, moveIn } from '../neighbours/neighbour';
import { makeNoise, type Noise } from '../neighbours/noises';
import { type Spread, spreadOf } from '../output/spread';
import { shown, spreadHeader, spreadRow, tableRow } from '../output/table';
import { atMost } from '../output/target';
import type { MeasuredInstance, Section, SectionContext } from '../section';

/** What the tenant under measurement does: little, so that what he waits for is the others. */
const CLICKS_PER_SECOND = 100;
const DEPOSITS_PER_SECOND = 1;
/** More than two rounds of the sweep. */
const SECONDS = 150;
const WARM_UP_SECONDS = 10;
/** The noise has begun, and what has to be slow the first time has been. */
const NOISE_AHEAD_MS = 10_000;
const CLICK_AGE_MS = 21_000;
const WANTED_RATIO = 1.5;

const BURDEN: Burden = { campaigns: 30_000, keywords: 300_000, quarantined: 100_000, depositors: 300 };
const QUICK_BURDEN: Burden = { campaigns: 300, keywords: 3_000, quarantined: 500, depositors: 60 };

type Run = {
  readonly clicks: Leg;
  /** From the intended moment until it was acknowledged. */
  readonly deposits: Spread | null;
  /** From the acknowledgement until the postback was there. */
  readonly postbacks: Spread | null;
  readonly refusedDeposits: number;
  readonly missingPostbacks: number;
};

/**
 * What a tenant notices of the others: his clicks and deposits while he is alone, and again while strangers send their
 * worst bodies, another tenant asks his heaviest questions, changes one of his many campaigns five times a second, has
 * a quarantine that grew for months, and a partner whose server never answers.
 */
export const neighboursSection: Section = {
  name: 'neighbours',
  title: `One tenant beside strangers and a heavy neighbour, ${CLICKS_PER_SECOND} clicks/s and ${DEPOSITS_PER_SECOND} deposit/s`,
  run: async (context) => {
    const settings = { CLICKCHAIN_ALLOW_PRIVATE_DESTINATIONS: 'true' };
    return context.withInstance(settings, async (instance) => {
      const alone = await measure(context, instance, 'alone', 0);
      const { beside, noises } = await measureBesideNoise(context, instance);
      return findings(alone, beside, noises);
    });
  },
};

async function measureBesideNoise(
  context: SectionContext,
  instance: MeasuredInstance,
): Promise<{ beside: Run; noises: Noise[] }> {
  const { quick, signal, output } = context;
  const neighbour = await moveIn(instance, quick ? QUICK_BURDEN : BURDEN, output.line);
  const over = new AbortController();
  try {
    await untilAtRest(instance, signal, REST_WITHIN_MS);
    const noise = makeNoise({ instance, neighbour, signal: AbortSignal.any([signal, over.signal]) });
    // It is awaited below; until then nobody would hear of its failure.
    noise.catch(() => undefined);
    await sleep(quick ? 0 : NOISE_AHEAD_MS, undefined, { signal });
    const beside = await measure(context, instance, 'beside the neighbours', FIRST_VISITOR_BESIDE);
    over.abort();
    return { beside, noises: await noise };
  } finally {
    over.abort();
    await neighbour.silent.close();
  }
}

/** The rollups read each of the clicks that were written. */
const REST_WITHIN_MS = 900_000;
/** Many clicks from one address are a mark of fraud: the second run has visitors of its own. */
const FIRST_VISITOR_BESIDE = 20_000;

/** Clicks and first deposits of one tenant at the same time, each on a campaign of his. */
async function measure(
  context: SectionContext,
  instance: MeasuredInstance,
  label: string,
  firstVisitor: number,
): Promise<Run> {
  const { quick, signal, output } = context;
  output.line(`  ${label} …`);
  const seconds = quick ? 5 : SECONDS;
  const warmUpSeconds = quick ? 1 : WARM_UP_SECONDS;
  const sink = await startPostbackSink(instance.info.sinkPort);
  try {
    const [clickStage, depositStage] = [await newStage(instance), await newStage(instance)];
    const count = (warmUpSeconds + seconds) * DEPOSITS_PER_SECOND;
    const clickIds = await makeClicks(instance.http, instance.info.apiUrl, depositStage, {
      count,
      firstVisitor,
    });
    await sleep(CLICK_AGE_MS, undefined, { signal });
    const shape = { kind: 'open', ratePerSecond: CLICKS_PER_SECOND, mostConnections: 128 } as const;
    const [clicks, shots] = await Promise.all([
      runLeg(instance, { stage: clickStage, warmUpSeconds, seconds, shape }, signal),
      openLoop({
        ratePerSecond: DEPOSITS_PER_SECOND,
        count,
        fire: (index) =>
          postFirstDeposit(instance.http, instance.info.apiUrl, depositStage, {
            ...{ clickId: clickIds[index] ?? '', index },
          }),
        signal,
      }),
    ]);
    await untilArrived(sink, shots, clickIds, signal);
    const judged = shots.slice(warmUpSeconds * DEPOSITS_PER_SECOND);
    return { clicks, ...depositFigures(judged, clickIds, sink) };
  } finally {
    await sink.close();
  }
}

function depositFigures(shots: readonly Shot<unknown>[], clickIds: readonly string[], sink: PostbackSink) {
  const taken = shots.filter(({ result }) => result.ok);
  const delays = taken.flatMap(({ index, doneMs }) => {
    const [atMs] = sink.arrivals.get(clickIds[index] ?? '') ?? [];
    return atMs === undefined ? [] : [atMs - doneMs];
  });
  return {
    deposits: spreadOf(taken.map(({ intendedMs, doneMs }) => doneMs - intendedMs)),
    postbacks: spreadOf(delays),
    refusedDeposits: shots.length - taken.length,
    missingPostbacks: taken.length - delays.length,
  };
}

function findings(alone: Run, beside: Run, noises: readonly Noise[]) {
  const rows = sumOfRows([alone.clicks, beside.clicks]);
  const clickRatio = ratioOf(p99OfClicks(beside), p99OfClicks(alone));
  const depositRatio = ratioOf(beside.deposits?.p99, alone.deposits?.p99);
  const { refused, other, unanswered } = beside.clicks.result.counts;
  return {
    lines: [
      tableRow('from the intended time', LEG_COLUMNS),
      legRow('alone', alone.clicks),
      legRow('beside the neighbours', beside.clicks),
      '',
      spreadHeader('deposits, in ms'),
      spreadRow('intended → acknowledged, alone', alone.deposits),
      spreadRow('… beside the neighbours', beside.deposits),
      spreadRow('acknowledged → postback, alone', alone.postbacks),
      spreadRow('… beside the neighbours', beside.postbacks),
      '',
      `  p99 beside the neighbours ÷ alone: clicks ${shown(clickRatio)}, deposits ${shown(depositRatio)}`,
      ...noises.map(noiseLine),
      rowCheckLine(rows),
    ],
    targets: [
      atMost('clicks: p99 beside the neighbours ÷ alone', WANTED_RATIO, clickRatio),
      atMost(
        'deposits: p99 of the acknowledgement beside the neighbours ÷ alone',
        WANTED_RATIO,
        depositRatio,
      ),
      atMost('clicks not acknowledged beside the neighbours', 0, refused + other + unanswered),
      atMost('deposits not acknowledged beside the neighbours', 0, beside.refusedDeposits),
      atMost('postbacks that never came', 0, alone.missingPostbacks + beside.missingPostbacks),
      atMost('acknowledged clicks lost or doubled', 0, rows.lost + rows.doubled),
    ],
    figures: {
      alone: { ...alone, clicks: legFigures(alone.clicks) },
      beside: { ...beside, clicks: legFigures(beside.clicks) },
      noises,
    },
  };
}

function p99OfClicks({ clicks }: Run): number | undefined {
  return clicks.result.acknowledged.fromIntended?.p99;
}

function ratioOf(beside: number | undefined, alone: number | undefined): number | null {
  return beside === undefined || alone === undefined ? null : Math.round((beside / alone) * 100) / 100;
}

function noiseLine({ name, answers }: Noise): string {
  const told = Object.entries(answers).map(
    ([status, times]) => `${times} × ${status === '0' ? 'no answer' : status}`,
  );
  return `  ${name}: ${told.join(', ')}`;
}
