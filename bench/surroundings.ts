import { cpus, loadavg } from 'node:os';
import { Connection } from '@temporalio/client';
import type { Db } from '../db/knex';

/** On what a figure was measured; without it the figure says nothing. */
export type Surroundings = {
  readonly cores: number;
  readonly processor: string;
  /** Mean number of busy or waiting threads over the last minute: near or above the cores, others are in the way. */
  readonly load: number;
  readonly node: string;
  readonly postgres: string;
  readonly temporal: string;
};

/** What the machine and the servers say of themselves at this moment. */
export async function readSurroundings(db: Db, temporalAddress: string): Promise<Surroundings> {
  const { rows } = await db.raw<{ rows: { server_version: string }[] }>('SHOW server_version');
  const connection = await Connection.connect({ address: temporalAddress });
  try {
    const { serverVersion } = await connection.workflowService.getSystemInfo({});
    return {
      cores: cpus().length,
      processor: cpus()[0]?.model.trim() ?? 'unknown',
      load: Math.round((loadavg()[0] ?? 0) * 10) / 10,
      node: process.versions.node,
      postgres: rows[0]?.server_version ?? 'unknown',
      temporal: serverVersion ?? 'unknown',
    };
  } finally {
    await connection.close();
  }
}
