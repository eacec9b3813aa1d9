import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import {
  chargebackBody,
  depositBody,
  eventAnswer,
  ngrBody,
  refundBody,
  registrationBody,
  selfExclusionBody,
  trackBody,
  withdrawalBody,
} from './event-bodies';
import { type Operation, registerOperation } from './operation';

const signedBy = z.object({
  source: z.string().optional().meta({
    description:
      'Of a request signed by Standard Webhooks: the source (`src_…`) whose secret signs. Ignored without a signature.',
  }),
});

const REFUSALS = [
  'unresolved_macro',
  'event_conflict',
  'message_reused',
  'bad_signature',
  'stale_signature',
  'address_not_allowed',
] as const;

const OPERATIONS: readonly Pick<Operation, 'path' | 'operationId' | 'summary' | 'body'>[] = [
  {
    path: '/webhooks/gaming/registration',
    operationId: 'reportRegistration',
    summary: 'Report that a player has registered',
    body: registrationBody,
  },
  {
    path: '/webhooks/gaming/deposit',
    operationId: 'reportDeposit',
    summary: 'Report one status of a deposit',
    body: depositBody,
  },
  {
    path: '/webhooks/gaming/withdrawal',
    operationId: 'reportWithdrawal',
    summary: 'Report one status of a withdrawal',
    body: withdrawalBody,
  },
  {
    path: '/webhooks/gaming/ngr',
    operationId: 'reportNgr',
    summary: 'Report or restate the net gaming revenue of a period',
    body: ngrBody,
  },
  {
    path: '/webhooks/gaming/self-exclusion',
    operationId: 'reportSelfExclusion',
    summary: 'Report that a player has excluded himself',
    body: selfExclusionBody,
  },
  {
    path: '/webhooks/gaming/chargeback',
    operationId: 'reportChargeback',
    summary: 'Report that a deposit was taken back',
    body: chargebackBody,
  },
  {
    path: '/webhooks/gaming/refund',
    operationId: 'reportRefund',
    summary: 'Report that the house has paid a deposit back, in part or whole',
    body: refundBody,
  },
  {
    path: '/conversions/track',
    operationId: 'trackConversion',
    summary: 'Report any conversion',
    body: trackBody,
  },
];

/** Every field may also be spelled in snake_case; the short paths are left out of the description. */
export function registerEventPaths(registry: OpenAPIRegistry): void {
  for (const operation of OPERATIONS) {
    registerOperation(registry, {
      ...operation,
      method: 'post',
      tag: 'Events',
      scope: 'events:write',
      query: signedBy,
      status: 200,
      answer: eventAnswer,
      problems: REFUSALS,
    });
  }
}
