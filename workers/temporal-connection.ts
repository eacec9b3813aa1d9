import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { WakeUp } from './wake-up';

const RETRY_MS = 1_000;

export type TemporalConnections = {
  /** For workers, which poll. */
  readonly native: NativeConnection;
  /** For the relay, which starts and signals. */
  readonly client: Client;
  close(): Promise<void>;
};

/** Connects to Temporal, looking again every second while it is away; null when aborted before it came. */
export async function connectToTemporal(
  options: { address: string; namespace: string },
  deps: { timer: WakeUp; logger: Logger; signal: AbortSignal },
): Promise<TemporalConnections | null> {
  let isFirst = true;
  while (!deps.signal.aborted) {
    try {
      const native = await NativeConnection.connect({ address: options.address });
      const connection = Connection.lazy({ address: options.address });
      return {
        native,
        client: new Client({ connection, namespace: options.namespace }),
        close: async () => {
          await connection.close();
          await native.close();
        },
      };
    } catch (error) {
      if (isFirst) deps.logger.warn({ err: error, address: options.address }, 'waiting for Temporal');
      isFirst = false;
      await deps.timer.pause(RETRY_MS, deps.signal);
    }
  }
  return null;
}
