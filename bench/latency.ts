import { setMaxListeners } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { parseConfig } from '../config/config';
import { createOutput } from '../simulator/output';
import { findOrStartInstance } from './bench-instance';
import type { LatencyReport } from './latency/latency-report';
import { latencyLines } from './latency/latency-text';
import { type LatencyArguments, measureLatency } from './latency/measure-latency';

const RESULTS = join('bench', 'results');

type Options = { rate: number; seconds: number; warmUp: number; dataDir?: string };

/** `npm run bench:latency`: how long after a deposit its postback arrives. Ends with 1 when a target is missed. */
async function main(): Promise<void> {
  const options = new Command('bench:latency')
    .description('measure the time from an acknowledged first deposit to its postback')
    .option('--rate <n>', 'deposits per second', upTo(200), 10)
    .option('--seconds <n>', 'how long to measure', upTo(600), 60)
    .option('--warm-up <n>', 'seconds before that, not counted', upTo(60), 10)
    .option(
      '--data-dir <path>',
      'where the instance is described; one that does not run is started elsewhere',
    )
    .parse()
    .opts<Options>();
  const stop = new AbortController();
  // Every request under way listens.
  setMaxListeners(0, stop.signal);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const argv = { ratePerSecond: options.rate, seconds: options.seconds, warmUpSeconds: options.warmUp };
  const report = await run(argv, options.dataDir ?? parseConfig(process.env).dataDir, stop.signal);
  const isGood = Object.values(report.targets).every(({ met }) => met);
  process.exitCode = isGood ? 0 : 1;
}

async function run(argv: LatencyArguments, dataDir: string, signal: AbortSignal): Promise<LatencyReport> {
  const output = createOutput(process.stdout);
  const instance = await findOrStartInstance(dataDir, process.stdout, signal);
  try {
    const { info, startedForIt, dataDir: folder } = instance;
    const { adminKey } = info;
    if (adminKey === null) throw new Error(`${dataDir} holds no admin key.`);
    output.line(`${startedForIt ? 'An instance of its own' : 'The running instance'} at ${info.apiUrl}`);
    const measured = await measureLatency({ ...info, adminKey }, argv, { dataDir: folder, output, signal });
    for (const line of [...latencyLines(measured.report), ...measured.notes]) output.line(line);
    output.line(`\nWritten to ${write(measured.report)}`);
    return measured.report;
  } finally {
    await instance.release();
  }
}

/** Relative to the working directory, which npm makes the root of the project. */
function write(report: LatencyReport): string {
  mkdirSync(RESULTS, { recursive: true });
  const at = new Date().toISOString();
  const path = join(RESULTS, `${at.slice(0, 19).replaceAll(':', '')}-latency.json`);
  writeFileSync(path, `${JSON.stringify({ at, ...report }, null, 2)}\n`);
  return path;
}

function upTo(most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d{1,4}$/.test(text) && value >= 1 && value <= most) return value;
    throw new InvalidArgumentError(`expected a whole number from 1 to ${most}`);
  };
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
