import { parseMoney } from '../money';
import type { CustomConditions, CustomRule } from './custom-rule-terms';
import type { RuleProblem } from './rule-set';

/** What is wrong with a list of rules of somebody's own, beyond the form of each. */
export function customRuleProblems(custom: readonly CustomRule[]): readonly RuleProblem[] {
  return custom.flatMap(({ code, when }, index): RuleProblem[] => {
    const isTaken = custom.findIndex((other) => other.code === code) < index;
    const span = spanProblem(when);
    return [
      ...(isTaken ? [{ path: `${index}.code`, message: 'is the code of another rule of the list' }] : []),
      ...(span === null ? [] : [{ path: `${index}.when.amountTo`, message: span }]),
    ];
  });
}

function spanProblem({ amountFrom, amountTo }: CustomConditions): string | null {
  if (amountFrom === undefined || amountTo === undefined) return null;
  if (amountFrom.currency !== amountTo.currency) return 'must be of the currency of amountFrom';
  const from = parseMoney(amountFrom.amount, amountFrom.currency);
  const to = parseMoney(amountTo.amount, amountTo.currency);
  const isSpan = from.ok && to.ok && from.money.amountMinor <= to.money.amountMinor;
  return isSpan ? null : 'must not be below amountFrom';
}
