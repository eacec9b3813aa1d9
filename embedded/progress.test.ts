import { createReporter } from './progress';

function recorder(isTTY: boolean) {
  const written: string[] = [];
  return { written, output: { isTTY, write: (text: string) => written.push(text) } };
}

describe('createReporter', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('shows a quick step as one line', async () => {
    const { written, output } = recorder(false);
    await createReporter(output).step('Postgres', async () => 1);
    expect(written).toEqual(['✓ Postgres\n']);
  });

  it('shows that a long step lives: at two seconds, then every five', async () => {
    const { written, output } = recorder(false);
    const step = createReporter(output).step('Temporal program', async (update) => {
      update('building');
      await new Promise((resolve) => void setImmediate(resolve));
      jest.advanceTimersByTime(12_000);
    });
    await jest.advanceTimersByTimeAsync(0);
    await step;
    expect(written).toEqual([
      '  Temporal program (building) … 2 s\n',
      '  Temporal program (building) … 7 s\n',
      '  Temporal program (building) … 12 s\n',
      '✓ Temporal program (building) 12.0 s\n',
    ]);
  });

  it('rewrites one line on a terminal', async () => {
    const { written, output } = recorder(true);
    await createReporter(output).step('Postgres', async () => {
      jest.advanceTimersByTime(3_000);
    });
    expect(written.every((text) => text.startsWith('\r') || text.startsWith('✓'))).toBe(true);
    expect(written.filter((text) => text.endsWith('\n'))).toHaveLength(1);
  });

  it('marks a failed step and passes its error on', async () => {
    const { written, output } = recorder(false);
    const step = createReporter(output).step('API', async () => Promise.reject(new Error('no')));
    await expect(step).rejects.toThrow('no');
    expect(written).toEqual(['✗ API\n']);
  });
});
