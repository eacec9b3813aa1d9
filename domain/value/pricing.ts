import type { Money } from '../money';

/** Under `cpc` the buyer of the traffic pays for each click; under `cpa` what is paid stands in the partners' deals. */
export const PRICING_MODELS = ['cpa', 'cpc'] as const;

export type Pricing =
  | { readonly model: 'cpa'; readonly cost: null }
  | { readonly model: 'cpc'; readonly cost: Money };
