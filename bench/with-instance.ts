import type { Environment } from '../config/config';
import { createDb } from '../db/knex';
import { createApi } from '../simulator/api';
import { createHttpClient } from '../simulator/http-client';
import { startInstance } from './bench-instance';
import { readSurroundings, type Surroundings } from './machine/surroundings';
import type { MeasuredInstance } from './section';

const PATIENCE_MS = 30_000;
/** Counting millions of rows takes its time. */
const STATEMENT_TIMEOUT_MS = 600_000;

/** Where the instance says what it does; and who hears on what it runs. */
export type Witness = {
  readonly stream: Parameters<typeof startInstance>[1];
  readonly signal: AbortSignal;
  started(surroundings: Surroundings): void;
};

/** Starts an instance for some work, and removes it however the work ends. */
export async function withInstance<Result>(
  settings: Environment,
  { stream, signal, started }: Witness,
  work: (instance: MeasuredInstance) => Promise<Result>,
): Promise<Result> {
  const { info, dataDir, release } = await startInstance(settings, stream, signal);
  const http = createHttpClient({ signal, patienceMs: PATIENCE_MS });
  const db = createDb(info.databaseUrl, {
    ...{ applicationName: 'clickchain-bench', poolMax: 4, statementTimeoutMs: STATEMENT_TIMEOUT_MS },
  });
  try {
    const { adminKey, apiUrl } = info;
    if (adminKey === null) throw new Error('The new instance has no admin key.');
    started(await readSurroundings(db, info.temporalAddress, dataDir));
    const { hostname, port } = new URL(apiUrl);
    return await work({
      ...{ info: { ...info, adminKey }, dataDir, http, db },
      address: { host: hostname, port: Number(port) },
      api: createApi(http, apiUrl, adminKey),
    });
  } finally {
    await Promise.all([http.close(), db.destroy()]);
    await release();
  }
}
