import { classifyResponse, type DeliveryOutcome, NETWORK_FAILURES, OUTCOME_REASONS } from './outcome';

const respond = (status: number, retryAfter: string | null = null) =>
  classifyResponse({ kind: 'response', status, retryAfter }, 0);

describe('classifyResponse', () => {
  it.each<[number[], DeliveryOutcome]>([
    [[200, 201, 202, 204, 299], { kind: 'delivered' }],
    [[300, 301, 302, 303, 304, 307, 308], { kind: 'refused', reason: 'redirect' }],
    [[401, 403], { kind: 'refused', reason: 'unauthorized' }],
    [[404], { kind: 'refused', reason: 'not_found' }],
    [[400, 402, 405, 409, 413, 418, 422, 451, 499], { kind: 'refused', reason: 'client_error' }],
    [[410], { kind: 'disable', reason: 'gone' }],
    [[408], { kind: 'retry', reason: 'request_timeout' }],
    [[425], { kind: 'retry', reason: 'too_early' }],
    [[429], { kind: 'retry', reason: 'rate_limited' }],
    [[500, 501, 502, 503, 504, 520, 599], { kind: 'retry', reason: 'server_error' }],
    [[101, 199, 600, 999], { kind: 'retry', reason: 'unexpected_status' }],
  ])('%j', (statuses, outcome) => {
    for (const status of statuses) expect(respond(status)).toEqual(outcome);
  });

  it.each(NETWORK_FAILURES.filter((reason) => reason !== 'blocked_address'))('retries %s', (reason) => {
    expect(classifyResponse({ kind: 'failed', reason }, 0)).toEqual({ kind: 'retry', reason });
  });

  it('refuses an address of the private network for good', () => {
    expect(classifyResponse({ kind: 'failed', reason: 'blocked_address' }, 0)).toEqual({
      kind: 'refused',
      reason: 'blocked_address',
    });
  });

  it.each([429, 503, 500])('passes Retry-After of %i on', (status) => {
    expect(respond(status, '90')).toMatchObject({ kind: 'retry', retryAfterMs: 90_000 });
    expect(respond(status, 'nonsense')).not.toHaveProperty('retryAfterMs');
  });

  it('ignores Retry-After where nothing is retried', () => {
    expect(respond(404, '90')).toEqual({ kind: 'refused', reason: 'not_found' });
  });

  it('uses registered reasons only', () => {
    const statuses = Array.from({ length: 900 }, (_, index) => index + 100);
    const reasons = statuses
      .map((status) => respond(status))
      .flatMap((outcome) => ('reason' in outcome ? [outcome.reason] : []));
    expect(OUTCOME_REASONS).toEqual(expect.arrayContaining([...new Set(reasons)]));
  });
});
