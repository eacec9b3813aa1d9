import { spreadOf } from './spread';

describe('spreadOf', () => {
  it('takes percentiles from the samples themselves, whatever their order', () => {
    const samples = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(spreadOf(samples)).toEqual({ count: 100, p50: 50, p90: 90, p95: 95, p99: 99, max: 100 });
  });

  it('gives a single sample for all of them', () => {
    expect(spreadOf([7])).toEqual({ count: 1, p50: 7, p90: 7, p95: 7, p99: 7, max: 7 });
  });

  it('rounds up to the next sample, so that one bad one in fifty shows in p99', () => {
    expect(spreadOf([...Array.from({ length: 49 }, () => 1), 1_000])).toMatchObject({ p95: 1, p99: 1_000 });
  });

  it('is nothing without samples', () => {
    expect(spreadOf([])).toBeNull();
  });
});
