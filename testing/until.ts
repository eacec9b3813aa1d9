import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 20;

/**
 * Resolves with the first answer of `look` that is neither null nor false. For states that live in another process
 * and announce nothing; whatever can be awaited should be. Fails with `what` after `atMostMs`.
 */
export async function until<T>(
  what: string,
  look: () => Promise<T | null | false>,
  atMostMs = 20_000,
): Promise<T> {
  const giveUpAt = performance.now() + atMostMs;
  for (;;) {
    const answer = await look();
    if (answer !== null && answer !== false) return answer;
    if (performance.now() > giveUpAt) throw new Error(`waited ${atMostMs} ms for ${what}`);
    await delay(POLL_MS);
  }
}
