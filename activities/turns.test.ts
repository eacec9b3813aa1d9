import { createTurns } from './turns';

/** Work that ends when it is told to. */
function pendingWork() {
  let end: () => void = () => undefined;
  const over = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { work: () => over.then(() => 'done'), end };
}

describe('turns', () => {
  it('begin in the order of asking, so many at once', async () => {
    const turns = createTurns(2, 10_000);
    const begun: number[] = [];
    const works = [0, 1, 2, 3].map((nth) => {
      const { work, end } = pendingWork();
      const taken = turns.take(() => {
        begun.push(nth);
        return work();
      });
      return { taken, end };
    });
    await Promise.resolve();
    expect(begun).toEqual([0, 1]);
    works[1]?.end();
    expect(await works[1]?.taken).toBe('done');
    expect(begun).toEqual([0, 1, 2]);
    for (const { end } of works) end();
    expect(await Promise.all(works.map(({ taken }) => taken))).toEqual(['done', 'done', 'done', 'done']);
    expect(begun).toEqual([0, 1, 2, 3]);
  });

  it('are given up when they do not come in time, and keep no place', async () => {
    const turns = createTurns(1, 1);
    const { work, end } = pendingWork();
    const first = turns.take(work);
    const late = jest.fn(() => Promise.resolve('late'));
    expect(await turns.take(late)).toBeNull();
    expect(late).not.toHaveBeenCalled();
    end();
    await first;
    expect(await turns.take(late)).toBe('late');
  });

  it('end with work that fails', async () => {
    const turns = createTurns(1, 10_000);
    await expect(turns.take(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await turns.take(() => Promise.resolve('next'))).toBe('next');
  });
});
