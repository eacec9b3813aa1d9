import { setMaxListeners } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { createOutput } from '../simulator/output';
import { runSection, type SectionReport } from './run-section';
import type { Section } from './section';
import { clicksSection } from './sections/clicks';
import { costsSection } from './sections/costs';
import { dispatcherSection } from './sections/dispatcher';
import { killsSection } from './sections/kills';
import { latencySection } from './sections/latency';
import { neighboursSection } from './sections/neighbours';
import { openSection } from './sections/open';
import { overloadSection } from './sections/overload';
import { relaySection } from './sections/relay';
import { reportsSection } from './sections/reports';
import { upgradeSection } from './sections/upgrade';

const SECTIONS: readonly Section[] = [
  clicksSection,
  openSection,
  overloadSection,
  killsSection,
  costsSection,
  latencySection,
  dispatcherSection,
  neighboursSection,
  relaySection,
  reportsSection,
  upgradeSection,
];

const RESULTS = join('bench', 'results');

type Options = { only?: readonly Section[]; quick: boolean };

/** `npm run bench`: every figure that the documents promise, one section after another. Ends with 1 when a target is missed. */
async function main(): Promise<void> {
  const { only, quick } = new Command('bench')
    .description('measure throughput, latency, costs and isolation on this machine')
    .option('--only <names>', `some of ${SECTIONS.map(({ name }) => name).join(',')}`, toSections)
    .option('--quick', 'try every part in a few seconds; no figure of it means anything', false)
    .parse()
    .opts<Options>();
  const stop = new AbortController();
  // Every request under way listens.
  setMaxListeners(0, stop.signal);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const output = createOutput(process.stdout);
  const at = new Date().toISOString();
  const reports: SectionReport[] = [];
  for (const section of only ?? SECTIONS) {
    reports.push(await runSection(section, { quick, output, stream: process.stdout, signal: stop.signal }));
    // After each section: what has been measured outlives whatever comes next.
    output.line(`\nWritten to ${write(at, quick, reports)}`);
    if (stop.signal.aborted) break;
  }
  const targets = reports.flatMap((report) => report.targets);
  const missed = targets.filter(({ met }) => !met);
  output.line(`\n${targets.length - missed.length} of ${targets.length} targets met.`);
  for (const { what } of missed) output.line(`  missed: ${what}`);
  process.exitCode = missed.length === 0 && !stop.signal.aborted ? 0 : 1;
}

function toSections(names: string): Section[] {
  return names.split(',').map((name) => {
    const section = SECTIONS.find((one) => one.name === name.trim());
    if (section !== undefined) return section;
    throw new InvalidArgumentError(`${name} is none of ${SECTIONS.map((one) => one.name).join(', ')}`);
  });
}

/** Relative to the working directory, which npm makes the root of the project. */
function write(at: string, quick: boolean, reports: readonly SectionReport[]): string {
  mkdirSync(RESULTS, { recursive: true });
  const path = join(RESULTS, `${at.slice(0, 19).replaceAll(':', '')}-bench.json`);
  writeFileSync(path, `${JSON.stringify({ at, quick, sections: reports }, null, 2)}\n`);
  return path;
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
