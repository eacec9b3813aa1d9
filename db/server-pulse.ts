import { Client, DatabaseError } from 'pg';

/** Connecting and asking together; whoever waits for this has two seconds in all. */
const ANSWER_WITHIN_MS = 1_000;

/**
 * Whether Postgres answers at all now, asked on a connection of its own: those of the pool may be what hangs. A refusal
 * for want of connections is an answer, too.
 */
export async function databaseAnswers(databaseUrl: string): Promise<boolean> {
  const client = new Client({
    connectionString: databaseUrl,
    application_name: 'clickchain-pulse',
    connectionTimeoutMillis: ANSWER_WITHIN_MS,
  });
  // A connection that breaks while it is made, or later, is told by the promises below.
  client.on('error', () => undefined);
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ANSWER_WITHIN_MS);
  });
  try {
    return await Promise.race([ask(client), silence]);
  } finally {
    clearTimeout(timer);
    client.end().catch(() => undefined);
  }
}

async function ask(client: Client): Promise<boolean> {
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch (error) {
    return error instanceof DatabaseError && error.code?.startsWith('57P0') !== true;
  }
}
