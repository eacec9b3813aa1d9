import { randomInt } from 'node:crypto';
import { Command, InvalidArgumentError, Option } from 'commander';
import { parseConfig } from '../../config/config';
import { runSimulation, type SimulationArguments } from '../../simulator/run';
import { SCENARIOS } from '../../simulator/scenarios/all-scenarios';
import { listLines } from '../../simulator/scenarios/programme';
import { complain, say } from '../output';

interface SimulateOptions {
  readonly auto?: true;
  readonly interactive?: true;
  readonly scenario?: string;
  readonly list?: true;
  readonly clicks: number;
  readonly seed?: number;
  readonly url?: string;
  readonly adminKey?: string;
}

export function simulateCommand(): Command {
  return new Command('simulate')
    .description('drive realistic traffic against a running instance and check the outcome')
    .option('--auto', 'run by itself from beginning to end, and compare the outcome with the plan')
    .addOption(new Option('--interactive', "walk through one player's chain, step by step").conflicts('auto'))
    .addOption(
      new Option(
        '--scenario <name>',
        'play a named scenario, or all, and compare with what it states',
      ).conflicts(['auto', 'interactive']),
    )
    .option('--list', 'list the scenarios')
    .option('--clicks <n>', 'how many clicks', wholeNumber, 200)
    .option('--seed <n>', 'the same seed plays the same traffic; without it, a new one is drawn', wholeNumber)
    .option('--url <url>', 'the API, when it is not the instance of the data folder')
    .option('--admin-key <key>', 'the key to use with --url')
    .action(run);
}

async function run(options: SimulateOptions): Promise<void> {
  if (options.list) {
    say(listLines(SCENARIOS).join('\n'));
    return;
  }
  const mode = modeOf(options);
  if (mode === null) {
    process.exitCode = 2;
    return;
  }
  const { dataDir } = parseConfig(process.env);
  process.exitCode = await runSimulation({
    ...mode,
    clicks: options.clicks,
    seed: options.seed ?? randomInt(1, 1_000_000),
    dataDir,
    ...(options.url === undefined ? {} : { url: options.url }),
    ...(options.adminKey === undefined ? {} : { adminKey: options.adminKey }),
  });
}

/** How the run is to go; null, with a sentence about it, when nobody has said so. */
function modeOf(options: SimulateOptions): Pick<SimulationArguments, 'mode' | 'scenarios'> | null {
  const { auto, interactive, scenario } = options;
  if (auto) return { mode: 'auto' };
  if (interactive) return { mode: 'interactive' };
  if (scenario === undefined) {
    complain(
      'Say how: --auto drives many clicks and checks the outcome, --interactive walks through one chain, --scenario plays one that is named.',
    );
    return null;
  }
  const scenarios = scenario === 'all' ? SCENARIOS : SCENARIOS.filter(({ name }) => name === scenario);
  if (scenarios.length > 0) return { mode: 'scenarios', scenarios };
  complain(`There is no scenario "${scenario}": --list names them all.`);
  return null;
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text) || Number(text) === 0)
    throw new InvalidArgumentError('expected a whole number above 0');
  return Number(text);
}
