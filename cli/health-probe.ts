import { type Config, urlHost } from '../config/config';

export const PROBED_PROCESSES = ['api', 'worker'] as const;
export type ProbedProcess = (typeof PROBED_PROCESSES)[number];

/** Less than the container's own patience, so that the reason is still said. */
const ANSWER_WITHIN_MS = 3_000;

/**
 * Null when the process of this container answers; else why not. It is asked whether it lives, not whether its servers
 * do: a restart brings back neither Postgres nor Temporal, and both processes go on without them.
 */
export async function probeHealth(
  asked: ProbedProcess,
  config: Pick<Config, 'host' | 'port' | 'metricsPort'>,
): Promise<string | null> {
  const url = addressOf(asked, config);
  if (url === null) return 'CLICKCHAIN_METRICS_PORT is not set, and a worker answers nowhere else';
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    // Read to its end: a process that stops in the middle of an answer is not well.
    await response.text();
    return response.ok ? null : `${url} answered ${response.status}`;
  } catch (error) {
    return `${url} does not answer: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function addressOf(
  asked: ProbedProcess,
  { host, port, metricsPort }: Pick<Config, 'host' | 'port' | 'metricsPort'>,
): string | null {
  switch (asked) {
    case 'api':
      return `http://${urlHost(host)}:${port}/healthz`;
    case 'worker':
      return metricsPort === null ? null : `http://127.0.0.1:${metricsPort}/metrics`;
  }
}
