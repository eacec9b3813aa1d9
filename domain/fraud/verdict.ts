import type { RuleFamily, RuleLevel, RuleMode } from './rule-terms';

/** Fraud outcomes, mildest first. */
export const OUTCOMES = ['allow', 'review', 'block'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/**
 * Why a verdict is what it is: a stable code, and one sentence for the person who reads it. The other fields are
 * absent only on verdicts of before rules were data; such a reason still stands, and adds to nothing.
 */
export type Reason = {
  readonly code: string;
  readonly detail: string;
  readonly family?: RuleFamily;
  readonly level?: RuleLevel;
  /** In what mode the rule spoke. A suspicious reason is shown, and counts neither for score nor outcome. */
  readonly mode?: Exclude<RuleMode, 'off'>;
  /** What the reason adds to the score when its rule is active. */
  readonly score?: number;
};

export type Verdict = {
  readonly outcome: Outcome;
  /** 0 (nothing seen) to 100. */
  readonly score: number;
  readonly reasons: readonly Reason[];
};

export const ALLOWED: Verdict = { outcome: 'allow', score: 0, reasons: [] };

const MAX_SCORE = 100;
/** From this score on a person looks, whatever the reasons. */
const REVIEW_SCORE = 30;

/**
 * Adds reasons to a verdict. Only those of active rules count: scores add up to at most 100; a reason stronger than
 * a note, or a score of 30, asks for review; a block takes one proof, or two reasons of block level from different
 * families, so that no single kind of evidence, such as an address, ever refuses anybody. More reasons never make
 * an outcome milder.
 */
export function extendVerdict(verdict: Verdict, added: readonly Reason[]): Verdict {
  const score = added
    .filter(counts)
    .reduce((sum, reason) => Math.min(MAX_SCORE, sum + (reason.score ?? 0)), verdict.score);
  const reasons = [...verdict.reasons, ...added];
  return { outcome: harsher(verdict.outcome, outcomeOf(reasons, score)), score, reasons };
}

function outcomeOf(reasons: readonly Reason[], score: number): Outcome {
  const counting = reasons.filter(counts);
  const families = new Set(counting.filter(({ level }) => level === 'block').map(({ family }) => family));
  if (families.size >= 2 || counting.some(({ level }) => level === 'proof')) return 'block';
  if (score >= REVIEW_SCORE || counting.some(({ level }) => level !== 'note')) return 'review';
  return 'allow';
}

function counts(reason: Reason): boolean {
  return reason.mode === 'active';
}

function harsher(a: Outcome, b: Outcome): Outcome {
  return OUTCOMES.indexOf(a) >= OUTCOMES.indexOf(b) ? a : b;
}
