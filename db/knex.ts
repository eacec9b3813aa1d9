import knex, { type Knex } from 'knex';
import { types } from 'pg';

export type Db = Knex;

// bigint columns hold minor units and counters: a JS number would round the large ones without a word.
types.setTypeParser(types.builtins.INT8, (text) => BigInt(text));
// A day is a day: a JS Date would be midnight of wherever this process runs.
types.setTypeParser(types.builtins.DATE, (text) => text);

const CONNECT_TIMEOUT_MS = 1_500;
const STATEMENT_TIMEOUT_MS = 30_000;
/** A frozen server cancels nothing: this much after its own limit we stop waiting for it. */
const QUERY_TIMEOUT_MARGIN_MS = 1_000;

// Knex would print lost connections to the console, between the lines of the log. Every caller gets the error.
const SILENT = { warn: () => {}, error: () => {}, deprecate: () => {}, debug: () => {} };

/**
 * A pool on one Postgres. Connecting fails within 1.5 s, so that a request can still be answered 503 within two;
 * a statement may take `statementTimeoutMs` and is then cancelled by the server.
 */
export function createDb(
  databaseUrl: string,
  options: { applicationName: string; poolMax: number; statementTimeoutMs?: number },
): Db {
  const statementTimeoutMs = options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS;
  return knex({
    client: 'pg',
    log: SILENT,
    connection: {
      connectionString: databaseUrl,
      application_name: options.applicationName,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      statement_timeout: statementTimeoutMs,
      query_timeout: statementTimeoutMs + QUERY_TIMEOUT_MARGIN_MS,
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
