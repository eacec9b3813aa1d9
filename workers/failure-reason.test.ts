import { failureReason } from './failure-reason';

/** As the driver and the query builder report it. */
function refusedByPostgres(message: string): Error {
  return Object.assign(new Error(`INSERT INTO t (a - b) SELECT $1 - ${message}`), { severity: 'ERROR' });
}

test.each([
  [new Error('13: refused'), '13: refused'],
  [
    new Error('Failed to start Workflow', { cause: new Error('3 INVALID_ARGUMENT') }),
    'Failed to start Workflow: 3 INVALID_ARGUMENT',
  ],
  [refusedByPostgres('a rule is broken'), 'a rule is broken'],
  [new Error('screening - failed'), 'screening - failed'],
  ['no error at all', 'no error at all'],
  [undefined, 'undefined'],
])('%o is told as %s', (error, reason) => {
  expect(failureReason(error)).toBe(reason);
});

test('a circle of causes ends', () => {
  const error = new Error('again');
  error.cause = error;
  expect(failureReason(error)).toBe('again: again: again: again: again');
});
