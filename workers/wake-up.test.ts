import { getEventListeners } from 'node:events';
import { WakeUp } from './wake-up';

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

/** Whether the promise has resolved by now, with everything that waits behind it. */
async function isDone(promise: Promise<void>): Promise<boolean> {
  let done = false;
  void promise.then(() => {
    done = true;
  });
  await jest.advanceTimersByTimeAsync(0);
  return done;
}

describe('WakeUp.wait', () => {
  it('ends at a ring', async () => {
    const [wakeUp, { signal }] = [new WakeUp(), new AbortController()];
    const waiting = wakeUp.wait(1_000, signal);
    expect(await isDone(waiting)).toBe(false);
    wakeUp.ring();
    expect(await isDone(waiting)).toBe(true);
  });

  it('ends at once when it rang while nobody waited, and only once', async () => {
    const [wakeUp, { signal }] = [new WakeUp(), new AbortController()];
    wakeUp.ring();
    wakeUp.ring();
    expect(await isDone(wakeUp.wait(1_000, signal))).toBe(true);
    const next = wakeUp.wait(1_000, signal);
    expect(await isDone(next)).toBe(false);
    await jest.advanceTimersByTimeAsync(1_000);
    await next;
  });

  it('ends after its time, and not before', async () => {
    const waiting = new WakeUp().wait(1_000, new AbortController().signal);
    await jest.advanceTimersByTimeAsync(999);
    expect(await isDone(waiting)).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    expect(await isDone(waiting)).toBe(true);
  });

  it('keeps no ring that it has answered', async () => {
    const [wakeUp, { signal }] = [new WakeUp(), new AbortController()];
    const waiting = wakeUp.wait(1_000, signal);
    wakeUp.ring();
    await waiting;
    const next = wakeUp.wait(1_000, signal);
    expect(await isDone(next)).toBe(false);
    wakeUp.ring();
    await next;
  });

  it('ends when aborted, also before it began', async () => {
    const [wakeUp, abort] = [new WakeUp(), new AbortController()];
    const waiting = wakeUp.wait(1_000, abort.signal);
    expect(await isDone(waiting)).toBe(false);
    abort.abort();
    expect(await isDone(waiting)).toBe(true);
    expect(await isDone(wakeUp.wait(1_000, abort.signal))).toBe(true);
  });

  it.each(['ring', 'time', 'abort'])('leaves nothing behind after its end by %s', async (end) => {
    const [wakeUp, abort] = [new WakeUp(), new AbortController()];
    const waiting = wakeUp.wait(1_000, abort.signal);
    if (end === 'ring') wakeUp.ring();
    if (end === 'time') await jest.advanceTimersByTimeAsync(1_000);
    if (end === 'abort') abort.abort();
    await waiting;
    expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('WakeUp.pause', () => {
  it('is not ended by a ring, which is kept for the next wait', async () => {
    const [wakeUp, { signal }] = [new WakeUp(), new AbortController()];
    const pausing = wakeUp.pause(1_000, signal);
    wakeUp.ring();
    await jest.advanceTimersByTimeAsync(999);
    expect(await isDone(pausing)).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    expect(await isDone(pausing)).toBe(true);
    expect(await isDone(wakeUp.wait(1_000, signal))).toBe(true);
  });

  it('is ended by a ring when asked to', async () => {
    const wakeUp = new WakeUp();
    const pausing = wakeUp.pause(1_000, new AbortController().signal, true);
    wakeUp.ring();
    expect(await isDone(pausing)).toBe(true);
  });

  it('ends when aborted, also before it began', async () => {
    const [wakeUp, abort] = [new WakeUp(), new AbortController()];
    const pausing = wakeUp.pause(1_000, abort.signal);
    expect(await isDone(pausing)).toBe(false);
    abort.abort();
    expect(await isDone(pausing)).toBe(true);
    expect(await isDone(wakeUp.pause(1_000, abort.signal))).toBe(true);
  });
});
