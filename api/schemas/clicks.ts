import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import type { Config } from '../../config/config';
import type { ClickDetail } from '../../db/read-models/click-detail';
import type { ClickJourney } from '../../db/read-models/click-journeys';
import { TIMELINE_EVENTS_MAX } from '../../db/read-models/timeline';
import type { WorkspaceId } from '../../domain/ids';
import { JOURNEY_STAGES } from '../../domain/journey-stage';
import { clickJourneyWorkflowId } from '../../workflows/click-journey/contract';
import { idField, pathId, shownId, shownInstant } from './fields';
import { registerOperation } from './operation';
import { orNull } from './or-null';
import { pageOfSchema, pageShape } from './page';
import { timelineSchema, verdictSchema } from './verdict-and-timeline';

export const clickListQuery = z.strictObject({
  ...pageShape('clk'),
  campaignId: idField('cmp').optional(),
  visitorId: idField('vis').optional(),
});

const parameters = () => z.record(z.string(), z.string()).readonly();

export const clickSchema = z
  .object({
    clickId: shownId('clk'),
    campaignId: shownId('cmp'),
    offerId: shownId('off'),
    partnerId: shownId('ptn').nullable(),
    partnerReason: z.string().nullable().meta({ description: 'Why the link’s partner was not taken.' }),
    visitorId: shownId('vis'),
    clickedAt: shownInstant(),
    externalId: z.string().nullable(),
    subs: parameters(),
    adIds: parameters(),
    utm: parameters(),
    isTest: z.boolean().meta({ description: 'Of a link with `test=1`: no event of it counts.' }),
    verdict: orNull(verdictSchema).meta({ description: 'Null until the click was screened.' }),
    journey: z.object({
      workflowId: z.string(),
      stage: z.enum(JOURNEY_STAGES),
      expiresAt: shownInstant().meta({ description: 'The last moment of the attribution window.' }),
      closedAt: shownInstant().nullable(),
      temporalUrl: z.string().meta({ description: 'The journey in Temporal’s Web UI.' }),
    }),
  })
  .meta({ id: 'Click' });

export const clickDetailSchema = clickSchema.extend({ timeline: timelineSchema }).meta({ id: 'ClickDetail' });

export function clickJson(
  { stage, expiresAt, closedAt, ...click }: ClickJourney,
  workspaceId: WorkspaceId,
  config: Pick<Config, 'temporalUiUrl' | 'temporalNamespace'>,
): z.input<typeof clickSchema> {
  const workflowId = clickJourneyWorkflowId(workspaceId, click.clickId);
  const workflows = `${config.temporalUiUrl}/namespaces/${config.temporalNamespace}/workflows`;
  const temporalUrl = `${workflows}/${encodeURIComponent(workflowId)}`;
  return { ...click, journey: { workflowId, stage, expiresAt, closedAt, temporalUrl } };
}

export function clickDetailJson(
  { click, timeline }: ClickDetail,
  workspaceId: WorkspaceId,
  config: Pick<Config, 'temporalUiUrl' | 'temporalNamespace'>,
): z.input<typeof clickDetailSchema> {
  return { ...clickJson(click, workspaceId, config), timeline };
}

export function registerClickPaths(registry: OpenAPIRegistry): void {
  registerOperation(registry, {
    method: 'get',
    path: '/v1/clicks',
    operationId: 'listClicks',
    summary: 'List clicks with the stage of their journeys, latest first',
    tag: 'Clicks',
    scope: 'read',
    query: clickListQuery,
    status: 200,
    answer: pageOfSchema(clickSchema),
  });
  registerOperation(registry, {
    method: 'get',
    path: '/v1/clicks/{clickId}',
    operationId: 'getClick',
    summary: `Get a click, its journey and its timeline (of its latest ${TIMELINE_EVENTS_MAX} events)`,
    tag: 'Clicks',
    scope: 'read',
    params: pathId('clickId', 'clk'),
    status: 200,
    answer: clickDetailSchema,
  });
}
