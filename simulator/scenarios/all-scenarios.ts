import { DELIVERIES } from './deliveries';
import { FRAUD_OF_CLICKS } from './fraud-of-clicks';
import { FRAUD_OF_EVENTS } from './fraud-of-events';
import { INNOCENTS } from './innocents';
import { MATCHING } from './matching';
import { MONEY_BACK } from './money-back';
import { ORDER_OF_ARRIVAL } from './order-of-arrival';
import { REPETITION } from './repetition';
import type { Scenario } from './scenario';
import { SELF_EXCLUSIONS } from './self-exclusions';

/** Every scenario there is, in the order in which all are played. Adding one to a list is all it takes. */
export const SCENARIOS: readonly Scenario[] = [
  ...FRAUD_OF_CLICKS,
  ...FRAUD_OF_EVENTS,
  ...INNOCENTS,
  ...REPETITION,
  ...ORDER_OF_ARRIVAL,
  ...MONEY_BACK,
  ...SELF_EXCLUSIONS,
  ...MATCHING,
  ...DELIVERIES,
];
