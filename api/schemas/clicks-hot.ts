import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';

/** The click link is for browsers: it answers with redirects and pages, not with JSON. */
export function registerClickPaths(registry: OpenAPIRegistry): void {
  registry.registerPath({
    method: 'get',
    path: '/c/{slug}',
    operationId: 'followClickLink',
    summary: 'Record a click and send the visitor on',
    description:
      'Kept as sent: `sub1`…`sub20`, `utm_*`, the ad platforms’ click ids (`gclid`, `fbclid`, `ttclid` …) and the ' +
      'traffic source’s own id as `external_id`, `click_id`, `clickid`, `aff_click_id`, `subid` or `cid`. HEAD is ' +
      'redirected without being recorded; a prefetch is answered 503 until the visitor really clicks.',
    tags: ['Clicks'],
    request: {
      params: z.object({ slug: z.string() }),
      query: z.object({
        p: z.string().optional().meta({ description: 'Partner code; wins over the campaign’s partner.' }),
      }),
    },
    responses: {
      302: { description: 'To the landing page; of a paused campaign, to its fallback URL, unrecorded.' },
      404: { description: 'No such campaign, or it is paused and has no fallback: a plain page.' },
      503: { description: 'Not recorded: a page that loads itself again.' },
    },
  });
}
