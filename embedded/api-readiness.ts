const apiReadyMs = 60_000;

/** Null once the address answers 200; else, after a minute or when the signal fires, why not. */
export async function untilReady(url: string, signal: AbortSignal): Promise<string | null> {
  const deadline = Date.now() + apiReadyMs;
  let last = 'no answer';
  while (Date.now() < deadline && !signal.aborted) {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
      if (response.ok) return null;
      last = `${url} answered ${response.status}: ${(await response.text()).slice(0, 300)}`;
    } catch {
      last = `${url} does not answer`;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return last;
}
