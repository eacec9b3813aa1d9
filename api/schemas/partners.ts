import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import type { Partner } from '../../db/stores/partner-store';
import { changeOf, instantJson, nameField, shownId, shownInstant } from './fields';
import { registerResource } from './resource-operations';

/** What click links name the partner by: `?p=<code>`. */
function partnerCode() {
  return z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 letters, digits, dots, hyphens or underscores');
}

export const createPartnerBody = z
  .strictObject({
    name: nameField(),
    code: partnerCode().optional().meta({ description: 'Made up when left out.' }),
  })
  .meta({ id: 'NewPartner' });

export const changePartnerBody = changeOf({
  name: nameField().optional(),
  code: partnerCode().optional(),
}).meta({ id: 'PartnerChange' });

export const partnerSchema = z
  .object({ partnerId: shownId('ptn'), name: z.string(), code: z.string(), createdAt: shownInstant() })
  .meta({ id: 'Partner' });

export function partnerJson(partner: Partner): z.input<typeof partnerSchema> {
  return {
    partnerId: partner.partnerId,
    name: partner.name,
    code: partner.code,
    createdAt: instantJson(partner.createdAtMs),
  };
}

export function registerPartnerPaths(registry: OpenAPIRegistry): void {
  registerResource(registry, {
    tag: 'Partners',
    path: '/v1/partners',
    one: 'partner',
    prefix: 'ptn',
    idName: 'partnerId',
    createBody: createPartnerBody,
    changeBody: changePartnerBody,
    answer: partnerSchema,
    problems: ['already_exists'],
  });
}
