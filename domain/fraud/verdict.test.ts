import { ALLOWED, combineVerdicts, OUTCOMES, type Outcome, type Verdict } from './verdict';

const verdict = (outcome: Outcome, score: number, ...codes: string[]): Verdict => ({
  outcome,
  score,
  reasons: codes.map((code) => ({ code, detail: `${code}.` })),
});

describe('combineVerdicts', () => {
  it('allows when nothing was seen', () => {
    expect(combineVerdicts([])).toEqual(ALLOWED);
    expect(ALLOWED).toEqual({ outcome: 'allow', score: 0, reasons: [] });
  });

  it('keeps a single verdict as it is', () => {
    expect(combineVerdicts([verdict('review', 40, 'a')])).toEqual(verdict('review', 40, 'a'));
  });

  it.each(OUTCOMES.flatMap((a, rank) => OUTCOMES.map((b, other) => [a, b, OUTCOMES[Math.max(rank, other)]])))(
    '%s and %s give %s',
    (a, b, outcome) => {
      const combined = combineVerdicts([verdict(a as Outcome, 1), verdict(b as Outcome, 1)]);
      expect(combined.outcome).toBe(outcome);
    },
  );

  it('adds scores, to a hundred at most, and keeps every reason in the order given', () => {
    const combined = combineVerdicts([
      verdict('review', 40, 'a', 'b'),
      verdict('block', 70, 'c'),
      verdict('review', 1),
    ]);
    expect(combined).toEqual(verdict('block', 100, 'a', 'b', 'c'));
    expect(combineVerdicts([verdict('review', 40), verdict('review', 50)]).score).toBe(90);
  });
});
