import { createHttpClient, describeFailure } from './http-client';
import type { Instance } from './instance';
import type { ClickRead } from './responses';

/** `ok` is null when the instance names no Temporal UI, so that nothing was asked. */
export type TemporalCheck = { ok: boolean | null; said: string };

const PATIENCE_MS = 5_000;

/** Asks the HTTP API behind the Temporal UI for a journey's workflow: 200 proves that the link leads somewhere. */
export async function checkTemporal(
  instance: Instance,
  journey: ClickRead['journey'],
  signal: AbortSignal,
): Promise<TemporalCheck> {
  if (instance.temporalUiUrl === null) return { ok: null, said: 'no Temporal UI is known' };
  const path = `/api/v1/namespaces/${instance.temporalNamespace}/workflows/${encodeURIComponent(journey.workflowId)}`;
  const http = createHttpClient({ signal, patienceMs: PATIENCE_MS });
  try {
    const { status } = await http.send({ method: 'GET', url: instance.temporalUiUrl + path });
    return { ok: status === 200, said: `Temporal UI API answers ${status} for it` };
  } catch (error) {
    signal.throwIfAborted();
    return { ok: false, said: `the Temporal UI API does not answer: ${describeFailure(error)}` };
  } finally {
    await http.close();
  }
}
