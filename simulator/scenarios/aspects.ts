/**
 * What can be stated of a scenario beforehand and seen of it afterwards, each as short sentences. Answers, verdicts
 * and conversions are in the order of sending and of their own time; the order of the others says nothing.
 */
export const ASPECTS = [
  'answers',
  'stage',
  'verdicts',
  'conversions',
  'value',
  'quarantine',
  'balance',
  'postbacks',
] as const;
export type Aspect = (typeof ASPECTS)[number];
export type Seen = Readonly<Record<Aspect, readonly string[]>>;

/** The aspects that a scenario is about; the others are neither read nor compared. */
export type Expected = Partial<Seen>;
