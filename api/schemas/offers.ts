import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import type { Offer } from '../../db/stores/offer-store';
import { validateLandingTemplate } from '../../domain/landing-url';
import {
  changeOf,
  instantJson,
  moneyJson,
  nameField,
  positiveMoneyField,
  shownId,
  shownInstant,
  shownMoney,
} from './fields';
import { orNull } from './or-null';
import { registerResource } from './resource-operations';

/** A landing page: http(s), a fixed origin, and macros such as `{click_id}` and `{sub1}` anywhere behind it. */
function landingUrl() {
  return z.string().superRefine((url, context) => {
    const check = validateLandingTemplate(url);
    if (!check.ok) context.addIssue({ code: 'custom', message: check.problem });
  });
}

function payout() {
  return positiveMoneyField().nullish().meta({
    description:
      'What the advertiser has agreed to pay for a first deposit. For information: partners earn by their deals.',
  });
}

export const createOfferBody = z
  .strictObject({
    name: nameField(),
    landingUrl: landingUrl(),
    fallbackUrl: landingUrl().nullish(),
    payout: payout(),
  })
  .meta({ id: 'NewOffer' });

export const changeOfferBody = changeOf({
  name: nameField().optional(),
  landingUrl: landingUrl().optional(),
  fallbackUrl: landingUrl().nullable().optional(),
  payout: payout(),
}).meta({ id: 'OfferChange' });

export const offerSchema = z
  .object({
    offerId: shownId('off'),
    name: z.string(),
    landingUrl: z.string(),
    fallbackUrl: z.string().nullable(),
    payout: orNull(shownMoney),
    createdAt: shownInstant(),
  })
  .meta({ id: 'Offer' });

export function offerJson(offer: Offer): z.input<typeof offerSchema> {
  return {
    offerId: offer.offerId,
    name: offer.name,
    landingUrl: offer.landingUrl,
    fallbackUrl: offer.fallbackUrl,
    payout: offer.payout === null ? null : moneyJson(offer.payout),
    createdAt: instantJson(offer.createdAtMs),
  };
}

/** What an offer's body says, as the audit keeps it. */
export function offerChangeJson(body: z.output<typeof changeOfferBody>): object {
  const { payout: agreed, ...rest } = body;
  return { ...rest, ...(agreed !== undefined && { payout: agreed && moneyJson(agreed) }) };
}

export function registerOfferPaths(registry: OpenAPIRegistry): void {
  registerResource(registry, {
    tag: 'Offers',
    path: '/v1/offers',
    one: 'offer',
    prefix: 'off',
    idName: 'offerId',
    createBody: createOfferBody,
    changeBody: changeOfferBody,
    answer: offerSchema,
  });
}
