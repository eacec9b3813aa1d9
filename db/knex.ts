import type { Socket } from 'node:net';
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
/**
 * How much of a statement's time may pass in waiting for a lock. Whoever waits longer stands behind a person in psql or
 * a hung process, and would only keep a connection from the others.
 */
const LOCK_SHARE = 0.5;
/**
 * A transaction that does nothing for so long belongs to a process that hangs or cannot be reached, and holds its locks
 * against everybody. Longer than a relay may wait for Temporal with the rows it has claimed.
 */
const IDLE_IN_TRANSACTION_MS = 60_000;

// Knex would print lost connections to the console, between the lines of the log. Every caller gets the error.
const SILENT = { warn: () => {}, error: () => {}, deprecate: () => {}, debug: () => {} };

/**
 * A pool on one Postgres. Connecting fails within 1.5 s, and so does waiting for a free connection, so that a request
 * can still be answered 503 within two; a statement may take `statementTimeoutMs` and is then cancelled by the server.
 */
export function createDb(
  databaseUrl: string,
  options: { applicationName: string; poolMax: number; statementTimeoutMs?: number },
): Db {
  const statementTimeoutMs = options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS;
  const connections = new SilentConnections();
  // The types of knex do not know every setting that pg passes on.
  const connection: Knex.PgConnectionConfig & { readonly lock_timeout: number } = {
    connectionString: databaseUrl,
    application_name: options.applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: statementTimeoutMs,
    lock_timeout: Math.round(statementTimeoutMs * LOCK_SHARE),
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    query_timeout: statementTimeoutMs + QUERY_TIMEOUT_MARGIN_MS,
    keepAlive: true,
  };
  const db = knex({
    client: 'pg',
    log: SILENT,
    connection,
    pool: {
      min: 0,
      max: options.poolMax,
      acquireTimeoutMillis: CONNECT_TIMEOUT_MS,
      idleTimeoutMillis: 30_000,
      afterCreate: connections.remember,
    },
  });
  db.on('query-error', connections.dropIfSilent);
  return db;
}

export type SingleSession = {
  readonly db: Db;
  /** Ends the connection at once, in the middle of a statement too: the server goes on with that statement alone. */
  cut(): void;
};

type OwnConnection = { query(sql: string): Promise<unknown>; end(): Promise<void> };

/**
 * What the session is told after it was opened, because a server or a role may have limits of its own. The server
 * notices within a minute when this process has gone without a word, and its questions keep a firewall from forgetting
 * the connection while nothing else is said for hours.
 */
const WITHOUT_LIMITS = `SET statement_timeout = 0; SET idle_session_timeout = 0;
  SET idle_in_transaction_session_timeout = 0; SET tcp_keepalives_idle = 20; SET tcp_keepalives_interval = 10;
  SET tcp_keepalives_count = 3`;

/**
 * One connection, and never another one after it: what its session holds is held for as long as `db` answers. A
 * statement may take for ever, but waits no longer than `lockTimeoutMs` for each lock.
 */
export function createSingleSession(
  databaseUrl: string,
  options: { applicationName: string; lockTimeoutMs: number },
): SingleSession {
  let only: OwnConnection | null = null;
  const prepare = async (opened: OwnConnection): Promise<void> => {
    if (only !== null) {
      await opened.end();
      throw new Error('Connection terminated: the session has ended, and with it what it held');
    }
    only = opened;
    await opened.query(`${WITHOUT_LIMITS}; SET lock_timeout = ${options.lockTimeoutMs}`);
  };
  const db = knex({
    client: 'pg',
    log: SILENT,
    connection: {
      connectionString: databaseUrl,
      application_name: options.applicationName,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: 20_000,
    },
    pool: {
      min: 1,
      max: 1,
      acquireTimeoutMillis: CONNECT_TIMEOUT_MS * 2,
      afterCreate: (opened: OwnConnection, done: (error?: Error) => void) => {
        prepare(opened).then(() => done(), done);
      },
    },
  });
  return { db, cut: () => void only?.end().catch(() => undefined) };
}

type PooledConnection = {
  __knex__disposed?: unknown;
  readonly __knexUid?: string;
  readonly connection?: { readonly stream: Socket };
};

/**
 * Cuts a connection on which no answer came in time. Its server may be frozen, or the network may have lost what was
 * sent: pg would keep the connection, and every later statement on it would wait for the same answer that never comes.
 */
class SilentConnections {
  private readonly byUid = new Map<string, PooledConnection>();

  readonly remember = (connection: PooledConnection, done: (error?: Error) => void): void => {
    const uid = connection.__knexUid ?? '';
    this.byUid.set(uid, connection);
    connection.connection?.stream.once('close', () => this.byUid.delete(uid));
    done();
  };

  readonly dropIfSilent = (error: unknown, query: { readonly __knexUid?: string }): void => {
    if (!(error instanceof Error) || !error.message.endsWith('Query read timeout')) return;
    const connection = this.byUid.get(query.__knexUid ?? '');
    if (connection === undefined) return;
    // The mark by which knex knows, from now on, that the pool may not give it to anybody; its end is told later.
    connection.__knex__disposed = error;
    connection.connection?.stream.destroy();
  };
}
