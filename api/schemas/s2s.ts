import type { OpenAPIRegistry, RouteConfig } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { eventAnswer } from './event-bodies';
import { shownId } from './fields';
import { problemResponses } from './operation';

const parameters = z.looseObject({
  click_id: z.string().optional().meta({
    description: 'Also `clickid`, `cid`, `subid`, `sub_id`, `aff_click_id`, `aff_sub`, `cnv_id`.',
  }),
  event: z
    .string()
    .optional()
    .meta({
      description:
        'Also `type`, `et`, `goal`, `conversion_type`, or a `status` that names one. `reg`, `signup`, `ftd`, `dep` ' +
        'and the like are understood. A word that is not is kept until it is mapped: `/v1/status-mappings`.',
      example: 'registration',
    }),
  status: z.string().optional().meta({ description: 'Of a deposit or withdrawal: `approved`, `pending`, …' }),
  txid: z
    .string()
    .optional()
    .meta({
      description:
        'Also `transaction_id`, `tid`, `order_id`. Without it, and without `event_id`, one event of each kind is ' +
        'taken per player, else per click; what moves money needs it.',
    }),
  payout: z.string().optional().meta({ description: 'Also `amount`, `sum`, `revenue`, `price`, `value`.' }),
  currency: z.string().optional(),
  player_id: z.string().optional().meta({ description: 'Also `customer_id`, `user_id`.' }),
  time: z.string().optional().meta({ description: 'ISO 8601 with a zone, or Unix time.' }),
});

const controls = z.object({
  key: z.string().optional().meta({ description: 'Key of the source, in place of an Authorization header.' }),
  source: shownId('src').optional().meta({ description: 'Of a signed or a public report: the source.' }),
  return: z.string().optional().meta({ description: 'Text to be answered in place of JSON, such as `OK`.' }),
});

const REFUSALS = [
  ...(['unresolved_macro', 'invalid_request', 'unauthorized', 'bad_signature', 'stale_signature'] as const),
  ...([
    'missing_scope',
    'address_not_allowed',
    'event_conflict',
    'message_reused',
    'rate_limited',
    'overloaded',
    'unavailable',
  ] as const),
];

const responses: RouteConfig['responses'] = {
  200: {
    description: 'Recorded, known already, or kept in quarantine. Text when `return` asked for it.',
    content: { 'application/json': { schema: eventAnswer }, 'text/plain': { schema: z.string() } },
  },
  ...problemResponses(REFUSALS),
};

/** What trackers, networks and pages report with, in words of their own. */
export function registerS2sPaths(registry: OpenAPIRegistry): void {
  const about = {
    tags: ['Events'],
    description:
      'Names are read without regard to case, `_` and `-`. With a key or a signature the report is the ' +
      'source’s; without, it is public: it informs about its click and never pays. A signed report is a POST, and only ' +
      'its body counts.',
  };
  registry.registerPath({
    ...about,
    method: 'get',
    path: '/postback',
    operationId: 'reportByQuery',
    summary: 'Report an event server to server, in the query',
    request: { query: parameters.extend(controls.shape) },
    responses,
  });
  registry.registerPath({
    ...about,
    method: 'post',
    path: '/postback',
    operationId: 'reportByForm',
    summary: 'Report an event server to server, in a form or JSON',
    request: {
      query: controls,
      body: {
        content: {
          'application/x-www-form-urlencoded': { schema: parameters },
          'application/json': { schema: parameters },
        },
      },
    },
    responses,
  });
  registry.registerPath({
    method: 'get',
    path: '/px/{event}.gif',
    operationId: 'reportByPixel',
    summary: 'Report an install, lead, registration or sale by a picture on a page',
    description:
      'Public: it informs and never pays. Takes the parameters of `/postback`; without a click id the latest click of ' +
      'the browser’s visitor stands in. The body is always a picture of one pixel.',
    tags: ['Events'],
    request: {
      params: z.object({ event: z.enum(['install', 'lead', 'registration', 'sale']) }),
      query: parameters.omit({ event: true, status: true }),
    },
    responses: {
      200: { description: 'Answered; what was refused is counted, not shown.' },
      429: { description: 'Not recorded: too many requests of this address.' },
      503: { description: 'Not recorded: the database is away, or more arrives than is let in.' },
    },
  });
}
