import { z } from 'zod';
import { BUDGET_PERIODS, type Budget } from '../../domain/value/budget';
import { PRICING_MODELS, type Pricing } from '../../domain/value/pricing';
import { moneyJson, positiveMoneyField, shownMoney } from './fields';
import { orNull } from './or-null';

export function pricingField() {
  return z
    .strictObject({
      model: z.enum(PRICING_MODELS),
      cost: positiveMoneyField().nullable().default(null).meta({
        description: 'What the buyer of the traffic pays for a click. Of `cpc`, and only of it.',
      }),
    })
    .transform(({ model, cost }, context): Pricing => {
      if (model === 'cpc' && cost !== null) return { model, cost };
      if (model === 'cpa' && cost === null) return { model, cost };
      const message = model === 'cpc' ? 'must be given with cpc' : 'must not be given with cpa';
      context.addIssue({ code: 'custom', path: ['cost'], message });
      return z.NEVER;
    })
    .meta({
      description:
        'How the traffic is bought: `cpc` by the click, at the price of the version under which the click was made; `cpa` by what the deals of partners say.',
    });
}

export function budgetField() {
  return z
    .strictObject({
      amount: z.union([z.string().max(40), z.number()]),
      currency: z.string().max(10),
      period: z.enum(BUDGET_PERIODS),
    })
    .transform(({ period, ...given }, context): Budget => {
      const { data: money, error } = positiveMoneyField().safeParse(given);
      if (money !== undefined) return { money, period };
      for (const { path, message } of error.issues) context.addIssue({ code: 'custom', path, message });
      return z.NEVER;
    })
    .nullable()
    .meta({
      description:
        'How much may be spent each day, each calendar month or altogether. Reports compare it with what was spent; nothing is stopped by it.',
    });
}

export const pricingSchema = z.object({ model: z.enum(PRICING_MODELS), cost: orNull(shownMoney) });

export const budgetSchema = shownMoney.extend({ period: z.enum(BUDGET_PERIODS) }).meta({ id: 'Budget' });

export function pricingJson({ model, cost }: Pricing): z.input<typeof pricingSchema> {
  return { model, cost: cost === null ? null : moneyJson(cost) };
}

export function budgetJson({ money, period }: Budget): z.input<typeof budgetSchema> {
  return { ...moneyJson(money), period };
}
