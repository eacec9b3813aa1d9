import { setTimeout as sleep } from 'node:timers/promises';
import { checkRows, rowCheckLine } from '../load/check-rows';
import { newStage } from '../load/click-leg';
import { clickRequests } from '../load/click-requests';
import { startLoad } from '../load/run-load';
import { restartUnit } from '../machine/restart-unit';
import { type Spread, spreadOf } from '../output/spread';
import { spreadHeader, spreadRow } from '../output/table';
import { atMost } from '../output/target';
import type { MeasuredInstance, Section, SectionContext } from '../section';

const ROUNDS = 10;
const RATE_PER_SECOND = 1_000;
const MOST_CONNECTIONS = 128;
/** Far more than the rounds take; the load is stopped after the last one. */
const LONGEST_SECONDS = 1_200;

type Victim = 'api' | 'postgres';
type Kill = { readonly victim: Victim; readonly backAfterMs: number };

/** Clicks at a steady rate while API and Postgres are killed by turns, without a warning; the supervisor restarts them. */
export const killsSection: Section = {
  name: 'kills',
  title: `kill -9 of API and Postgres under ${RATE_PER_SECOND} clicks/s`,
  run: (context) => context.withInstance({}, (instance) => killRounds(context, instance)),
};

async function killRounds(context: SectionContext, instance: MeasuredInstance) {
  const stage = await newStage(instance);
  const load = startLoad(
    {
      target: instance.address,
      requests: clickRequests({ ...stage, kind: 'plain' }),
      warmUpSeconds: 0,
      seconds: LONGEST_SECONDS,
      shape: { kind: 'open', ratePerSecond: RATE_PER_SECOND, mostConnections: MOST_CONNECTIONS },
    },
    context.signal,
  );
  const kills: Kill[] = [];
  for (let round = 1; round <= (context.quick ? 1 : ROUNDS); round += 1) {
    for (const victim of ['api', 'postgres'] as const) {
      context.output.line(`  round ${round}: ${victim} …`);
      // At another moment of its work in each round.
      await sleep(2_000 + Math.random() * 1_000, undefined, { signal: context.signal });
      kills.push({ victim, backAfterMs: await restartUnit(instance, victim, 'SIGKILL', context.signal) });
    }
  }
  await sleep(2_000, undefined, { signal: context.signal });
  load.stop();
  const { clickIds, ...result } = await load.result;
  const rows = await checkRows(instance.db, stage.campaignId, clickIds);
  const back = (victim: Victim): Spread | null =>
    spreadOf(kills.filter((kill) => kill.victim === victim).map(({ backAfterMs }) => backAfterMs));
  return {
    lines: [
      `  ${kills.length} kills; ${clickIds.length} clicks acknowledged, ${result.counts.refused} refused,` +
        ` ${result.counts.unanswered} cut off`,
      rowCheckLine(rows),
      spreadHeader('killed → ready again, in ms'),
      spreadRow('API', back('api')),
      spreadRow('Postgres', back('postgres')),
      '  A supervisor waits longer before each restart of what keeps ending, up to 10 s; that is in these times.',
    ],
    targets: [
      atMost('acknowledged clicks lost or doubled', 0, rows.lost + rows.doubled),
      atMost('clicks without their raw request', 0, rows.withoutRaw),
    ],
    figures: { kills, rows, counts: result.counts, back: { api: back('api'), postgres: back('postgres') } },
  };
}
