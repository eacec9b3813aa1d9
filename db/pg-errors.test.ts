import { isDatabaseAway, translateDbError } from './pg-errors';

function failure(message: string, fields: object = {}): Error {
  return Object.assign(new Error(message), fields);
}

const reported = { severity: 'ERROR' };

describe('translateDbError', () => {
  it.each([
    [failure('connect ECONNREFUSED 127.0.0.1:1', { code: 'ECONNREFUSED' })],
    [failure('connect EMFILE 127.0.0.1:1', { code: 'EMFILE' })],
    [new AggregateError([failure('x', { code: 'ECONNREFUSED' })])],
    [failure('Connection terminated unexpectedly')],
    [failure('timeout expired')],
    [failure('Client was closed and is not queryable')],
    // Knex puts the statement before the driver's own words.
    [failure('ROLLBACK - Connection terminated unexpectedly')],
    [failure('COMMIT; - Client has encountered a connection error and is not queryable')],
    [failure('Transaction query already complete, run with DEBUG=knex:tx for more info')],
    [failure('Cannot call write after a stream was destroyed', { code: 'ERR_STREAM_DESTROYED' })],
    [failure('Knex: Timeout acquiring a connection. The pool is probably full.')],
    [failure('terminating connection', { ...reported, severity: 'FATAL', code: '57P01' })],
    [failure('starting up', { ...reported, code: '57P03' })],
    [failure('too many clients', { ...reported, code: '53300' })],
    [failure('canceling statement due to statement timeout', { ...reported, code: '57014' })],
    [failure('deadlock detected', { ...reported, code: '40P01' })],
  ])('%s means that the database is away', (error) => {
    expect(translateDbError(error)?.code).toBe('unavailable');
    expect(isDatabaseAway(error)).toBe(true);
  });

  it('does not call a database away that gave up one statement', () => {
    const refused = failure('canceling statement due to statement timeout', { ...reported, code: '57014' });
    expect(translateDbError(refused)?.message).toMatch(/in time.*fewer days/);
    expect(translateDbError(failure('timeout expired'))?.message).toMatch(/cannot be reached/);
  });

  it.each([
    ['campaigns_slug_key', 'slug'],
    ['partners_code_key', 'code'],
    ['workspaces_name_key', 'name'],
  ])('%s means that a name is taken', (constraint, path) => {
    const refusal = translateDbError(failure('duplicate key', { ...reported, code: '23505', constraint }));
    expect(refusal?.code).toBe('already_exists');
    expect(refusal?.errors).toEqual([{ path, message: expect.any(String) }]);
  });

  it('takes an unknown unique violation, a bug and a thrown text for none of these', () => {
    expect(translateDbError(failure('dup', { ...reported, code: '23505', constraint: 'other' }))).toBeNull();
    expect(translateDbError(failure('syntax error', { ...reported, code: '42601' }))).toBeNull();
    expect(translateDbError('ECONNREFUSED')).toBeNull();
  });
});
