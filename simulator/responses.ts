import { z } from 'zod';

/**
 * What the simulator reads out of the instance's answers. Loose on purpose: new fields never break it, and a
 * field named here that is missing is reported as such.
 */
const money = z.looseObject({ amount: z.string(), currency: z.string() });

export const created = {
  offer: z.looseObject({ offerId: z.string() }),
  partner: z.looseObject({ partnerId: z.string() }),
  deal: z.looseObject({ dealId: z.string() }),
  campaign: z.looseObject({ campaignId: z.string() }),
  source: z.looseObject({ sourceId: z.string(), key: z.string(), secret: z.string() }),
  destination: z.looseObject({ destinationId: z.string(), secret: z.string().nullish() }),
};

export const eventReceipt = z.looseObject({
  status: z.enum(['accepted', 'duplicate', 'quarantined']),
  eventId: z.string(),
  id: z.string().optional(),
});

export const clickRead = z.looseObject({
  clickId: z.string(),
  campaignId: z.string(),
  partnerId: z.string().nullish(),
  verdict: z.looseObject({ outcome: z.string() }).nullish(),
  journey: z.looseObject({ workflowId: z.string(), stage: z.string(), temporalUrl: z.string().nullish() }),
});
export type ClickRead = z.infer<typeof clickRead>;

export const conversionRead = z.looseObject({
  conversionId: z.string(),
  revision: z.number(),
  clickId: z.string().nullish(),
  event: z.string(),
  status: z.enum(['pending', 'approved', 'rejected', 'reversed']),
  commission: z.array(
    z.looseObject({ partnerId: z.string(), amount: amountLike(), currency: z.string().nullish() }),
  ),
});
export type ConversionRead = z.infer<typeof conversionRead>;

export const postbackRead = z.looseObject({
  postbackId: z.string(),
  destinationId: z.string(),
  clickId: z.string().nullish(),
  event: z.string(),
  status: z.enum(['pending', 'delivered', 'dead']),
  key: z.string(),
});
export type PostbackRead = z.infer<typeof postbackRead>;

export const playerRead = z.looseObject({
  playerId: z.string(),
  ltv: z.array(
    z.looseObject({
      currency: z.string(),
      deposits: z.looseObject({ count: z.number(), total: amountLike() }),
    }),
  ),
});

export const trialBalance = z.looseObject({
  currencies: z.array(
    z.looseObject({
      currency: z.string(),
      total: z.string(),
      accounts: z.array(z.looseObject({ account: z.string(), balance: amountLike() })),
    }),
  ),
});
export type TrialBalance = z.infer<typeof trialBalance>;

/** One page of a list. */
export const page = z.looseObject({ data: z.array(z.unknown()), nextCursor: z.string().nullish() });

/** An amount as a decimal string; `{amount, currency}` is read too. */
function amountLike() {
  return z.union([z.string(), money.transform(({ amount }) => amount)]);
}
