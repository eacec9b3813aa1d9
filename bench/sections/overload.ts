import { rowCheckLine } from '../load/check-rows';
import { LEG_COLUMNS, type Leg, legFigures, legRow, newStage, runLeg, sumOfRows } from '../load/click-leg';
import { spreadHeader, spreadRow, tableRow } from '../output/table';
import { atLeast, atMost } from '../output/target';
import type { MeasuredInstance, Section, SectionContext } from '../section';

const LIMIT_PER_SECOND = 1_000;
const OVERLOAD_PER_SECOND = 3 * LIMIT_PER_SECOND;
const NORMAL_PER_SECOND = 200;
const MOST_CONNECTIONS = 512;
const WANTED_GOODPUT = 0.8 * LIMIT_PER_SECOND;
const WANTED_REFUSAL_MS = 100;
const WANTED_AFTER_MS = 300;
/** How long the product may take to be itself again. */
const RECOVERY_SECONDS = 10;

/** Three times as many clicks as are let in: as many as the limit are served, the rest is refused fast, and then it is over. */
export const overloadSection: Section = {
  name: 'overload',
  title: `Overload, ${OVERLOAD_PER_SECOND}/s against a limit of ${LIMIT_PER_SECOND}/s`,
  run: async (context) => {
    const settings = { CLICKCHAIN_CLICKS_PER_SECOND: String(LIMIT_PER_SECOND) };
    return context.withInstance(settings, async (instance) => {
      const { quick } = context;
      const before = await openLeg(context, instance, NORMAL_PER_SECOND, {
        warmUp: 5,
        seconds: quick ? 3 : 20,
      });
      const during = await openLeg(context, instance, OVERLOAD_PER_SECOND, {
        warmUp: 2,
        seconds: quick ? 5 : 60,
      });
      const after = await openLeg(context, instance, NORMAL_PER_SECOND, {
        warmUp: quick ? 2 : RECOVERY_SECONDS,
        seconds: quick ? 3 : 20,
      });
      return findings(before, during, after);
    });
  },
};

async function openLeg(
  { signal, output }: SectionContext,
  instance: MeasuredInstance,
  ratePerSecond: number,
  { warmUp, seconds }: { warmUp: number; seconds: number },
): Promise<Leg> {
  output.line(`  ${ratePerSecond}/s for ${seconds} s …`);
  const shape = { kind: 'open', ratePerSecond, mostConnections: MOST_CONNECTIONS } as const;
  const stage = await newStage(instance);
  return runLeg(instance, { stage, warmUpSeconds: warmUp, seconds, shape }, signal);
}

function findings(before: Leg, during: Leg, after: Leg) {
  const { counts, refused, acknowledgedPerSecond } = during.result;
  const rows = sumOfRows([before, during, after]);
  return {
    lines: [
      tableRow('from the intended time', LEG_COLUMNS),
      legRow(`${NORMAL_PER_SECOND}/s before`, before),
      legRow(`${OVERLOAD_PER_SECOND}/s`, during),
      legRow(`${NORMAL_PER_SECOND}/s after ${RECOVERY_SECONDS} s`, after),
      '',
      spreadHeader('refusals, in ms'),
      spreadRow('intended → refused', refused.fromIntended),
      spreadRow('sent → refused', refused.fromSent),
      rowCheckLine(rows),
    ],
    targets: [
      atLeast('clicks served per second during the overload', WANTED_GOODPUT, acknowledgedPerSecond),
      atMost(
        'refusals, p99 in ms from the intended time',
        WANTED_REFUSAL_MS,
        refused.fromIntended?.p99 ?? null,
      ),
      atMost('neither served nor refused', 0, counts.other + counts.unanswered),
      atMost('p99 in ms afterwards', WANTED_AFTER_MS, after.result.acknowledged.fromIntended?.p99 ?? null),
      atMost('refused afterwards', 0, after.result.counts.refused),
      atMost('acknowledged clicks lost or doubled', 0, rows.lost + rows.doubled),
    ],
    figures: { before: legFigures(before), during: legFigures(during), after: legFigures(after) },
  };
}
