import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';

export type ChannelListener = {
  /** Ends the connection; no callback comes after it. */
  stop(): Promise<void>;
};

export type ChannelListenerOptions = {
  readonly databaseUrl: string;
  readonly channel: string;
  readonly applicationName: string;
  /** After each notification, and after each connect, because notifications sent in between are lost. */
  onWake(): void;
  /** The connection is gone or could not be made; another attempt follows. */
  onLost(error: unknown): void;
};

const CONNECT_TIMEOUT_MS = 1_500;
const FIRST_RETRY_MS = 50;
/** Also the longest that a healed database goes unnoticed. */
const LONGEST_RETRY_MS = 1_000;
/** A peer that vanished without a word is noticed by asking it: the kernel's own keep-alive takes minutes. */
const HEARTBEAT_MS = 10_000;
const HEARTBEAT_TIMEOUT_MS = 5_000;

/** Listens to a Postgres channel on a connection of its own, and reconnects for as long as it is not stopped. */
export function listenToChannel(options: ChannelListenerOptions): ChannelListener {
  const stopping = new AbortController();
  const ended = keepListening(options, stopping.signal);
  return {
    stop: async () => {
      stopping.abort();
      await ended;
    },
  };
}

async function keepListening(options: ChannelListenerOptions, signal: AbortSignal): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    try {
      await listenOnce(options, signal, () => {
        failures = 0;
      });
    } catch (error) {
      if (signal.aborted) return;
      options.onLost(error);
      await pauseUnless(signal, retryDelayMs(failures));
      failures += 1;
    }
  }
}

/** Jitter keeps many processes from reconnecting in the same instant after an outage. */
function retryDelayMs(failures: number): number {
  const longest = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures, 10));
  return longest / 2 + (Math.random() * longest) / 2;
}

async function listenOnce(
  options: ChannelListenerOptions,
  signal: AbortSignal,
  onConnected: () => void,
): Promise<void> {
  const client = new Client({
    connectionString: options.databaseUrl,
    application_name: options.applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: HEARTBEAT_TIMEOUT_MS,
    keepAlive: true,
  });
  const lost = new Promise<never>((_resolve, reject) => {
    client.on('error', reject);
    client.on('end', () => reject(new Error('the connection ended')));
  });
  // Awaited below, but only once connected; until then a failure is connect()'s to report.
  lost.catch(() => undefined);
  client.on('notification', () => {
    if (!signal.aborted) options.onWake();
  });
  try {
    await client.connect();
    await client.query(`LISTEN ${client.escapeIdentifier(options.channel)}`);
    onConnected();
    if (!signal.aborted) options.onWake();
    while (!signal.aborted) {
      await Promise.race([lost, pauseUnless(signal, HEARTBEAT_MS)]);
      if (!signal.aborted) await client.query('SELECT 1');
    }
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function pauseUnless(signal: AbortSignal, ms: number): Promise<void> {
  await pause(ms, undefined, { signal }).catch(() => undefined);
}
