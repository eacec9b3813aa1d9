import { z } from 'zod';
import { CUSTOM_LEVELS, JUDGED_KINDS } from '../../domain/fraud/custom-rule-terms';
import { RULE_MODES } from '../../domain/fraud/rule-terms';
import { placeField } from './country';
import { currencyField, idField, moneyJson, nameField, zeroOrMoreMoneyField } from './fields';

export const MAX_CUSTOM_RULES = 50;
const MAX_CHOICES = 100;

function oneOf<Field extends z.ZodType>(field: Field) {
  return z.array(field).min(1, 'must name one').max(MAX_CHOICES).optional();
}

function amountBound() {
  return zeroOrMoreMoneyField().transform(moneyJson).optional();
}

const when = z
  .strictObject({
    kinds: oneOf(z.enum(JUDGED_KINDS)),
    places: oneOf(placeField()).meta({
      description: 'Countries, or regions such as `US-NJ`; an event whose region is not known is in none.',
    }),
    currencies: oneOf(currencyField()),
    products: oneOf(nameField()).meta({ description: 'As the sender calls them, in either case.' }),
    sources: oneOf(idField('src')),
    amountFrom: amountBound(),
    amountTo: amountBound(),
  })
  .refine((conditions) => Object.values(conditions).some((one) => one !== undefined), {
    message: 'must name a condition',
    when: ({ issues }) => issues.length === 0,
  })
  .meta({ description: 'All that are given have to hold. What an event does not say fulfils none.' });

const code = z
  .string()
  .regex(/^[a-z][a-z_]{0,39}$/, 'must be 1 to 40 lower-case letters or underscores, a letter first')
  .meta({ description: 'Of the list. Verdicts show it behind `custom_`.' });
const score = z.int().min(0).max(100);
const level = z.enum(CUSTOM_LEVELS).meta({
  description: '`block` takes a reason of block level from another family beside it.',
});

export const customRuleField = z
  .strictObject({
    code,
    mode: z.enum(RULE_MODES).default('suspicious'),
    level: level.default('review'),
    score: score.default(30),
    reason: nameField().meta({ description: 'Shown on each verdict to which it adds.' }),
    when,
  })
  .meta({ id: 'NewCustomFraudRule' });

const shownList = z.array(z.string()).readonly().optional();

export const customRuleSchema = z
  .object({
    code: z.string(),
    mode: z.enum(RULE_MODES),
    level: z.enum(CUSTOM_LEVELS),
    score: z.int(),
    reason: z.string(),
    when: z.object({
      kinds: z.array(z.enum(JUDGED_KINDS)).readonly().optional(),
      ...{ places: shownList, currencies: shownList, products: shownList, sources: shownList },
      amountFrom: z.object({ amount: z.string(), currency: z.string() }).optional(),
      amountTo: z.object({ amount: z.string(), currency: z.string() }).optional(),
    }),
  })
  .meta({ id: 'CustomFraudRule' });
