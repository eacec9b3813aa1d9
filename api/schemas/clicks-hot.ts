import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { shownId } from './fields';

/** Click links and pictures are for browsers: they answer with redirects, pages and pixels, not with JSON. */
export function registerClickPaths(registry: OpenAPIRegistry): void {
  const slug = z.object({ slug: z.string() });
  const full = z.object({ workspaceId: shownId('wsp'), slug: z.string() });
  registerClick(registry, { path: '/c/{slug}', operationId: 'followClickLink', params: slug });
  registerClick(registry, {
    ...{ path: '/c/{workspaceId}/{slug}', operationId: 'followWorkspaceLink', params: full },
  });
  registerImpression(registry, { path: '/i/{slug}.gif', operationId: 'loadImpression', params: slug });
  registerImpression(registry, {
    ...{ path: '/i/{workspaceId}/{slug}.gif', operationId: 'loadWorkspaceImpression', params: full },
  });
}

type Link = { readonly path: string; readonly operationId: string; readonly params: z.ZodObject };

const WHOSE =
  'Without a workspace the link means a campaign of the workspace to which the host belongs, else one that has a short link. ';

function registerClick(registry: OpenAPIRegistry, { path, operationId, params }: Link): void {
  registry.registerPath({
    method: 'get',
    path,
    operationId,
    summary: 'Record a click and send the visitor on',
    description:
      WHOSE +
      'Kept as sent: `sub1`…`sub20`, `utm_*`, the ad platforms’ click ids (`gclid`, `fbclid`, `ttclid` …) and the ' +
      'traffic source’s own id as `external_id`, `click_id`, `clickid`, `aff_click_id`, `subid` or `cid`. HEAD is ' +
      'redirected without being recorded; a prefetch is answered 503 until the visitor really clicks.',
    tags: ['Clicks'],
    request: {
      params,
      query: z.object({
        p: z.string().optional().meta({ description: 'Partner code; wins over the campaign’s partner.' }),
      }),
    },
    responses: {
      302: { description: 'To the landing page; of a paused campaign, to its fallback URL, unrecorded.' },
      404: { description: 'No such campaign, or it is paused and has no fallback: a plain page.' },
      429: {
        description: 'Not recorded: too many requests of this address; a page that loads itself again.',
      },
      503: { description: 'Not recorded: a page that loads itself again.' },
    },
  });
}

function registerImpression(registry: OpenAPIRegistry, { path, operationId, params }: Link): void {
  registry.registerPath({
    method: 'get',
    path,
    operationId,
    summary: 'Record an impression by a picture in the advertisement',
    description: `${WHOSE}Takes \`p\`, \`sub1\`…\`sub20\` and \`external_id\` like a click link. HEAD records nothing.`,
    tags: ['Clicks'],
    request: {
      params,
      query: z.object({
        p: z.string().optional().meta({ description: 'Partner code; wins over the campaign’s partner.' }),
      }),
    },
    responses: {
      200: { description: 'A picture of one pixel; also for a campaign that is unknown or paused.' },
      429: { description: 'Not recorded: too many requests of this address.' },
      503: {
        description: 'The picture, but not recorded: the database is away, or more arrives than is let in.',
      },
    },
  });
}
