import { setTimeout as delay } from 'node:timers/promises';
import { createDb } from '../db/knex';
import { type RebuildSummary, rebuildJourneys } from '../db/rebuild-journeys';
import type { LostPart } from '../db/stores/rebuild-store';
import type { Reporter } from './progress';
import { forgetLostHistory, type LostHistory, readLostHistory } from './temporal/lost-history';

/** What is started again, as people are told. */
export const LOST_PART_NAMES: Readonly<Record<LostPart, string>> = {
  events: 'events to settle',
  postbacks: 'postbacks to deliver',
  timers: 'timers of players',
  clicks: 'open journeys',
};

const tryAgainMs = 2_000;

export interface LostJourneysOptions {
  /** Of Temporal, where the note lies. */
  readonly folder: string;
  readonly reporter: Pick<Reporter, 'line'>;
  /** Queues all that is open; see `rebuildJourneys`. */
  rebuild(signal: AbortSignal): Promise<RebuildSummary>;
}

/** Starts everything again that a new database of Temporal has to know, beside whatever serves meanwhile. */
export class LostJourneys {
  private readonly stopping = new AbortController();
  private running: Promise<void> | null = null;

  constructor(private readonly options: LostJourneysOptions) {}

  /** Does nothing unless history is lost. What is under way finds a later loss, too. */
  startAgain(): void {
    this.running ??= this.untilNothingIsLost().finally(() => {
      this.running = null;
    });
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async untilNothingIsLost(): Promise<void> {
    const { folder, reporter } = this.options;
    let hasFailed = false;
    for (;;) {
      const lost = readLostHistory(folder);
      if (lost === null || this.stopping.signal.aborted) return;
      try {
        const summary = await this.options.rebuild(this.stopping.signal);
        // Lost once more in between: what was queued before may have reached the one that is gone.
        if (readLostHistory(folder)?.atMs !== lost.atMs) continue;
        forgetLostHistory(folder);
        for (const line of linesOf(lost, summary)) reporter.line(line);
      } catch (error) {
        if (this.stopping.signal.aborted) return;
        if (!hasFailed) reporter.line(`Journeys cannot be started again yet: ${messageOf(error)}`);
        hasFailed = true;
        await delay(tryAgainMs, undefined, { signal: this.stopping.signal }).catch(() => undefined);
      }
    }
  }
}

/** The first start of a new instance finds its history missing, too, and has nothing to tell. */
function linesOf({ reason, aside }: LostHistory, summary: RebuildSummary): string[] {
  const parts = Object.keys(LOST_PART_NAMES) as LostPart[];
  const found = parts.filter((part) => summary[part].found > 0);
  if (aside === null && found.length === 0) return [];
  const what = reason === 'missing' ? 'was missing' : `was damaged (${reason})`;
  const where = aside === null ? '' : `; the old one is kept as ${aside}`;
  const again = found.map(
    (part) => `${summary[part].found.toLocaleString('en-US')} ${LOST_PART_NAMES[part]}`,
  );
  return [
    `Temporal's database ${what}${where}. A new one was begun, and ${again.join(', ') || 'nothing'} had to be started again.`,
  ];
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Queues from this database what is open in it. */
export async function rebuildFrom(databaseUrl: string, signal: AbortSignal): Promise<RebuildSummary> {
  const db = createDb(databaseUrl, { poolMax: 2, applicationName: 'clickchain-start' });
  try {
    return await rebuildJourneys(db, { nowMs: () => Date.now() }, { signal });
  } finally {
    await db.destroy();
  }
}
