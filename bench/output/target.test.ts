import { atLeast, atMost, targetLine } from './target';

describe('a target', () => {
  it.each([
    [atMost('p99 in ms', 300, 300), true],
    [atMost('p99 in ms', 300, 300.1), false],
    [atLeast('clicks/s', 15_000, 15_000), true],
    [atLeast('clicks/s', 15_000, 14_999), false],
  ])('is met at its very value and not beyond it: %j', (target, met) => {
    expect(target.met).toBe(met);
  });

  it('is missed when nothing was measured', () => {
    expect(atMost('lost', 0, null).met).toBe(false);
    expect(targetLine(atLeast('clicks/s', 15_000, null))).toBe(
      '  FAIL  clicks/s: nothing measured, wanted at least 15,000',
    );
  });

  it('says what was wanted and what came', () => {
    expect(targetLine(atMost('ratio', 1.5, 1.234))).toBe('  PASS  ratio: 1.23, wanted at most 1.50');
  });
});
