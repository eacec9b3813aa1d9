import { randomBytes } from 'node:crypto';
import { type Api, createApi, UnexpectedAnswer } from './api';
import { createHttpClient, describeFailure, type HttpClient, NoAnswer } from './http-client';
import { adviceToStart, findInstance, type Instance } from './instance';
import { type Sink, SinkPortTaken, startSink } from './sink';

/** What a run works with: an instance that lives, the ways in, and the destinations its postbacks go to. */
export type Session = {
  instance: Instance;
  /** Short, sortable by time, and different even for two runs in the same second. */
  runId: string;
  http: HttpClient;
  api: Api;
  sink: Sink;
  close(): Promise<void>;
};

export type OpenedSession = { open: true; session: Session } | { open: false; advice: string };

const GREETING_PATIENCE_MS = 1_500;

/**
 * Finds the instance, greets it and opens the destinations. When there is no instance, `advice` is the sentence to
 * print. `patienceMs` is how long a call may be sent again while the instance is away.
 */
export async function openSession(
  where: { dataDir: string; url?: string; adminKey?: string },
  { signal, patienceMs }: { signal: AbortSignal; patienceMs: number },
): Promise<OpenedSession> {
  const found = await findInstance(where);
  if (!found.found) return { open: false, advice: found.advice };
  const { instance } = found;
  const advice = await unreachable(instance, signal);
  if (advice !== null) return { open: false, advice };
  const runId = `${Math.floor(Date.now() / 1_000).toString(36)}${randomBytes(2).toString('hex')}`;
  const sink = await openSink(instance.sinkPort, runId);
  const http = createHttpClient({ signal, patienceMs });
  const api = createApi(http, instance.apiUrl, instance.adminKey);
  const close = async (): Promise<void> => {
    await Promise.all([sink.close(), http.close()]);
  };
  return { open: true, session: { instance, runId, http, api, sink, close } };
}

/** Whether the message of an error is all that the user needs: something outside kept the run from happening. */
export function isReported(error: unknown): error is Error {
  return error instanceof NotPossible || error instanceof NoAnswer || error instanceof UnexpectedAnswer;
}

class NotPossible extends Error {
  override readonly name = 'NotPossible';
}

/** The sentence to print when nobody answers at the instance's address; null when it lives. */
async function unreachable(instance: Instance, signal: AbortSignal): Promise<string | null> {
  const http = createHttpClient({ signal, patienceMs: GREETING_PATIENCE_MS });
  try {
    const { status } = await http.send({ method: 'GET', url: `${instance.apiUrl}/healthz` });
    return status === 200 ? null : adviceToStart(`${instance.apiUrl}/healthz answers ${status}`);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof NoAnswer)) throw error;
    return adviceToStart(`${instance.apiUrl} does not answer`);
  } finally {
    await http.close();
  }
}

async function openSink(port: number, runId: string): Promise<Sink> {
  try {
    return await startSink({ port, runId });
  } catch (error) {
    if (!(error instanceof SinkPortTaken)) throw error;
    throw new NotPossible(
      `${describeFailure(error)}, where the postbacks go: is another simulation still running?`,
    );
  }
}
