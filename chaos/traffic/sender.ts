import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';
import type { ClientLog, Refusal } from '../audit/client-log';

export interface Call {
  readonly what: Refusal['what'];
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
}

export interface Reply {
  readonly status: number;
  readonly location: string | null;
  readonly text: string;
  /** When the try that was answered had been sent. */
  readonly sentAtMs: number;
  readonly tries: number;
}

/** Sends the same request again and again until it is answered by something else than 503 or 429. Follows no redirect. */
export interface Sender {
  send(call: Call): Promise<Reply>;
  /** What is still under way is given up. */
  close(): Promise<void>;
}

/** At least as many as there are requests at once: a time is measured from when its request was really sent. */
const CONNECTIONS = 150;
const PAUSE_MS = 300;
/** Longer than any outage that a test makes. */
const PATIENCE_MS = 90_000;
const TRY_TIMEOUT_MS = 15_000;

/** Impatient on purpose: it asks again sooner than Retry-After says. Refusals and lost connections go to the log. */
export function createSender(log: ClientLog): Sender {
  let closed = false;
  const agent = new Agent({ connections: CONNECTIONS, keepAliveTimeout: 5_000 });

  const attempt = async (call: Call): Promise<Omit<Reply, 'tries'> | null> => {
    const sentAtMs = Date.now();
    try {
      const answer = await request(call.url, {
        dispatcher: agent,
        method: call.method,
        headers: call.headers,
        body: call.body ?? null,
        headersTimeout: TRY_TIMEOUT_MS,
        bodyTimeout: TRY_TIMEOUT_MS,
      });
      const text = await answer.body.text();
      const { 'retry-after': retryAfter, location } = answer.headers;
      if (answer.statusCode !== 503 && answer.statusCode !== 429) {
        return { status: answer.statusCode, location: one(location), text, sentAtMs };
      }
      log.refusals.push({
        what: call.what,
        sentAtMs,
        tookMs: Date.now() - sentAtMs,
        retryAfter: one(retryAfter),
      });
    } catch (error) {
      log.unreachable.push({
        sentAtMs,
        reason: error instanceof Error ? error.message || error.name : String(error),
      });
    }
    return null;
  };

  return {
    async send(call) {
      const giveUpAtMs = Date.now() + PATIENCE_MS;
      for (let tries = 1; ; tries += 1) {
        const reply = await attempt(call);
        if (reply !== null) return { ...reply, tries };
        if (closed) throw new Error(`${call.method} ${call.url} was given up`);
        if (Date.now() > giveUpAtMs)
          throw new Error(`${call.method} ${call.url} was not answered in ${tries} tries`);
        await delay(PAUSE_MS);
      }
    },
    close: () => {
      closed = true;
      return agent.destroy();
    },
  };
}

function one(value: string | string[] | undefined): string | null {
  return typeof value === 'string' ? value : null;
}
