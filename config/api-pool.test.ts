import fc from 'fast-check';
import { apiPoolProblem, apiPools, CLICK_CONNECTIONS } from './api-pool';

describe('the pools of an API process', () => {
  it.each([
    [1, 92, { intake: 6, setUp: 4, reads: 8 }],
    [4, 92, { intake: 6, setUp: 4, reads: 8 }],
    [4, 84, { intake: 5, setUp: 4, reads: 7 }],
    [5, 84, { intake: 3, setUp: 2, reads: 6 }],
    [7, 84, { intake: 2, setUp: 2, reads: 3 }],
    [8, 92, { intake: 2, setUp: 2, reads: 2 }],
    [1, 11, { intake: 2, setUp: 2, reads: 2 }],
  ])('with %d processes on %d connections are %j', (apiProcesses, apiConnections, pools) => {
    expect(apiPools({ apiProcesses, apiConnections })).toEqual(pools);
    expect(apiPoolProblem({ apiProcesses, apiConnections })).toBeNull();
  });

  it('never let all processes together take more than their connections, and leave none without', () => {
    const shares = fc.record({
      apiProcesses: fc.integer({ min: 1, max: 64 }),
      apiConnections: fc.integer({ min: 1, max: 10_000 }),
    });
    fc.assert(
      fc.property(shares, (given) => {
        if (apiPoolProblem(given) !== null) return;
        const { intake, setUp, reads } = apiPools(given);
        expect(Math.min(intake, setUp, reads)).toBeGreaterThanOrEqual(2);
        const taken = given.apiProcesses * (intake + setUp + reads + CLICK_CONNECTIONS + 1);
        expect(taken).toBeLessThanOrEqual(given.apiConnections);
      }),
    );
  });

  it('names how many connections would do', () => {
    expect(apiPoolProblem({ apiProcesses: 17, apiConnections: 84 })).toContain('at least 187 for 17');
    expect(apiPoolProblem({ apiProcesses: 17, apiConnections: 187 })).toBeNull();
  });
});
