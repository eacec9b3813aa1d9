import { type Sink, startSink } from '../sink';

/** One request that reached the destinations, and what they answered. */
export interface SinkEntry {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly key: string | null;
  /** Of a signed webhook. */
  readonly messageId: string | null;
  readonly body: string;
  readonly status: number;
}

export interface LoggingSink extends Pick<Sink, 'origin' | 'close'> {
  readonly port: number;
  readonly entries: SinkEntry[];
}

/** Every so many postbacks, the first attempt is turned away. */
const REFUSE_EVERY = 12;

/** Destinations that write down all they get. Some postbacks have to come twice, so that attempts can be compared. */
export async function startLoggingSink(): Promise<LoggingSink> {
  const sink = await startSink();
  const entries: SinkEntry[] = [];
  const seen = new Set<string>();
  sink.answer = ({ method, url, headers, body }) => {
    const key = single(headers['idempotency-key']);
    const name = `${url.split('?')[0]} ${key}`;
    const isFirst = !seen.has(name);
    seen.add(name);
    const status = isFirst && seen.size % REFUSE_EVERY === 0 ? 503 : 200;
    entries.push({ method, url, key, messageId: single(headers['webhook-id']), body, status });
    return { status };
  };
  const { origin, close } = sink;
  return { origin, close, port: Number(new URL(origin).port), entries };
}

function single(value: string | string[] | undefined): string | null {
  return typeof value === 'string' ? value : null;
}
