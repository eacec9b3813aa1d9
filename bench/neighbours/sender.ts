import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import type { Address } from '../load/http-line';

export type Sending = {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};

/** Sends without asking how the other side feels. */
export type Sender = {
  /** The status; 0 when the connection failed or was cut. */
  once(sending: Sending): Promise<number>;
  /** Again and again while it is answered 429 or 503. */
  patiently(sending: Sending): Promise<number>;
  close(): Promise<void>;
};

const AGAIN_AFTER_MS = 200;
const LONGEST_MS = 60_000;

export function createSender({ host, port }: Address, connections: number): Sender {
  const pool = new Pool(`http://${host}:${port}`, {
    ...{ connections, headersTimeout: LONGEST_MS, bodyTimeout: LONGEST_MS },
  });
  const once = async ({ method, path, headers = {}, body }: Sending): Promise<number> => {
    try {
      const answer = await pool.request({ method, path, headers: { ...headers }, body: body ?? null });
      await answer.body.dump();
      return answer.statusCode;
    } catch {
      return 0;
    }
  };
  return {
    once,
    patiently: async (sending) => {
      for (;;) {
        const status = await once(sending);
        if (status !== 429 && status !== 503) return status;
        await sleep(AGAIN_AFTER_MS);
      }
    },
    close: () => pool.destroy(),
  };
}
