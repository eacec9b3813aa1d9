/** What the fake does wrong, so that a test can see the simulator notice. */
export type Faults = {
  /** Every third event is first answered 503. */
  outages?: boolean;
  /** Accepted and forgotten: events whose id ends like this. */
  losesEventsEnding?: string;
  paysTwice?: boolean;
  sendsPostbacksTwice?: boolean;
  unstablePostbacks?: boolean;
  takesDuplicates?: boolean;
  unbalanced?: boolean;
  /** Commission is shown on conversions, but not payable to anybody. */
  forgetsPayables?: boolean;
  /** Postbacks count as delivered without having been sent. */
  claimsDelivery?: boolean;
  temporalAway?: boolean;
  openQuarantine?: boolean;
  /** Clicks are redirected and cannot be read afterwards. */
  forgetsClicks?: boolean;
};
