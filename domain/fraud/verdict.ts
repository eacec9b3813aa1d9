/** Fraud outcomes, mildest first. */
export const OUTCOMES = ['allow', 'review', 'block'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Why a verdict is what it is: a stable code, and one sentence for the person who reads it. */
export type Reason = { readonly code: string; readonly detail: string };

export type Verdict = {
  readonly outcome: Outcome;
  /** 0 (nothing seen) to 100. */
  readonly score: number;
  readonly reasons: readonly Reason[];
};

export const ALLOWED: Verdict = { outcome: 'allow', score: 0, reasons: [] };

const MAX_SCORE = 100;

/** The harsher outcome wins, scores add up to at most 100, reasons are kept in the order given. */
export function combineVerdicts(verdicts: readonly Verdict[]): Verdict {
  return verdicts.reduce<Verdict>(
    (sum, verdict) => ({
      outcome:
        OUTCOMES.indexOf(verdict.outcome) > OUTCOMES.indexOf(sum.outcome) ? verdict.outcome : sum.outcome,
      score: Math.min(MAX_SCORE, sum.score + verdict.score),
      reasons: [...sum.reasons, ...verdict.reasons],
    }),
    ALLOWED,
  );
}
