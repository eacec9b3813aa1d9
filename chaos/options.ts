import { Command, InvalidArgumentError } from 'commander';
import { FAULT_IDS, type FaultId } from './catalog';

export interface ChaosOptions {
  readonly seeds: readonly number[];
  readonly faults: readonly FaultId[] | null;
  readonly seconds: number;
}

const MAX_SEEDS = 1_000;

/** Reads the command line; ends the process with an explanation when it cannot be read. */
export function readOptions(argv: readonly string[]): ChaosOptions {
  const { seed, seeds, faults, seconds } = new Command('chaos')
    .description(
      'play traffic on instances of our own, break them in every way that a seed draws, and audit the end',
    )
    .option('--seed <n>', 'the seed, or the first of several', whole(1, 2_147_483_647), 1)
    .option('--seeds <n>', 'how many seeds, one after the other', whole(1, MAX_SEEDS), 1)
    .option('--faults <list>', 'only these, e.g. F1,F7', faultList)
    .option('--seconds <n>', 'about how long each seed is faulty', whole(5, 120), 30)
    .parse(argv)
    .opts<{ seed: number; seeds: number; faults?: FaultId[]; seconds: number }>();
  return {
    seeds: Array.from({ length: seeds }, (_, offset) => seed + offset),
    faults: faults ?? null,
    seconds,
  };
}

function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d{1,10}$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`expected a whole number from ${least} to ${most}`);
  };
}

function faultList(text: string): FaultId[] {
  return text.split(',').map((name) => {
    const known = FAULT_IDS.find((id) => id === name.trim().toUpperCase());
    if (known === undefined) throw new InvalidArgumentError(`expected some of ${FAULT_IDS.join(', ')}`);
    return known;
  });
}
