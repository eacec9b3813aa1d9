import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { type Api, UnexpectedAnswer } from './api';
import { CAMPAIGN_KEYS } from './cast';
import { BACKLOG_GAUGES, gaugeValue } from './gauges';
import { inParallel } from './in-parallel';
import { conversionRead, type TrialBalance, trialBalance } from './responses';
import { approveAll } from './review-desk';
import type { SetUp } from './setup';
import type { Sink } from './sink';
import { checkSink, type SinkFindings } from './sink-check';
import type { SentClick } from './traffic';
import { judgeConversionLists, judgeTrialBalance } from './verify-books';
import { type JourneyReads, judgeJourney, latestRevisions, readJourney } from './verify-journey';

export type VerifyOptions = {
  api: Api;
  runId: string;
  setUp: SetUp;
  sink: Sink;
  clicks: readonly SentClick[];
  signal: AbortSignal;
  /** How long everything may take to settle, in ms from now. */
  withinMs: number;
  onProgress(text: string): void;
};

/** What the instance shows at the end. `problems` is empty when all of it is as planned. */
export type Verification = {
  problems: string[];
  tookMs: number;
  journeys: { sent: SentClick; reads: JourneyReads }[];
  balance: TrialBalance | null;
  sink: SinkFindings;
  /** Gauges that the instance does not expose, so that nothing could be concluded from them. */
  missingGauges: string[];
};

const READERS = 8;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;
/** Lifetime values are read for the first few players only; they cost one more read each. */
const PLAYERS_READ = 20;

type Look = Omit<Verification, 'journeys' | 'tookMs'>;

/**
 * Reads until everything is as planned, or the time is up; then says what still differs and where. What doubtful clicks
 * have brought is approved, as a person would. A click that
 * has settled is not read again, the run as a whole (lists, books, quarantine, gauges, destinations) is.
 */
export async function verify(options: VerifyOptions): Promise<Verification> {
  const startedMs = performance.now();
  const watch = createJourneyWatch(options);
  let pauseMs = FIRST_PAUSE_MS;
  const campaignIds = CAMPAIGN_KEYS.map((key) => options.setUp.campaigns[key].campaignId);
  for (;;) {
    await approveAll(options.api, campaignIds);
    const open = await watch.look();
    const overall = open.length === 0 ? await lookOverall(options, watch.settled()) : null;
    const problems = overall === null ? open : overall.problems;
    const tookMs = performance.now() - startedMs;
    const timeIsUp = tookMs + pauseMs >= options.withinMs;
    if (problems.length === 0 || timeIsUp) {
      const final = overall ?? (await lookOverall(options, watch.settled()));
      const all = [...new Set([...problems, ...final.problems])];
      return { ...final, problems: all, journeys: watch.settled(), tookMs };
    }
    options.onProgress(`settling: ${problems.length} left, such as: ${problems[0] ?? ''}`);
    await sleep(pauseMs, undefined, { signal: options.signal });
    pauseMs = Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS);
  }
}

type JourneyWatch = {
  /** Reads all clicks that have not settled yet; the sentences of those that still have not. */
  look(): Promise<string[]>;
  /** The last reads of every click. */
  settled(): { sent: SentClick; reads: JourneyReads }[];
};

function createJourneyWatch({ api, runId, setUp, clicks }: VerifyOptions): JourneyWatch {
  const lastReads = new Map<SentClick, JourneyReads>();
  const repeated = new Set(clicks.map(({ plan }) => plan.repeats));
  const clean = clicks.filter(({ plan }) => plan.expected.deposits > 0 && plan.expected.reversed === 0);
  const withPlayer = new Set(clean.slice(0, PLAYERS_READ));
  let open = [...clicks];

  const judge = async (sent: SentClick): Promise<string[]> => {
    const { plan } = sent;
    try {
      const reads = await readJourney(api, sent, { runId, setUp, withPlayer: withPlayer.has(sent) });
      lastReads.set(sent, reads);
      const paired = plan.repeats !== null || repeated.has(plan.label);
      const problems = judgeJourney(reads, sent, setUp, paired);
      const link = reads.click.journey.temporalUrl;
      return problems.map(
        (problem) => `click ${sent.clickId} (${plan.shape}): ${problem}${link ? `, see ${link}` : ''}`,
      );
    } catch (error) {
      if (!(error instanceof UnexpectedAnswer)) throw error;
      return [`click ${sent.clickId} (${plan.shape}): ${error.message}`];
    }
  };
  return {
    look: async () => {
      const judged = await inParallel(open, READERS, async (sent) => ({ sent, problems: await judge(sent) }));
      open = judged.filter(({ problems }) => problems.length > 0).map(({ sent }) => sent);
      return judged.flatMap(({ problems }) => problems);
    },
    settled: () => [...lastReads].map(([sent, reads]) => ({ sent, reads })),
  };
}

async function lookOverall(options: VerifyOptions, journeys: Verification['journeys']): Promise<Look> {
  const { api, runId, setUp, clicks } = options;
  const postbacks = journeys.flatMap(({ reads }) => reads.postbacks);
  const sink = checkSink(options.sink.attempts, clicks, postbacks, runId);
  const problems = [...sink.problems];
  const missingGauges: string[] = [];
  let balance: TrialBalance | null = null;
  const checks = [
    async () => {
      const campaigns = CAMPAIGN_KEYS.map((key) => setUp.campaigns[key].campaignId);
      const lists = campaigns.map((id) => api.list(`/v1/conversions?campaignId=${id}`, conversionRead));
      const conversions = latestRevisions((await Promise.all(lists)).flat());
      problems.push(...judgeConversionLists(conversions, clicks, setUp));
    },
    async () => {
      balance = await api.read('/v1/ledger/trial-balance', trialBalance);
      problems.push(...judgeTrialBalance(balance, clicks, setUp));
    },
    async () => {
      const ours = (await api.list('/v1/quarantine', quarantined)).filter((item) => isOpen(item, runId));
      if (ours.length > 0)
        problems.push(`${ours.length} events are in quarantine: ${JSON.stringify(ours[0])}`);
    },
    async () => {
      const metrics = (await api.text('/metrics')) ?? '';
      for (const name of BACKLOG_GAUGES) {
        const value = gaugeValue(metrics, name);
        if (value === null) missingGauges.push(name);
        else if (value !== 0) problems.push(`${name} is ${value}, expected 0`);
      }
    },
  ];
  for (const check of checks) {
    await check().catch((error: unknown) => {
      if (!(error instanceof UnexpectedAnswer)) throw error;
      problems.push(error.message);
    });
  }
  return { problems, balance, sink, missingGauges };
}

const quarantined = z.looseObject({ releasedAt: z.string().nullish() });

/** An item is ours when any of the sender's ids in it carries the run id, and open until it was released. */
function isOpen(item: z.infer<typeof quarantined>, runId: string): boolean {
  return JSON.stringify(item).includes(runId) && !item.releasedAt;
}
