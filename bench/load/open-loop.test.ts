import { Agent, request } from 'undici';
import { spreadOf } from '../output/spread';
import { type StallingServer, startStallingServer } from '../testing/stalling-server';
import { openLoop } from './open-loop';

describe('openLoop', () => {
  let server: StallingServer;
  const agent = new Agent({ connections: 8 });
  beforeAll(async () => {
    server = await startStallingServer({ afterRequests: 25, stallMs: 1_200 });
  });
  afterAll(async () => {
    await agent.destroy();
    await server.close();
  });

  it('sees a stall of 1.2 seconds in full, also with fewer connections than requests that wait', async () => {
    const shots = await openLoop({
      ratePerSecond: 50,
      count: 125,
      fire: async () => {
        const { statusCode, body } = await request(server.url, { dispatcher: agent });
        await body.dump();
        return statusCode;
      },
    });
    expect(shots.every(({ result }) => result.ok && result.value === 200)).toBe(true);
    const fromIntended = spreadOf(shots.map(({ doneMs, intendedMs }) => doneMs - intendedMs));
    expect(fromIntended?.p99).toBeGreaterThanOrEqual(1_000);
    // Sixty requests fell into the stall, so that it must not vanish from the middle either.
    expect(fromIntended?.p90).toBeGreaterThanOrEqual(500);
  });

  it('keeps the schedule while requests wait, and lets none of them go', async () => {
    let release: (value: number) => void = () => undefined;
    const gate = new Promise<number>((resolve) => {
      release = resolve;
    });
    const shots = await openLoop({
      ratePerSecond: 500,
      count: 20,
      fire: async (index) => {
        if (index === 19) release(1);
        return gate;
      },
    });
    expect(shots.map(({ index }) => index)).toEqual(Array.from({ length: 20 }, (_, index) => index));
    const gaps = shots.slice(1).map((shot, index) => shot.intendedMs - (shots[index]?.intendedMs ?? 0));
    for (const gap of gaps) expect(gap).toBeCloseTo(2, 6);
  });

  it('never sends early', async () => {
    const shots = await openLoop({ ratePerSecond: 200, count: 20, fire: () => Promise.resolve(0) });
    expect(Math.min(...shots.map(({ sentMs, intendedMs }) => sentMs - intendedMs))).toBeGreaterThanOrEqual(0);
  });

  it('counts from the intended time what the generator itself was late', async () => {
    const shots = await openLoop({
      ratePerSecond: 100,
      count: 20,
      fire: (index) => {
        const untilMs = performance.now() + (index === 5 ? 200 : 0);
        while (performance.now() < untilMs);
        return Promise.resolve(0);
      },
    });
    const next = shots[6];
    expect((next?.sentMs ?? 0) - (next?.intendedMs ?? 0)).toBeGreaterThan(150);
    expect((next?.doneMs ?? 0) - (next?.intendedMs ?? 0)).toBeGreaterThan(150);
  });

  it('reports a request that failed and goes on', async () => {
    const failure = new Error('no answer');
    const shots = await openLoop({
      ratePerSecond: 500,
      count: 3,
      fire: (index) => (index === 1 ? Promise.reject(failure) : Promise.resolve(index)),
    });
    expect(shots.map(({ result }) => result)).toEqual([
      { ok: true, value: 0 },
      { ok: false, error: failure },
      { ok: true, value: 2 },
    ]);
  });

  it('stops when told to', async () => {
    const stop = new AbortController();
    const running = openLoop({
      ratePerSecond: 50,
      count: 1_000,
      fire: (index) => {
        if (index === 2) stop.abort();
        return Promise.resolve(index);
      },
      signal: stop.signal,
    });
    await expect(running).rejects.toThrow(/abort/i);
  });
});
