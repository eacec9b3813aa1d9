/** The operator's side of the API: set-up, and its changes in the middle of everything. */
export interface Admin {
  /** Sends until it is answered by something else than 503, for at most a minute; throws unless that is 2xx. */
  call(method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<Record<string, string>>;
}

const PATIENCE_MS = 60_000;
const PAUSE_MS = 500;
const TRY_TIMEOUT_MS = 15_000;

export function createAdmin(apiUrl: string, adminKey: string | null): Admin {
  const attempt = (method: string, path: string, body: object | undefined): Promise<Response> =>
    fetch(`${apiUrl}${path}`, {
      method,
      headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TRY_TIMEOUT_MS),
    });
  return {
    async call(method, path, body) {
      const giveUpAtMs = Date.now() + PATIENCE_MS;
      for (;;) {
        const response = await attempt(method, path, body).catch(() => null);
        const text = (await response?.text().catch(() => '')) ?? '';
        if (response?.ok === true) return (text === '' ? {} : JSON.parse(text)) as Record<string, string>;
        const mayPass = response === null || response.status === 503 || response.status === 429;
        if (!mayPass || Date.now() > giveUpAtMs) {
          throw new Error(`${method} ${path} answered ${response?.status ?? 'nothing'}: ${text}`);
        }
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    },
  };
}
