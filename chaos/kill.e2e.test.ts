import { join } from 'node:path';
import { repositoryRoot } from '../testing/source-files';
import { until } from '../testing/until';
import { audit } from './audit/audit';
import type { SentClick } from './audit/client-log';
import {
  chainWorkedSince,
  collectEvidence,
  countUnfinished,
  countUnsettled,
  type Unfinished,
} from './audit/collect-evidence';
import type { Evidence } from './audit/evidence';
import { TAMPERINGS } from './audit/tampering';
import { createInstance, type Instance, type ProcessName } from './instance/instance';
import { type LoggingSink, startLoggingSink } from './sink/logging-sink';
import { createAdmin } from './traffic/admin';
import { BUSY_HABITS } from './traffic/habits';
import { during, median, type Outage, outageTable } from './traffic/outage';
import { type SetUp, setUp } from './traffic/set-up';
import { startTraffic, type Traffic } from './traffic/traffic';

/** One seed, so that every run plays the same traffic; only the moments of the kills differ. */
const SEED = 20_261_121;
/**
 * On a quiet machine clicks are answered again within 5 s, events are handled again within 15 s, and all is at rest
 * within 60 s of the end; what is printed at the end says what it was. A busy machine gets more: slow is not lost.
 */
const BACK_WITHIN_MS = 120_000;
const DRAINED_WITHIN_MS = 120_000;
/** The contract says two seconds; the median and a margin, because a busy machine stretches some. */
const REFUSED_WITHIN_MS = 2_500;
/** A step waits for several things one after the other. */
const STEP_MS = 4 * BACK_WITHIN_MS;
const MAX_FINDINGS_SHOWN = 20;
const CLICKS_BETWEEN_KILLS = 40;

let instance: Instance;
let sink: LoggingSink;
let prepared: SetUp;
let traffic: Traffic;
const outages: Outage[] = [];

// The first run on a machine may have to build the Temporal server.
beforeAll(async () => {
  sink = await startLoggingSink();
  instance = await createInstance({ distDir: join(repositoryRoot, 'dist'), sinkPort: sink.port });
  const info = await instance.explained(() => instance.start());
  prepared = await setUp(createAdmin(info.apiUrl, info.adminKey), sink.origin);
  traffic = startTraffic({
    apiUrl: info.apiUrl,
    setUp: prepared,
    seed: SEED,
    clicksPerSecond: 15,
    habits: BUSY_HABITS,
    eventsBehind: () => countUnsettled(instance.info().databaseUrl),
  });
  await moreClicks();
}, 10 * 60_000);

afterAll(async () => {
  if (traffic !== undefined) process.stderr.write(outageTable(outages, traffic.log));
  await traffic?.stop();
  await instance?.remove();
  await sink?.close();
}, STEP_MS);

/** The work of a test whose failure shows the ends of the logs. */
function withLogs(work: () => Promise<void>): () => Promise<void> {
  return () => instance.explained(work);
}

/** Resolves when some more clicks have been acknowledged. */
async function moreClicks(): Promise<void> {
  const count = () => traffic.log.clicks.filter(({ clickId }) => clickId !== null).length;
  const wanted = count() + CLICKS_BETWEEN_KILLS;
  await until(`${CLICKS_BETWEEN_KILLS} more clicks`, async () => count() >= wanted, BACK_WITHIN_MS);
}

/** Kills one process and waits until clicks are answered, the instance is ready, and events are handled again. */
async function killAndRecover(name: ProcessName, startAgain?: () => Promise<unknown>): Promise<Outage> {
  const atMs = Date.now();
  const pid = await instance.kill(name);
  await startAgain?.();
  const wait = async (what: string, look: () => Promise<boolean>): Promise<number> => {
    await until(`${what} after kill -9 of ${name}`, look, BACK_WITHIN_MS);
    return Date.now() - atMs;
  };
  const restartedMs = await wait('another process', async () => {
    return ![pid, null].includes(instance.info().pids[name]);
  });
  await wait('a click', async () => traffic.log.clicks.some(isAnsweredAfter(atMs)));
  const readyMs = await wait('readiness', isReady);
  const chainMs = await wait('a handled event', () => {
    return chainWorkedSince(instance.info().databaseUrl, atMs).catch(() => false);
  });
  const outage = { name, atMs, restartedMs, readyMs, chainMs };
  outages.push(outage);
  return outage;
}

function isAnsweredAfter(atMs: number) {
  return ({ clickId, sentAtMs }: SentClick): boolean => clickId !== null && sentAtMs > atMs;
}

