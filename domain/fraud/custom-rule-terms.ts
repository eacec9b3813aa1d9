import type { RuleLevel, RuleMode } from './rule-terms';

/** What earns money, and is therefore judged. */
export const JUDGED_KINDS = ['install', 'lead', 'registration', 'sale', 'deposit'] as const;
type JudgedKind = (typeof JUDGED_KINDS)[number];

/** No rule of somebody's own is proof, and one that should be no more than a note can be suspicious. */
export const CUSTOM_LEVELS = ['review', 'block'] as const satisfies readonly RuleLevel[];

/** Money as JSON holds it. */
type MoneyText = { readonly amount: string; readonly currency: string };

/** All that are given have to hold; of a list, one entry. */
export type CustomConditions = {
  readonly kinds?: readonly JudgedKind[] | undefined;
  /** Countries and regions, as in the list of a campaign. */
  readonly places?: readonly string[] | undefined;
  readonly currencies?: readonly string[] | undefined;
  /** The sender's own words, in either case. */
  readonly products?: readonly string[] | undefined;
  /** Ids of sources. */
  readonly sources?: readonly string[] | undefined;
  /** Amounts of another currency are neither above nor below. */
  readonly amountFrom?: MoneyText | undefined;
  readonly amountTo?: MoneyText | undefined;
};

/** A rule that an operator has written. Plain JSON: it is stored as it is. */
export type CustomRule = {
  readonly code: string;
  readonly mode: RuleMode;
  readonly level: (typeof CUSTOM_LEVELS)[number];
  readonly score: number;
  /** One sentence for the person who reads the verdict. */
  readonly reason: string;
  readonly when: CustomConditions;
};
