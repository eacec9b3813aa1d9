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
  campaign: z.looseObject({ campaignId: z.string(), clickUrl: z.string() }),
  source: z.looseObject({ sourceId: z.string(), key: z.string(), secret: z.string() }),
  destination: z.looseObject({ destinationId: z.string(), secret: z.string().nullish() }),
};

export const eventReceipt = z.looseObject({
  status: z.enum(['accepted', 'duplicate', 'quarantined']),
  eventId: z.string(),
  id: z.string().optional(),
});

/** Why a click or an event was judged as it was. A suspicious reason is shown and decides nothing. */
export const verdictRead = z.looseObject({
  outcome: z.string(),
  score: z.number().optional(),
  reasons: z.array(z.looseObject({ code: z.string(), mode: z.string().optional() })).optional(),
});
export type VerdictRead = z.infer<typeof verdictRead>;

export const clickRead = z.looseObject({
  clickId: z.string(),
  campaignId: z.string(),
  partnerId: z.string().nullish(),
  verdict: verdictRead.nullish(),
  journey: z.looseObject({ workflowId: z.string(), stage: z.string(), temporalUrl: z.string().nullish() }),
});
export type ClickRead = z.infer<typeof clickRead>;

export const conversionRead = z.looseObject({
  conversionId: z.string(),
  revision: z.number(),
  clickId: z.string().nullish(),
  event: z.string(),
  status: z.enum(['pending', 'qualified', 'approved', 'paid', 'rejected', 'reversed']),
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
  deadReason: z.string().nullish(),
  attempts: z.array(z.looseObject({ status: z.number().nullish() })).optional(),
});
export type PostbackRead = z.infer<typeof postbackRead>;

export const playerRead = z.looseObject({
  playerId: z.string(),
  ltv: z.array(
    z.looseObject({
      currency: z.string(),
      deposits: z.looseObject({ count: z.number(), total: amountLike() }),
      chargebacks: countedAmount().optional(),
      withdrawals: countedAmount().optional(),
      ngr: amountLike().nullish(),
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

function countedAmount() {
  return z.looseObject({ count: z.number(), total: amountLike() });
}

/** An amount as a decimal string; `{amount, currency}` is read too. */
function amountLike() {
  return z.union([z.string(), money.transform(({ amount }) => amount)]);
}
