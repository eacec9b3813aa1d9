import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { until } from '../../testing/until';
import { withPostgres } from '../audit/collect-evidence';
import type { Arena, Inject } from './arena';

/** F8: what happens to a server that other people use and look after, too. */
export const postgresTrouble: Inject = async (arena, { variant, holdMs }) => {
  const databaseUrl = () => arena.machine.whereabouts().databaseUrl;
  // An earlier fault may have left it still on its way up.
  await until('Postgres to take connections', () => isThere(databaseUrl()), THERE_WITHIN_MS);
  switch (variant) {
    case 'fast_restart':
      return restart(arena, holdMs);
    case 'terminated':
      return terminate(databaseUrl(), 'true', holdMs);
    case 'idle_in_transaction':
      return terminate(databaseUrl(), `state = 'idle in transaction'`, holdMs);
    case 'locked':
      return lock(databaseUrl(), holdMs);
    case 'no_connections':
      return exhaust(databaseUrl(), holdMs);
    default:
      throw new Error(`there is no trouble called ${variant}`);
  }
};

const THERE_WITHIN_MS = 120_000;

async function isThere(databaseUrl: string): Promise<boolean> {
  return withPostgres(databaseUrl, async () => true).catch(() => false);
}

/** As `pg_ctl restart -m fast`: sessions are ended, what they had begun is undone. */
async function restart({ machine }: Arena, holdMs: number): Promise<void> {
  await machine.signal('postgres', 'SIGINT');
  await delay(holdMs);
}

const TERMINATE_EVERY_MS = 100;

async function terminate(databaseUrl: string, which: string, holdMs: number): Promise<void> {
  await withPostgres(databaseUrl, async (client) => {
    const endsAtMs = Date.now() + holdMs;
    while (Date.now() < endsAtMs) {
      await client.query(`
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name LIKE 'clickchain%' AND pid <> pg_backend_pid() AND ${which}`);
      await delay(which === 'true' ? holdMs / 3 : TERMINATE_EVERY_MS);
    }
  });
}

const LOCKED_WITHIN_MS = 30_000;

/** A person with a console, who has forgotten a transaction. */
async function lock(databaseUrl: string, holdMs: number): Promise<void> {
  await withPostgres(databaseUrl, async (client) => {
    await until('the lock', () => takeLock(client), LOCKED_WITHIN_MS);
    await delay(holdMs);
    await client.query('ROLLBACK');
  });
}

/** Those who work there already may wait for each other and for us: then Postgres sends one away, perhaps us. */
async function takeLock(client: Client): Promise<boolean> {
  await client.query('BEGIN');
  try {
    await client.query('LOCK TABLE outbox, inbox, postbacks IN ACCESS EXCLUSIVE MODE');
    return true;
  } catch {
    await client.query('ROLLBACK');
    return false;
  }
}

const MORE_THAN_ALL = 250;

async function exhaust(databaseUrl: string, holdMs: number): Promise<void> {
  const clients: Client[] = [];
  try {
    while (clients.length < MORE_THAN_ALL) {
      const client = new Client({ connectionString: databaseUrl, connectionTimeoutMillis: 2_000 });
      client.on('error', () => undefined);
      clients.push(client);
      if (
        await client.connect().then(
          () => false,
          () => true,
        )
      )
        break;
    }
    await delay(holdMs);
  } finally {
    await Promise.allSettled(clients.map((client) => client.end()));
  }
}
