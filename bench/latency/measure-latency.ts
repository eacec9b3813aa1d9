import { setTimeout as sleep } from 'node:timers/promises';
import { createDb } from '../../db/knex';
import { parseId } from '../../domain/ids';
import type { InstanceInfo } from '../../embedded/instance-file';
import { type Api, createApi } from '../../simulator/api';
import { gaugeValue } from '../../simulator/gauges';
import { createHttpClient } from '../../simulator/http-client';
import type { Output } from '../../simulator/output';
import { makeClicks, postFirstDeposit, prepareStage } from '../load/deposit-traffic';
import { openLoop } from '../load/open-loop';
import { startPostbackSink } from '../load/postback-sink';
import { untilArrived } from '../load/until-arrived';
import { readSurroundings } from '../machine/surroundings';
import { readStepTimes } from './breakdown';
import { explainGaps } from './explain-gaps';
import { type LatencyReport, reportLatency } from './latency-report';

export type LatencyArguments = {
  readonly ratePerSecond: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
};

/** Money within seconds of a click is a mark of fraud: the youngest click must be older than any such rule. */
const LEAST_CLICK_AGE_MS = 20_000;
const AT_REST_WITHIN_MS = 120_000;
/** Postbacks that have not come this long after the last deposit are missing. */
/** How long to look for second arrivals when everything has arrived once. */
const DOUBLES_MS = 1_000;
const PATIENCE_MS = 10_000;

/**
 * Measures the way of a first deposit on a running instance, from the casino's request to the partner's server. Clicks
 * are made, and their journeys started, before the measured time begins. `notes` explain what did not arrive.
 */
export async function measureLatency(
  info: InstanceInfo & { readonly adminKey: string },
  argv: LatencyArguments,
  { dataDir, output, signal }: { dataDir: string; output: Output; signal: AbortSignal },
): Promise<{ report: LatencyReport; notes: string[] }> {
  const { apiUrl } = info;
  const http = createHttpClient({ signal, patienceMs: PATIENCE_MS });
  const api = createApi(http, apiUrl, info.adminKey);
  const db = createDb(info.databaseUrl, { applicationName: 'clickchain-bench', poolMax: 2 });
  const sink = await startPostbackSink(info.sinkPort);
  try {
    const { ratePerSecond, seconds, warmUpSeconds } = argv;
    // Before our own traffic adds to the load.
    const surroundings = await readSurroundings(db, info.temporalAddress, dataDir);
    const count = Math.round(ratePerSecond * (warmUpSeconds + seconds));
    const stage = await prepareStage(api, sink.baseUrl);
    output.line(`Making ${count} clicks …`);
    const clickIds = await makeClicks(http, apiUrl, stage, { count });
    await untilAtRest(api, { notBeforeMs: performance.now() + LEAST_CLICK_AGE_MS, output, signal });
    output.line(`Measuring: ${warmUpSeconds} s of warm-up, then ${seconds} s at ${ratePerSecond}/s …`);
    const fire = (index: number): Promise<void> =>
      postFirstDeposit(http, apiUrl, stage, { clickId: clickIds[index] ?? '', index });
    const shots = await openLoop({ ratePerSecond, count, fire, signal });
    await untilArrived(sink, shots, clickIds, signal);
    await sleep(DOUBLES_MS, undefined, { signal });
    const steps = await readStepTimes(
      db,
      clickIds.flatMap((id) => parseId('clk', id) ?? []),
    );
    const warmUpShots = Math.round(ratePerSecond * warmUpSeconds);
    const { arrivals } = sink;
    const clockOriginMs = performance.timeOrigin;
    const report = reportLatency(
      { shots, clickIds, warmUpShots, arrivals, steps, clockOriginMs },
      { ...argv, surroundings },
    );
    return { report, notes: await explainGaps(api, shots, clickIds, arrivals) };
  } finally {
    await Promise.all([sink.close(), http.close(), db.destroy()]);
  }
}

/** Waits until the clicks are old enough and every journey has been started. */
async function untilAtRest(
  api: Api,
  { notBeforeMs, output, signal }: { notBeforeMs: number; output: Output; signal: AbortSignal },
): Promise<void> {
  const givingUpAtMs = performance.now() + AT_REST_WITHIN_MS;
  for (;;) {
    const depth = gaugeValue((await api.text('/metrics')) ?? '', 'clickchain_outbox_depth') ?? 0;
    const nowMs = performance.now();
    if (nowMs >= notBeforeMs && depth === 0) break;
    if (nowMs > givingUpAtMs)
      throw new Error(`The instance is not at rest: ${depth} rows wait in its outbox.`);
    output.progress(depth === 0 ? 'letting the clicks grow old enough' : `${depth} journeys to start`);
    await sleep(500, undefined, { signal });
  }
  output.stepDone();
}
