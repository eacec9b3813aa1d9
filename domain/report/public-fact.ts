import { ONCE_PER_CLICK } from '../facts';
import type { ReportedFact } from './report-fields';

/** What sets the keys of public reports apart: a stranger must not be able to take the id of a real event first. */
export const PUBLIC_PREFIX = '~public ';

/**
 * A fact that somebody has stated who has not proved who he is: it informs about its click and names no player. What
 * happens to a click once is known by the click alone, because ids of a stranger's are free: the first that is received
 * stands, since one that claimed an earlier time could otherwise push it aside.
 */
export function asPublicFact<Fact extends ReportedFact>(fact: Fact): Fact {
  const identity = isToldOnce(fact) ? clickIdentity(fact) : fact.transactionKey;
  return { ...fact, playerExternalId: null, transactionKey: `${PUBLIC_PREFIX}${identity}` };
}

/** Whether a public report of this fact says no more than that it happened to the click that it names. */
export function isToldOnce({ kind, clickRef }: Pick<ReportedFact, 'kind' | 'clickRef'>): boolean {
  return ONCE_PER_CLICK.has(kind) && clickRef !== null;
}

/** Trying things out leaves the real one free. */
function clickIdentity({ clickRef, isTest }: ReportedFact): string {
  return isTest ? `test ${clickRef}` : `${clickRef}`;
}
