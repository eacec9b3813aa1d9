import knex, { type Knex } from 'knex';
import { types } from 'pg';

export type Db = Knex;

// bigint columns hold minor units and counters: a JS number would round the large ones without a word.
types.setTypeParser(types.builtins.INT8, (text) => BigInt(text));

const CONNECT_TIMEOUT_MS = 1_500;
const STATEMENT_TIMEOUT_MS = 30_000;

/**
 * A pool on one Postgres. Connecting fails within 1.5 s, so that a request can still be answered 503 within two;
 * a statement may take `statementTimeoutMs` and is then cancelled by the server.
 */
export function createDb(
  databaseUrl: string,
  options: { applicationName: string; poolMax: number; statementTimeoutMs?: number },
): Db {
  return knex({
    client: 'pg',
    connection: {
      connectionString: databaseUrl,
      application_name: options.applicationName,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      statement_timeout: options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS,
      keepAlive: true,
    },
    pool: {
      min: 0,
      max: options.poolMax,
      acquireTimeoutMillis: CONNECT_TIMEOUT_MS,
      idleTimeoutMillis: 30_000,
    },
  });
}
