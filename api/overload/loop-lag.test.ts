import { lagJudge, watchLoopLag } from './loop-lag';

describe('lagJudge', () => {
  it.each([
    ['one long pause', [5, 900, 5, 900, 5], [false, false, false, false, false]],
    ['two looks at the limit', [200, 200], [false, true]],
    [
      'between the limit and its half',
      [200, 200, 150, 101, 99, 199],
      [false, true, true, true, false, false],
    ],
    ['a loop that has not turned', [Number.NaN, Number.NaN], [false, true]],
  ])('%s', (_name, lags, late) => {
    const judge = lagJudge(200);
    expect(lags.map(judge)).toEqual(late);
  });
});

describe('watchLoopLag', () => {
  it('notices a loop that hardly turns, and that it turns again', async () => {
    const seen: boolean[] = [];
    let heard: () => void = () => undefined;
    const lag = watchLoopLag(20, (isLate) => {
      seen.push(isLate);
      heard();
    });
    lag.start();
    expect(lag.isStrained()).toBe(false);
    const block = setInterval(() => {
      const until = performance.now() + 150;
      while (performance.now() < until);
    }, 1);
    await new Promise<void>((resolve) => {
      heard = resolve;
    });
    expect([lag.isLate(), lag.isStrained()]).toEqual([true, true]);
    const recovered = new Promise<void>((resolve) => {
      heard = resolve;
    });
    clearInterval(block);
    await recovered;
    expect(seen).toEqual([true, false]);
    expect([lag.isLate(), lag.isStrained()]).toEqual([false, false]);
    lag.stop();
  });

  it('never finds a loop late when there is no limit', () => {
    const lag = watchLoopLag(0, () => undefined);
    lag.start();
    expect(lag.isLate()).toBe(false);
    lag.stop();
  });
});
