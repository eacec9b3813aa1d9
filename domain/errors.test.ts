import { AppError, ERROR_CODES, type ErrorCode } from './errors';

const codes = Object.keys(ERROR_CODES) as ErrorCode[];

describe('the registry of refusals', () => {
  it.each(codes)('%s has a status, a title, and says whether to try again', (code) => {
    const { http, retryable, title } = ERROR_CODES[code];
    expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(http).toBeGreaterThanOrEqual(400);
    expect(http).toBeLessThan(600);
    // The sender's fault does not go away by itself, unless it is haste; ours may.
    expect(retryable).toBe(http >= 500 || http === 429);
    expect(title.length).toBeGreaterThan(0);
  });

  it.each([
    ['malformed_json', 400],
    ['unresolved_macro', 400],
    ['unauthorized', 401],
    ['missing_scope', 403],
    ['not_found', 404],
    ['event_conflict', 409],
    ['body_too_large', 413],
    ['rate_limited', 429],
    ['unavailable', 503],
    ['overloaded', 503],
  ] as const)('%s answers %i', (code, http) => {
    expect(ERROR_CODES[code].http).toBe(http);
  });
});

describe('AppError', () => {
  it('is an error with code, sentence, fields and cause', () => {
    const cause = new Error('connection refused');
    const errors = [{ path: 'amount', message: 'is needed' }];
    const error = new AppError('invalid_request', 'The amount is missing.', { errors, cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: 'AppError',
      code: 'invalid_request',
      message: 'The amount is missing.',
      errors,
    });
    expect(error.cause).toBe(cause);
  });

  it('has no fields and no cause unless given', () => {
    const error = new AppError('not_found', 'No such click.');
    expect(error.errors).toEqual([]);
    expect('cause' in error).toBe(false);
  });
});
