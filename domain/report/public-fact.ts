import type { ReportedFact } from './report-fields';

/** What sets the keys of public reports apart: a stranger must not be able to take the id of a real event first. */
export const PUBLIC_PREFIX = '~public ';

/** A fact that somebody has stated who has not proved who he is: it informs about its click and names no player. */
export function asPublicFact<Fact extends ReportedFact>(fact: Fact): Fact {
  return {
    ...fact,
    playerExternalId: null,
    transactionKey: `${PUBLIC_PREFIX}${fact.transactionKey}`,
  };
}
