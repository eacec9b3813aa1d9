import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { eventAnswer } from './event-bodies';
import { problemResponses } from './operation';

const callbackAnswer = z.union([
  eventAnswer,
  z.object({
    status: z.literal('ignored'),
    reason: z.enum(['no_click', 'unknown_event', 'other_activity']),
  }),
]);

const REFUSALS = [
  ...(['unresolved_macro', 'invalid_request', 'unauthorized', 'missing_scope'] as const),
  ...(['address_not_allowed', 'event_conflict', 'rate_limited', 'overloaded', 'unavailable'] as const),
];

const PARTNERS = [
  {
    partner: 'appsflyer',
    name: 'AppsFlyer',
    about:
      'Messages of the Push API. The click id is read from `clickid`, from an `af_sub` that holds one of ours, or from ' +
      '`original_url`; the player from `customer_user_id`; times are UTC. What Protect360 has rejected says so by ' +
      '`is_rejected` or `reject_reason`.',
  },
  {
    partner: 'adjust',
    name: 'Adjust',
    about:
      'Write the placeholders into the URL: `?adid={adid}&activity_kind={activity_kind}&event_name={event_name}' +
      '&created_at={created_at}&label={label}&revenue_float={revenue_float}&currency={currency}`, and the player as ' +
      '`player_id`. The click id is read from `clickid`, or from a `label` that holds one of ours. An install that was ' +
      'rejected is taken when the URL holds `&rejection_reason={rejection_reason}`.',
  },
] as const;

/** Callbacks of mobile measurement partners. */
export function registerMeasurementPaths(registry: OpenAPIRegistry): void {
  for (const { partner, name, about } of PARTNERS) {
    for (const method of ['get', 'post'] as const) {
      registry.registerPath({
        method,
        path: `/webhooks/${partner}/{sourceKey}`,
        operationId: `${method}${name}Callback`,
        summary: `Take an install or in-app event of ${name}, ${method === 'get' ? 'in the query' : 'in a body'}`,
        description: `${about} What is no event of ours is answered \`ignored\` and not kept.`,
        tags: ['Events'],
        request: {
          params: z.object({ sourceKey: z.string().meta({ description: 'The key of the source.' }) }),
          ...(method === 'post' && {
            body: { content: { 'application/json': { schema: z.looseObject({}) } } },
          }),
        },
        responses: {
          200: {
            description: 'Recorded, known already, kept in quarantine, or ignored.',
            content: { 'application/json': { schema: callbackAnswer } },
          },
          ...problemResponses(REFUSALS),
        },
      });
    }
  }
}