async function isReady(): Promise<boolean> {
  try {
    const response = await fetch(`${instance.info().apiUrl}/readyz`);
    const { checks } = (await response.json()) as { checks: { temporal: string } };
    return response.ok && checks.temporal === 'ok';
  } catch {
    return false;
  }
}

async function gatherEvidence(): Promise<Evidence> {
  const collected = await collectEvidence(instance.info(), false);
  const { log: client } = traffic;
  return { ...collected, client, partners: prepared.campaigns, sink: sink.entries, gauges: [] };
}

describe('under traffic', () => {
  it(
    'an API that is killed comes back',
    withLogs(async () => {
      const outage = await killAndRecover('api');
      expect(during(outage, traffic.log.unreachable)).not.toEqual([]);
      await moreClicks();
    }),
    STEP_MS,
  );

  for (const name of ['worker', 'temporal'] as const) {
    it(
      `a killed ${name} keeps nobody from clicking or reporting`,
      withLogs(async () => {
        const outage = await killAndRecover(name);
        const taken = during(outage, traffic.log.clicks.filter(isAnsweredAfter(outage.atMs)));
        expect(during(outage, traffic.log.unreachable)).toEqual([]);
        // None on a quiet machine; where Postgres is slow for a moment, some have to come again.
        expect(during(outage, traffic.log.refusals).length).toBeLessThan(taken.length);
        await moreClicks();
      }),
      STEP_MS,
    );
  }

  it(
    'while Postgres is killed, the API stays and refuses clicks and events',
    withLogs(async () => {
      const { api } = instance.info().pids;
      const outage = await killAndRecover('postgres');
      const refusals = during(outage, traffic.log.refusals);
      expect(new Set(refusals.map(({ what }) => what))).toEqual(new Set(['click', 'event']));
      expect(median(refusals.map(({ tookMs }) => tookMs))).toBeLessThan(REFUSED_WITHIN_MS);
      expect(instance.info().pids.api).toBe(api);
      expect(during(outage, traffic.log.unreachable)).toEqual([]);
      await moreClicks();
    }),
    STEP_MS,
  );

  it(
    'what a killed supervisor leaves behind is taken over by the next start',
    withLogs(async () => {
      const outage = await killAndRecover('supervisor', () => instance.start());
      expect(during(outage, traffic.log.unreachable)).not.toEqual([]);
      await moreClicks();
    }),
    STEP_MS,
  );
});

describe('afterwards', () => {
  let found: Evidence;

  it(
    'everything comes to rest',
    withLogs(async () => {
      await traffic.stop();
      const stoppedAtMs = Date.now();
      let rest: Unfinished | undefined;
      const isAtRest = async (): Promise<boolean> => {
        rest = await countUnfinished(instance.info());
        return Object.values(rest).every((count) => count === 0);
      };
      // What is left says more than that the time is over.
      await until('everything to come to rest', isAtRest, DRAINED_WITHIN_MS).catch(() => undefined);
      expect(rest).toEqual({ events: 0, postbacks: 0, outbox: 0, quarantine: 0, parked: 0, overdue: 0 });
      process.stderr.write(`at rest ${Date.now() - stoppedAtMs} ms after the traffic\n`);
    }),
    STEP_MS,
  );

  it(
    'nothing is lost, nothing doubled, nothing stuck',
    withLogs(async () => {
      found = await gatherEvidence();
      expect(audit(found).slice(0, MAX_FINDINGS_SHOWN)).toEqual([]);
      expect(found.client.clicks.length).toBeGreaterThan(200);
      expect(found.database.lines.length).toBeGreaterThan(10);
      expect(found.sink.length).toBeGreaterThan(100);
    }),
    STEP_MS,
  );

  it(
    'a clean restart keeps all',
    withLogs(async () => {
      expect(await instance.stop('SIGTERM')).toEqual({ code: 0, signal: null });
      expect(instance.leftovers()).toEqual([]);
      await instance.start();
      const after = await gatherEvidence();
      expect(audit(after).slice(0, MAX_FINDINGS_SHOWN)).toEqual([]);
      expect(after.database.clicks.length).toBe(found.database.clicks.length);
      expect(after.database.entries.length).toBe(found.database.entries.length);
    }),
    STEP_MS,
  );

  it.each(TAMPERINGS)('the auditor would have found $name', ({ breaks, spoil }) => {
    const spoilt = structuredClone(found);
    spoil(spoilt);
    const findings = audit(spoilt);
    expect(findings.length).toBeGreaterThan(audit(found).length);
    expect(findings).toContainEqual({ rule: breaks, what: expect.any(String) });
  });
});
