import { cpus, loadavg } from 'node:os';
import { Connection } from '@temporalio/client';
import type { Db } from '../../db/knex';
import type { Spread } from '../output/spread';
import { measureFdatasync } from './fsync-cost';

/** On what a figure was measured; without it the figure says nothing. */
export type Surroundings = {
  readonly cores: number;
  readonly processor: string;
  /** Mean number of busy or waiting threads over the last minute: near or above the cores, others are in the way. */
  readonly load: number;
  /** In microseconds, on the disk of the database. */
  readonly fdatasync: Spread | null;
  readonly node: string;
  readonly postgres: string;
  readonly temporal: string;
};

/** What the machine and the servers say of themselves at this moment; the database's files are in `folder`. */
export async function readSurroundings(
  db: Db,
  temporalAddress: string,
  folder: string,
): Promise<Surroundings> {
  const load = loadAverage();
  const { rows } = await db.raw<{ rows: { server_version: string }[] }>('SHOW server_version');
  const connection = await Connection.connect({ address: temporalAddress });
  try {
    const { serverVersion } = await connection.workflowService.getSystemInfo({});
    return {
      cores: cpus().length,
      processor: cpus()[0]?.model.trim() ?? 'unknown',
      load,
      fdatasync: measureFdatasync(folder),
      node: process.versions.node,
      postgres: rows[0]?.server_version ?? 'unknown',
      temporal: serverVersion ?? 'unknown',
    };
  } finally {
    await connection.close();
  }
}

export function loadAverage(): number {
  return Math.round((loadavg()[0] ?? 0) * 10) / 10;
}

/** For people: one line, and a second one when the machine was busy with something else. */
export function surroundingsLines(surroundings: Surroundings): string[] {
  const { cores, processor, load, fdatasync, node, postgres, temporal } = surroundings;
  return [
    `  ${cores} cores (${processor}), load ${load} before it, fdatasync ${fdatasync?.p50 ?? '–'} µs (p99 ${fdatasync?.p99 ?? '–'});` +
      ` Node ${node}, Postgres ${postgres}, Temporal ${temporal}`,
    ...(load > cores / 2
      ? ['  The machine was busy with something else: these figures are worse than it can do.']
      : []),
  ];
}
