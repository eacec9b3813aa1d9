import { randomInt } from 'node:crypto';
import { Command, InvalidArgumentError, Option } from 'commander';
import { parseConfig } from '../../config/config';
import { runSimulation } from '../../simulator/run';
import { complain } from '../output';

interface SimulateOptions {
  readonly auto?: true;
  readonly interactive?: true;
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
    .option('--clicks <n>', 'how many clicks', wholeNumber, 200)
    .option('--seed <n>', 'the same seed plays the same traffic; without it, a new one is drawn', wholeNumber)
    .option('--url <url>', 'the API, when it is not the instance of the data folder')
    .option('--admin-key <key>', 'the key to use with --url')
    .action(run);
}

async function run(options: SimulateOptions): Promise<void> {
  const { dataDir } = parseConfig(process.env);
  if (options.auto === undefined && options.interactive === undefined) {
    complain(
      'Say how: --auto drives many clicks and checks the outcome, --interactive walks through one chain.',
    );
    process.exitCode = 2;
    return;
  }
  process.exitCode = await runSimulation({
    mode: options.interactive ? 'interactive' : 'auto',
    clicks: options.clicks,
    seed: options.seed ?? randomInt(1, 1_000_000),
    dataDir,
    ...(options.url === undefined ? {} : { url: options.url }),
    ...(options.adminKey === undefined ? {} : { adminKey: options.adminKey }),
  });
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text) || Number(text) === 0)
    throw new InvalidArgumentError('expected a whole number above 0');
  return Number(text);
}
