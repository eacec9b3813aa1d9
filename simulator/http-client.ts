import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';

export type HttpCall = {
  method: 'GET' | 'POST' | 'PUT';
  url: string;
  headers?: Readonly<Record<string, string>>;
  body?: string;
};

export type HttpAnswer = {
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  text: string;
  /** How often it was sent before this answer came. More than one means an earlier try may have had its effect. */
  tries: number;
};

/** Thrown when nothing but outages came back for as long as we were ready to wait. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

export type HttpClient = {
  send(call: HttpCall): Promise<HttpAnswer>;
  /** How often a call was asked to come again later (5xx, 429) or found nobody. */
  readonly waits: { asked: number; unreachable: number };
  /** Answers 500, 502 and 504, which the contract does not know: overload and outages are 503. */
  readonly unexpectedFailures: string[];
  close(): Promise<void>;
};

export type HttpClientOptions = {
  signal: AbortSignal;
  /** How long one call may be sent again before it is given up, in ms. */
  patienceMs: number;
};

const MAX_CONNECTIONS = 32;
/** Backlogs are drained within seconds; a longer Retry-After would only lengthen the run. */
const LONGEST_WAIT_MS = 10_000;
const FIRST_WAIT_MS = 200;
const CALL_TIMEOUT_MS = 30_000;

/**
 * Sends over a bounded number of kept connections. Follows no redirect. Outages (5xx, 429, no connection) are
 * answered by sending the same request again after `Retry-After`, as a well-behaved sender does.
 */
export function createHttpClient({ signal, patienceMs }: HttpClientOptions): HttpClient {
  const agent = new Agent({ connections: MAX_CONNECTIONS, keepAliveTimeout: 10_000 });
  const waits = { asked: 0, unreachable: 0 };
  const unexpectedFailures: string[] = [];

  const once = async (call: HttpCall): Promise<Omit<HttpAnswer, 'tries'>> => {
    const answer = await request(call.url, {
      dispatcher: agent,
      method: call.method,
      headers: { ...call.headers },
      body: call.body ?? null,
      signal,
      headersTimeout: CALL_TIMEOUT_MS,
      bodyTimeout: CALL_TIMEOUT_MS,
    });
    return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() };
  };

  const send = async (call: HttpCall): Promise<HttpAnswer> => {
    const givingUpAtMs = performance.now() + patienceMs;
    for (let tries = 1; ; tries += 1) {
      const outcome = await attempt(() => once(call), signal);
      if (outcome.kind === 'answer' && !isOutage(outcome.answer.status)) return { ...outcome.answer, tries };
      const waitMs =
        outcome.kind === 'answer' ? askedWaitMs(outcome.answer.headers, tries) : ownWaitMs(tries);
      if (outcome.kind === 'answer') {
        waits.asked += 1;
        if (![429, 503].includes(outcome.answer.status)) {
          unexpectedFailures.push(`${call.method} ${call.url} answered ${outcome.answer.status}`);
        }
      } else waits.unreachable += 1;
      if (performance.now() + waitMs > givingUpAtMs) {
        const last = outcome.kind === 'answer' ? `last answer ${outcome.answer.status}` : outcome.reason;
        throw new NoAnswer(`${call.method} ${call.url} was sent ${tries} times without success: ${last}`);
      }
      await sleep(waitMs, undefined, { signal });
    }
  };
  return { send, waits, unexpectedFailures, close: () => agent.destroy() };
}

type Outcome<T> = { kind: 'answer'; answer: T } | { kind: 'unreachable'; reason: string };

async function attempt<T>(call: () => Promise<T>, signal: AbortSignal): Promise<Outcome<T>> {
  try {
    return { kind: 'answer', answer: await call() };
  } catch (error) {
    signal.throwIfAborted();
    return { kind: 'unreachable', reason: describeFailure(error) };
  }
}

/** A failed connection to both addresses of a name has an empty message and only a code. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  return error.message === '' ? code : error.message;
}

function isOutage(status: number): boolean {
  return status === 429 || (status >= 500 && status !== 501);
}

function ownWaitMs(tries: number): number {
  return Math.min(FIRST_WAIT_MS * 2 ** (tries - 1), 2_000);
}

/** `Retry-After` in seconds or as a date; without a readable one, our own growing pause. */
function askedWaitMs(headers: HttpAnswer['headers'], tries: number): number {
  const header = headers['retry-after'];
  if (typeof header !== 'string') return ownWaitMs(tries);
  const asked = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - Date.now();
  return Number.isNaN(asked) ? ownWaitMs(tries) : Math.min(Math.max(asked, 50), LONGEST_WAIT_MS);
}

/** The body as JSON, or undefined when it is none. */
export function jsonOf(answer: { text: string }): unknown {
  try {
    return JSON.parse(answer.text);
  } catch {
    return undefined;
  }
}
