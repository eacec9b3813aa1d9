import { Client } from 'pg';
import type { Logger } from 'pino';
import { OUTBOX_CHANNEL } from '../db/stores/outbox-store';
import type { WakeUp } from './wake-up';

const RECONNECT_MS = 1_000;

/**
 * Rings the bell at every announcement of the outbox, until aborted. A lost connection is opened again and rings
 * once, since something may have been announced meanwhile; the relay's own polling covers the gap.
 */
export async function listenForOutbox(
  databaseUrl: string,
  wakeUp: WakeUp,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await listenOnce(databaseUrl, wakeUp, signal);
    } catch (error) {
      logger.debug({ err: error }, 'outbox listener lost its connection');
    }
    await wakeUp.pause(RECONNECT_MS, signal);
  }
}

async function listenOnce(databaseUrl: string, wakeUp: WakeUp, signal: AbortSignal): Promise<void> {
  const client = new Client({
    connectionString: databaseUrl,
    application_name: 'clickchain-listener',
    keepAlive: true,
  });
  const ended = new Promise<void>((resolve, reject) => {
    client.once('end', resolve);
    client.once('error', reject);
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  try {
    await client.connect();
    client.on('notification', () => wakeUp.ring());
    await client.query(`LISTEN ${OUTBOX_CHANNEL}`);
    wakeUp.ring();
    await ended;
  } finally {
    ended.catch(() => undefined);
    await client.end().catch(() => undefined);
  }
}
