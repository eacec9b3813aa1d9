import fc from 'fast-check';
import { apiPoolProblem, apiPoolSize, CLICK_CONNECTIONS } from './api-pool';

describe('the pool of an API process', () => {
  it.each([
    [1, 84, 16],
    [4, 84, 16],
    [5, 84, 11],
    [8, 84, 5],
    [9, 84, 4],
    [1, 9, 4],
  ])('with %d processes on %d connections is %d', (apiProcesses, apiConnections, size) => {
    expect(apiPoolSize({ apiProcesses, apiConnections })).toBe(size);
    expect(apiPoolProblem({ apiProcesses, apiConnections })).toBeNull();
  });

  it('never lets all processes together take more than their connections', () => {
    const shares = fc.record({
      apiProcesses: fc.integer({ min: 1, max: 64 }),
      apiConnections: fc.integer({ min: 1, max: 10_000 }),
    });
    fc.assert(
      fc.property(shares, (given) => {
        const taken = given.apiProcesses * (apiPoolSize(given) + CLICK_CONNECTIONS + 1);
        expect(apiPoolProblem(given) !== null || taken <= given.apiConnections).toBe(true);
      }),
    );
  });

  it('names how many connections would do', () => {
    expect(apiPoolProblem({ apiProcesses: 17, apiConnections: 84 })).toContain('at least 153 for 17');
  });
});
