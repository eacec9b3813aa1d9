import { type EvidenceChanges, eventEvidence } from '../testing/event-evidence';
import { CLICKED_AT_MS } from '../testing/facts';
import { ALL_ACTIVE } from '../testing/rule-sets';
import { SECOND_MS } from '../time';
import { judgeEvent } from './event-rules';
import { DEFAULT_RULE_SET } from './rule';

const codes = (changes: EvidenceChanges) =>
  judgeEvent(eventEvidence(changes), DEFAULT_RULE_SET).reasons.map(({ code }) => code);
const judged = (changes: EvidenceChanges) => judgeEvent(eventEvidence(changes), ALL_ACTIVE);

describe('a registration by a robot', () => {
  const BROWSER =
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';
  it.each([
    ['with the user agent of a browser', 'registration', BROWSER, []],
    ['without any, as most report it', 'registration', null, []],
    ['with an empty one', 'registration', '', ['robot_registration']],
    ['with a blank one', 'registration', ' ', ['robot_registration']],
    ['with that of a library', 'registration', 'python-requests/2.32.3', ['robot_registration']],
    ['which is a deposit', 'deposit', 'python-requests/2.32.3', []],
  ] as const)('%s', (_name, kind, userAgent, expected) => {
    expect(codes({ kind, userAgent })).toEqual(expected);
  });

  it('asks for review, and never blocks with other evidence: many send the name of their own server', () => {
    const robot = { kind: 'registration', userAgent: 'axios/1.7.2' } as const;
    expect(judged(robot)).toMatchObject({ outcome: 'review', score: 30 });
    const rejected = judged({ ...robot, rejectionReason: 'bots' });
    expect(rejected).toMatchObject({ outcome: 'review', score: 80 });
  });
});

describe('a registration of somebody unverified', () => {
  it.each([
    ['nothing said', null, null, 'allow', 0],
    ['confirmed', true, 'passed', 'allow', 0],
    ['an open check', null, 'pending', 'allow', 0],
    ['an address not confirmed yet', false, null, 'allow', 20],
    ['a failed check', null, 'failed', 'review', 20],
    ['a rejected one, in other letters', true, ' Rejected ', 'review', 20],
    ['both', false, 'declined', 'review', 20],
  ] as const)('%s', (_name, emailVerified, kycStatus, outcome, score) => {
    expect(judged({ kind: 'registration', emailVerified, kycStatus })).toMatchObject({ outcome, score });
    expect(codes({ kind: 'deposit', emailVerified, kycStatus })).toEqual([]);
  });
});

describe('the verdict of a measurement partner', () => {
  const rejected = { kind: 'install', rejectionReason: 'click_flood' } as const;

  it('is shown in its own words, and asks for review by itself', () => {
    expect(judged(rejected)).toMatchObject({
      outcome: 'review',
      score: 50,
      reasons: [{ family: 'measurement', detail: 'The measurement partner has rejected it: click_flood.' }],
    });
    expect(codes({ kind: 'install' })).toEqual([]);
  });

  it('blocks with evidence of another kind', () => {
    expect(judged({ ...rejected, occurredAtMs: CLICKED_AT_MS + SECOND_MS })).toMatchObject({
      outcome: 'block',
      reasons: [{ code: 'fast_install' }, { code: 'measurement_partner_verdict' }],
    });
  });

  it('holds nobody up who takes his money back', () => {
    expect(codes({ ...rejected, kind: 'withdrawal' })).toEqual([]);
  });
});
