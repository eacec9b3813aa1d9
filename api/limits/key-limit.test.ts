import { RateLimiterMemory } from 'rate-limiter-flexible';
import { createLogger } from '../../config/logger';
import { startTcpProxy } from '../../testing/tcp-proxy';
import { KeyLimit, type SharedCounter } from './key-limit';
import { createSharedCounters } from './shared-counters';

const POLICY = { name: 'requests', limit: 2, windowSeconds: 60 };

async function allowed(limit: KeyLimit, key: string, times: number): Promise<boolean[]> {
  const answers: boolean[] = [];
  for (let count = 0; count < times; count += 1) answers.push((await limit.take(key)).allowed);
  return answers;
}

describe('KeyLimit', () => {
  afterEach(() => jest.useRealTimers());

  it('counts per key, says what remains, and begins again when the window is over', async () => {
    jest.useFakeTimers({ now: Date.UTC(2026, 2, 1) });
    const limit = new KeyLimit(POLICY, null);
    expect(await limit.take('a')).toMatchObject({ allowed: true, remaining: 1, resetSeconds: 60 });
    expect(await allowed(limit, 'a', 2)).toEqual([true, false]);
    expect(await limit.take('b')).toMatchObject({ allowed: true, policy: POLICY });
    jest.setSystemTime(Date.UTC(2026, 2, 1) + 60_000);
    expect(await limit.take('a')).toMatchObject({ allowed: true, remaining: 1 });
  });

  it('lets processes that share a counter share the limit', async () => {
    const memory = new RateLimiterMemory({ points: 2, duration: 60 });
    const shared: SharedCounter = { consume: (key) => memory.consume(key) };
    const [one, other] = [new KeyLimit(POLICY, shared), new KeyLimit(POLICY, shared)];
    expect((await one.take('a')).allowed).toBe(true);
    expect((await other.take('a')).allowed).toBe(true);
    expect((await one.take('a')).allowed).toBe(false);
    expect(await other.take('a')).toMatchObject({ allowed: false, remaining: 0 });
  });

  it('counts by itself while the shared counter fails, and asks it only now and then', async () => {
    let asked = 0;
    const lost: unknown[] = [];
    const away: SharedCounter = {
      consume: async () => {
        asked += 1;
        throw new Error('away');
      },
    };
    const limit = new KeyLimit(POLICY, away, (error) => lost.push(error));
    expect(await allowed(limit, 'a', 3)).toEqual([true, true, false]);
    expect(asked).toBe(1);
    expect(lost).toHaveLength(1);
  });

  it('takes the refusal of a shared counter for one, not for a failure', async () => {
    const memory = new RateLimiterMemory({ points: 1, duration: 2 });
    await memory.consume('a');
    const full: SharedCounter = { consume: (key) => memory.consume(key) };
    expect(await new KeyLimit(POLICY, full).take('a')).toMatchObject({ allowed: false, resetSeconds: 2 });
  });
});

describe('a Redis that is away', () => {
  const logger = createLogger({ level: 'silent', name: 'test' });

  it('refuses nobody: the process counts alone', async () => {
    const counters = createSharedCounters('redis://127.0.0.1:1', logger);
    const limit = new KeyLimit(POLICY, counters.counter(POLICY));
    expect(await allowed(limit, 'a', 3)).toEqual([true, true, false]);
    counters.stop();
  });

  it('holds nobody up when it takes connections and never answers', async () => {
    const silent = await startTcpProxy({ host: '127.0.0.1', port: 1 });
    silent.setMode('black-hole');
    const counters = createSharedCounters(`redis://127.0.0.1:${silent.port}`, logger);
    const limit = new KeyLimit(POLICY, counters.counter(POLICY));
    expect(await allowed(limit, 'a', 3)).toEqual([true, true, false]);
    counters.stop();
    await silent.stop();
  });
});
