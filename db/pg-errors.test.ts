import { classifyDbError, translateDbError } from './pg-errors';

function failure(message: string, fields: object = {}): Error {
  return Object.assign(new Error(message), fields);
}

const reported = { severity: 'ERROR' };

describe('classifyDbError', () => {
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
    [failure('connection failure', { ...reported, code: '08006' })],
    [failure('terminating connection', { ...reported, severity: 'FATAL', code: '57P01' })],
    [failure('starting up', { ...reported, code: '57P03' })],
    [failure('too many clients', { ...reported, code: '53300' })],
    [failure('no space left on device', { ...reported, code: '53100' })],
  ])('%s: the database is away', (error) => {
    expect(classifyDbError(error)).toBe('away');
    expect(translateDbError(error)?.code).toBe('unavailable');
    expect(translateDbError(error)?.message).toMatch(/cannot be reached/);
  });

  it.each([
    ['canceling statement due to statement timeout', '57014'],
    ['canceling statement due to lock timeout', '55P03'],
    ['deadlock detected', '40P01'],
    ['could not serialize access', '40001'],
  ])('%s: only this try was given up', (message, code) => {
    const error = failure(message, { ...reported, code });
    expect(classifyDbError(error)).toBe('again');
    expect(translateDbError(error)?.code).toBe('unavailable');
    expect(translateDbError(error)?.message).toMatch(/in time.*fewer days/);
  });

  it.each([
    ['a syntax error', failure('x', { ...reported, code: '42601' })],
    [
      'a broken protocol',
      failure('bind message has 70000 parameter formats', { ...reported, code: '08P01' }),
    ],
    ['a number out of range', failure('x', { ...reported, code: '22003' })],
    ['an error of Postgres itself', failure('x', { ...reported, code: 'XX000' })],
    ['a name that is taken', failure('x', { ...reported, code: '23505' })],
    ['a defect of ours', new TypeError('x is not a function')],
    ['a thrown text', 'ECONNREFUSED'],
  ])('%s is about what was asked', (_, error) => {
    expect(classifyDbError(error)).toBe('this_row');
  });
});

describe('translateDbError', () => {
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
    const tooMany = failure('bind message has 2 parameters', { ...reported, code: '08P01' });
    expect(translateDbError(tooMany)).toBeNull();
    expect(classifyDbError(tooMany)).toBe('this_row');
  });
});
