import { Command, InvalidArgumentError } from 'commander';
import type { Db } from '../../db/knex';
import {
  type RebuildProgress,
  type RebuildSummary,
  rebuildJourneys,
  untilCarried,
} from '../../db/rebuild-journeys';
import type { LostPart } from '../../db/stores/rebuild-store';
import { type ClickId, mintedAtMs, parseId } from '../../domain/ids';
import { SECOND_MS, toIso } from '../../domain/time';
import { LOST_PART_NAMES } from '../../embedded/lost-journeys';
import { createReporter, type Reporter } from '../../embedded/progress';
import { say } from '../output';
import { withDatabase } from './migrate';

interface RebuildCommandOptions {
  readonly dryRun?: boolean;
  readonly wait: boolean;
  readonly after?: ClickId;
}

const clock = { nowMs: () => Date.now() };

export function rebuildJourneysCommand(): Command {
  return new Command('rebuild-journeys')
    .description('start everything again that an empty Temporal has to know, from Postgres')
    .option('--dry-run', 'count, and change nothing')
    .option('--no-wait', 'end when everything is queued, without waiting until relays have started it')
    .option('--after <clickId>', 'go on after this click, as an earlier run has said when it ended', clickId)
    .action((options: RebuildCommandOptions) => withDatabase((db) => run(db, options)));
}

function clickId(text: string): ClickId {
  const id = parseId('clk', text);
  if (id === null) throw new InvalidArgumentError('expected a click id');
  return id;
}

async function run(db: Db, options: RebuildCommandOptions): Promise<void> {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());
  const reporter = createReporter(process.stdout);
  const summary = await queue(db, options, reporter, interrupted.signal);
  if (summary === null) {
    process.exitCode = 1;
    return;
  }
  for (const line of summaryLines(summary, options.dryRun ?? false)) say(line);
  if (options.dryRun || !options.wait) return;
  const isDone = await watch(db, summary.upTo, reporter, interrupted.signal);
  say(
    isDone
      ? 'Temporal knows everything again.'
      : 'Not waited for the rest: it is queued, and relays go on with it.',
  );
}

/** Null when it was interrupted. */
async function queue(
  db: Db,
  { dryRun = false, after }: RebuildCommandOptions,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<RebuildSummary | null> {
  let lastClick: ClickId | null = null;
  try {
    return await reporter.step(dryRun ? 'Looking for what is open' : 'Queueing what is open', (update) =>
      rebuildJourneys(db, clock, {
        ...{ dryRun, signal },
        ...(after !== undefined && { after }),
        onProgress: (progress) => {
          lastClick = progress.lastClick ?? lastClick;
          update(progressText(progress));
        },
      }),
    );
  } catch (error) {
    if (!signal.aborted) throw error;
    say(`Interrupted. What is queued will be started; ${continuation(lastClick)}`);
    return null;
  }
}

function continuation(lastClick: ClickId | null): string {
  return lastClick === null
    ? 'run it again for the rest.'
    : `the rest: clickchain rebuild-journeys --after ${lastClick}`;
}

function progressText({ part, seen, found, lastClick }: RebuildProgress): string {
  const upTo = lastClick === null ? '' : `, up to ${toIso(mintedAtMs(lastClick)).slice(0, 10)}`;
  return `${count(found)} ${LOST_PART_NAMES[part]} among ${count(seen)}${upTo}`;
}

function summaryLines(summary: RebuildSummary, isDryRun: boolean): string[] {
  return (Object.keys(LOST_PART_NAMES) as LostPart[]).map((part) => {
    const { found, queued } = summary[part];
    const waiting = isDryRun || found === queued ? '' : `, ${count(found - queued)} of them queued before`;
    return `  ${count(found).padStart(12)} ${LOST_PART_NAMES[part]}${waiting}`;
  });
}

/** False when it was interrupted. */
function watch(db: Db, upTo: bigint, reporter: Reporter, signal: AbortSignal): Promise<boolean> {
  const startedAtMs = clock.nowMs();
  let first: number | null = null;
  return reporter.step('Relays start them', (update) =>
    untilCarried(db, upTo, {
      signal,
      onLeft: (left) => {
        first ??= left;
        const seconds = (clock.nowMs() - startedAtMs) / SECOND_MS;
        const perSecond = seconds < 1 ? null : Math.round((first - left) / seconds);
        update(left === 0 ? `${count(first)} rows` : leftText(left, perSecond));
      },
    }),
  );
}

function leftText(left: number, perSecond: number | null): string {
  if (perSecond === null) return `${count(left)} left`;
  if (perSecond === 0) return `${count(left)} left; is a worker with the role relay running?`;
  return `${count(left)} left, ${count(perSecond)} a second, ${Math.ceil(left / perSecond / 60)} min`;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
