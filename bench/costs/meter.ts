import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readInstanceFile } from '../../embedded/instance-file';
import { gaugeValue } from '../../simulator/gauges';
import { cpuMsOf } from '../machine/cpu-time';
import type { MeasuredInstance } from '../section';
import { readStatements } from './statement-watch';

/** Everything that grows with work, as it stands at one moment. */
export type MeterReading = {
  readonly atMs: number;
  readonly statements: number;
  readonly reads: number;
  readonly commits: number;
  readonly walBytes: number;
  /** Calls to Temporal, without the long polls, which come whether or not there is work. */
  readonly grpcCalls: number;
  /** By table, with its indexes and all its partitions. */
  readonly tableBytes: Readonly<Record<string, number>>;
  /** All files of Temporal's database. */
  readonly temporalBytes: number;
  /** Processor time of each part, in ms. */
  readonly cpuMs: Readonly<Record<Part, number>>;
};

export const PARTS = ['api', 'postgres', 'worker', 'temporal'] as const;
export type Part = (typeof PARTS)[number];

/** `workerMetricsUrl`: where the worker serves its metrics; null when no worker is asked. */
export async function readMeter(
  { db, dataDir, http, info }: MeasuredInstance,
  workerMetricsUrl: string | null,
): Promise<MeterReading> {
  const { statements, reads } = await readStatements(db);
  const { rows } = await db.raw<{ rows: { commits: number; wal: number }[] }>(
    `SELECT /* of the measurement */ xact_commit::float AS commits,
       pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float AS wal
     FROM pg_stat_database WHERE datname = current_database()`,
  );
  const tables = await db.raw<{ rows: { name: string; bytes: number }[] }>(
    `SELECT /* of the measurement */ coalesce(p.relname, c.relname) AS name, sum(pg_total_relation_size(c.oid))::float AS bytes
     FROM pg_class AS c
     LEFT JOIN pg_inherits AS i ON i.inhrelid = c.oid
     LEFT JOIN pg_class AS p ON p.oid = i.inhparent
     WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND c.relname NOT LIKE 'pg_stat%'
     GROUP BY 1`,
  );
  // What was restarted meanwhile has another number than at first.
  const { pids } = readInstanceFile(dataDir) ?? info;
  const metrics =
    workerMetricsUrl === null ? '' : (await http.send({ method: 'GET', url: workerMetricsUrl })).text;
  return {
    atMs: performance.now(),
    ...{ statements, reads },
    commits: rows[0]?.commits ?? 0,
    walBytes: rows[0]?.wal ?? 0,
    grpcCalls: GRPC_COUNTERS.reduce((sum, name) => sum + (gaugeValue(metrics, name) ?? 0), 0),
    tableBytes: Object.fromEntries(tables.rows.map(({ name, bytes }) => [name, bytes])),
    temporalBytes: folderBytes(join(dataDir, 'temporal')),
    cpuMs: {
      api: cpuMsOf(pids.api),
      postgres: cpuMsOf(pids.postgres),
      worker: cpuMsOf(pids.worker),
      temporal: cpuMsOf(pids.temporal),
    },
  };
}

/** The workers' own calls, and the relay's, which have a client of their own. */
const GRPC_COUNTERS = ['temporal_request', 'temporal_request_total', 'clickchain_relay_calls_total'];

function folderBytes(folder: string): number {
  if (!existsSync(folder)) return 0;
  return readdirSync(folder)
    .map((name) => statSync(join(folder, name)).size)
    .reduce((sum, size) => sum + size, 0);
}
