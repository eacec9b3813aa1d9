import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import { createOutput } from '../simulator/output';
import { type ChaosOptions, readOptions } from './options';
import { planOf } from './plan';
import { playRound, textOf } from './round';
import { summaryLines } from './summary';

const distDir = join(__dirname, '..');

/** `npm run chaos`: ends with 1 when a promise was broken, and says how to see it again. */
async function main(): Promise<void> {
  const options = readOptions(process.argv);
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const broken: number[] = [];
  for (const seed of options.seeds) {
    if (stop.signal.aborted) break;
    if (!(await holds(seed, options, stop.signal))) broken.push(seed);
  }
  const output = createOutput(process.stdout);
  for (const seed of broken) output.line(`Broken. See it again:  ${replayLine(seed, options)}`);
  if (broken.length === 0 && !stop.signal.aborted)
    output.line(`${options.seeds.length} of ${options.seeds.length} seeds hold.`);
  process.exitCode = broken.length === 0 && !stop.signal.aborted ? 0 : 1;
}

async function holds(seed: number, options: ChaosOptions, signal: AbortSignal): Promise<boolean> {
  const output = createOutput(process.stdout);
  const plan = planOf(seed, options);
  output.line(
    `Seed ${seed}: ${plan.clicksPerSecond} clicks a second${plan.network === null ? '' : ', two machines'}; planned:`,
  );
  for (const step of plan.steps) output.line(`  ${textOf(step)}`);
  output.line('Now:');
  const startedMs = performance.now();
  try {
    const result = await playRound(plan, {
      distDir,
      signal,
      say: (line) => {
        output.stepDone();
        output.line(line);
      },
      progress: (text) => output.progress(text),
    });
    output.stepDone();
    for (const line of summaryLines(result, (performance.now() - startedMs) / 1_000)) output.line(line);
    return result.findings.length === 0;
  } catch (error) {
    output.stepDone();
    if (signal.aborted) return true;
    output.line(`  The round itself failed: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

function replayLine(seed: number, { faults, seconds }: ChaosOptions): string {
  const drawn = faults === null ? '' : ` --faults ${faults.join(',')}`;
  return `npm run chaos -- --seed ${seed}${drawn} --seconds ${seconds}`;
}

main().then(
  // A connection that a fault has left half open must not keep a finished run from ending.
  () => process.exit(),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
