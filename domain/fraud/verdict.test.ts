import fc from 'fast-check';
import { RULE_FAMILIES, RULE_LEVELS } from './rule-terms';
import { ALLOWED, extendVerdict, OUTCOMES, type Reason, type Verdict } from './verdict';

const reason = (changes: Partial<Reason> = {}): Reason => ({
  code: 'a',
  detail: 'A.',
  family: 'identity',
  level: 'review',
  mode: 'active',
  score: 10,
  ...changes,
});
const outcome = (...reasons: Partial<Reason>[]) => extendVerdict(ALLOWED, reasons.map(reason)).outcome;
const BLOCK = { level: 'block' } as const;

describe('extendVerdict', () => {
  it('allows when nothing was seen', () => {
    expect(extendVerdict(ALLOWED, [])).toEqual({ outcome: 'allow', score: 0, reasons: [] });
  });

  it('adds scores, to a hundred at most, and keeps every reason in the order given', () => {
    const reasons = [reason({ code: 'a', score: 70 }), reason({ code: 'b', score: 31 })];
    expect(extendVerdict(ALLOWED, reasons)).toEqual({ outcome: 'review', score: 100, reasons });
    expect(extendVerdict(extendVerdict(ALLOWED, reasons.slice(0, 1)), reasons.slice(1))).toEqual(
      extendVerdict(ALLOWED, reasons),
    );
  });

  it.each([
    ['a note of 29 points', 'allow', [{ level: 'note', score: 29 }]],
    ['a note of 30 points', 'review', [{ level: 'note', score: 30 }]],
    [
      'notes of 15 points each',
      'review',
      [
        { level: 'note', score: 15 },
        { level: 'note', score: 15 },
      ],
    ],
    ['a review rule of no points', 'review', [{ level: 'review', score: 0 }]],
    ['review rules of a hundred points', 'review', [{ score: 100 }, { score: 100, family: 'geo' }]],
    ['one rule of block level', 'review', [{ ...BLOCK, score: 100 }]],
    ['two of one family', 'review', [BLOCK, { ...BLOCK, code: 'b' }]],
    ['two of two families', 'block', [BLOCK, { ...BLOCK, family: 'timing' }]],
    ['an address alone, however bad', 'review', [{ ...BLOCK, family: 'network', score: 100 }]],
    ['an address and a mere review rule', 'review', [{ ...BLOCK, family: 'network' }, { family: 'geo' }]],
    ['one proof', 'block', [{ level: 'proof', score: 0 }]],
    ['a suspicious proof', 'allow', [{ level: 'proof', mode: 'suspicious', score: 100 }]],
    ['two families, one only suspicious', 'review', [BLOCK, { ...BLOCK, family: 'geo', mode: 'suspicious' }]],
  ] as const)('%s: %s', (_name, expected, reasons) => {
    expect(outcome(...reasons)).toBe(expected);
  });

  it('keeps what a verdict of before rules were data said', () => {
    const old: Verdict = {
      outcome: 'review',
      score: 50,
      reasons: [{ code: 'bot_user_agent', detail: 'B.' }],
    };
    expect(extendVerdict(old, [])).toEqual(old);
    expect(extendVerdict(old, [reason({ ...BLOCK, family: 'timing', score: 40 })])).toMatchObject({
      outcome: 'review',
      score: 90,
    });
    expect(extendVerdict({ ...old, outcome: 'block' }, []).outcome).toBe('block');
  });
});

const anyReason: fc.Arbitrary<Reason> = fc.record({
  code: fc.constantFrom('a', 'b', 'c'),
  detail: fc.constant('D.'),
  family: fc.constantFrom(...RULE_FAMILIES),
  level: fc.constantFrom(...RULE_LEVELS),
  mode: fc.constantFrom('suspicious' as const, 'active' as const),
  score: fc.integer({ min: 0, max: 100 }),
});
const rank = ({ outcome: o }: Verdict) => OUTCOMES.indexOf(o);

describe('whatever the reasons', () => {
  const RUNS = { seed: 4, numRuns: 1_000 };

  it('the score stays between 0 and 100, and further reasons never make a verdict milder', () => {
    fc.assert(
      fc.property(fc.array(anyReason), fc.array(anyReason), (some, more) => {
        const first = extendVerdict(ALLOWED, some);
        const all = extendVerdict(ALLOWED, [...some, ...more]);
        expect(all.score).toBeGreaterThanOrEqual(first.score);
        expect(all.score).toBeLessThanOrEqual(100);
        expect(rank(all)).toBeGreaterThanOrEqual(rank(first));
      }),
      RUNS,
    );
  });

  it('one family without a proof never blocks', () => {
    fc.assert(
      fc.property(fc.array(anyReason), fc.constantFrom(...RULE_FAMILIES), (reasons, family) => {
        const ofOne = reasons.filter(({ level }) => level !== 'proof').map((each) => ({ ...each, family }));
        expect(outcome(...ofOne)).not.toBe('block');
      }),
      RUNS,
    );
  });

  it('suspicious reasons change nothing but the list of reasons', () => {
    fc.assert(
      fc.property(fc.array(anyReason), fc.array(anyReason), (some, more) => {
        const suspicious = more.map((each) => ({ ...each, mode: 'suspicious' as const }));
        const without = extendVerdict(ALLOWED, some);
        const reasons = [...some, ...suspicious];
        expect(extendVerdict(ALLOWED, reasons)).toEqual({ ...without, reasons });
      }),
      RUNS,
    );
  });
});
