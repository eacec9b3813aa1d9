import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type Spread, spreadOf } from '../output/spread';

const ROUNDS = 200;
const PAGE = Buffer.alloc(8_192, 1);

/** What it takes to have a page of a log on this disk for good, in microseconds: the floor of every commit. */
export function measureFdatasync(folder: string): Spread | null {
  const aside = mkdtempSync(join(folder, 'fdatasync-'));
  const file = openSync(join(aside, 'log'), 'w');
  try {
    // Written once before, so that no round pays for new blocks: a log's files exist already.
    for (let round = 0; round < ROUNDS; round += 1) writeSync(file, PAGE);
    fdatasyncSync(file);
    const samples = Array.from({ length: ROUNDS }, (_, round) => {
      writeSync(file, PAGE, 0, PAGE.length, round * PAGE.length);
      const startMs = performance.now();
      fdatasyncSync(file);
      return (performance.now() - startMs) * 1_000;
    });
    return spreadOf(samples);
  } finally {
    closeSync(file);
    rmSync(aside, { recursive: true, force: true });
  }
}
