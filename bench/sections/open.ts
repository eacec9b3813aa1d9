import { rowCheckLine } from '../load/check-rows';
import { LEG_COLUMNS, type Leg, legFigures, legRow, newStage, runLeg, sumOfRows } from '../load/click-leg';
import { tableRow } from '../output/table';
import { atMost, type Target } from '../output/target';
import type { MeasuredInstance, Section, SectionContext } from '../section';

/** The rate at which the latency is promised, and a calm one beside it. */
const RATES = [200, 1_000] as const;
const MOST_CONNECTIONS = 256;
const WANTED_P50_MS = 10;
const WANTED_P99_MS = 300;

type Run = { readonly label: string; readonly leg: Leg; readonly isJudged: boolean };

/**
 * How long a visitor waits at a stated rate, from the moment he meant to click: with everything that runs in the
 * product, and once with an idle worker, which tells what the API alone takes.
 */
export const openSection: Section = {
  name: 'open',
  title: `Clicks, open loop at ${RATES.join('/s and ')}/s`,
  run: async (context) => {
    const runs = [
      ...(await context.withInstance({}, (instance) => allRates(context, instance, 'everything runs', true))),
      ...(await context.withInstance({ CLICKCHAIN_WORKER_ROLES: 'postbacks' }, (instance) =>
        allRates(context, instance, 'idle worker', false),
      )),
    ];
    const rows = sumOfRows(runs.map(({ leg }) => leg));
    return {
      lines: [
        tableRow('from the intended time', LEG_COLUMNS),
        ...runs.map(({ label, leg }) => legRow(label, leg)),
        rowCheckLine(rows),
      ],
      targets: [
        ...runs.filter(({ isJudged }) => isJudged).flatMap(latencyTargets),
        atMost('acknowledged clicks lost or doubled', 0, rows.lost + rows.doubled),
      ],
      figures: Object.fromEntries(runs.map(({ label, leg }) => [label, legFigures(leg)])),
    };
  },
};

async function allRates(
  { quick, signal, output }: SectionContext,
  instance: MeasuredInstance,
  what: string,
  isJudged: boolean,
): Promise<Run[]> {
  const runs: Run[] = [];
  for (const ratePerSecond of RATES) {
    const label = `${ratePerSecond}/s, ${what}`;
    output.line(`  ${label} …`);
    const leg = await runLeg(
      instance,
      {
        stage: await newStage(instance),
        warmUpSeconds: quick ? 2 : 10,
        seconds: quick ? 3 : 60,
        shape: { kind: 'open', ratePerSecond, mostConnections: MOST_CONNECTIONS },
      },
      signal,
    );
    runs.push({ label, leg, isJudged });
  }
  return runs;
}

function latencyTargets({ label, leg }: Run): Target[] {
  const { counts, acknowledged } = leg.result;
  return [
    atMost(`${label}: p50 in ms`, WANTED_P50_MS, acknowledged.fromIntended?.p50 ?? null),
    atMost(`${label}: p99 in ms`, WANTED_P99_MS, acknowledged.fromIntended?.p99 ?? null),
    atMost(`${label}: clicks not acknowledged`, 0, counts.refused + counts.other + counts.unanswered),
  ];
}
