import { judgeEvent } from './event-rules';
import { ALLOWED, type Verdict } from './verdict';

describe('judgeEvent', () => {
  const doubt: Verdict = {
    outcome: 'review',
    score: 50,
    reasons: [{ code: 'bot_user_agent', detail: 'The user agent is that of a known robot or HTTP library.' }],
  };

  it.each([
    ['without a known click, nothing is held against it', null, ALLOWED],
    ['on a good click', ALLOWED, ALLOWED],
    ['on a doubtful click, for the same reasons', doubt, doubt],
  ])('%s', (_name, clickVerdict, verdict) => {
    expect(judgeEvent({ clickVerdict })).toEqual(verdict);
  });
});
