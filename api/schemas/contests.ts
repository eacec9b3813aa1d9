import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import type { ContestPlace, ContestView } from '../../db/read-models/contests';
import { EVENT_KINDS } from '../../domain/facts';
import { parseId } from '../../domain/ids';
import { idField, shownId, shownInstant } from './fields';
import { registerOperation } from './operation';
import { pageOfSchema, pageShape } from './page';

/** Contests have no id of their own, so their cursor holds the click and the player. */
export function contestCursor({ clickId, playerId }: ContestPlace): string {
  return Buffer.from(`${clickId} ${playerId}`).toString('base64url');
}

export const contestListQuery = z.strictObject({
  limit: pageShape('clk').limit,
  cursor: z
    .string()
    .max(200)
    .transform((cursor, context): ContestPlace => {
      const [click = '', player = ''] = Buffer.from(cursor, 'base64url').toString('latin1').split(' ');
      const place = { clickId: parseId('clk', click), playerId: parseId('ply', player) };
      if (place.clickId !== null && place.playerId !== null) return place as ContestPlace;
      context.addIssue({ code: 'custom', message: 'is no cursor of this list' });
      return z.NEVER;
    })
    .optional()
    .meta({ type: 'string', description: 'The `nextCursor` of the page before.' }),
  challengerPartnerId: idField('ptn').optional(),
  protectedPartnerId: idField('ptn').optional(),
  refused: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional()
    .meta({ type: 'boolean' }),
});

const contestedClick = z.object({
  clickId: shownId('clk'),
  partnerId: shownId('ptn'),
  campaignId: shownId('cmp'),
  clickedAt: shownInstant(),
});

export const contestSchema = z
  .object({
    player: shownId('ply'),
    playerId: z.string().meta({ description: 'The casino’s own id of the player.' }),
    challenger: contestedClick,
    protected: contestedClick,
    gapMs: z.int().meta({ description: 'From the challenger’s click to the binding event.' }),
    refused: z.boolean(),
    reason: z.enum(['overwritten_before_registration', 'click_just_before_event']),
    binding: z.object({
      eventId: shownId('evt'),
      event: z.enum(EVENT_KINDS),
      occurredAt: shownInstant(),
      partnerId: shownId('ptn').nullable(),
    }),
  })
  .meta({
    id: 'Contest',
    description: 'One partner’s click between another’s and the event that bound a player.',
  });

/** The read model speaks the API's language already; this keeps the two from drifting apart. */
export function contestJson(contest: ContestView): z.input<typeof contestSchema> {
  return contest;
}

export function registerContestPaths(registry: OpenAPIRegistry): void {
  registerOperation(registry, {
    method: 'get',
    path: '/v1/contests',
    operationId: 'listContests',
    summary: 'List contested players (lead theft), the latest challenge first',
    tag: 'Reports',
    scope: 'read',
    query: contestListQuery,
    status: 200,
    answer: pageOfSchema(contestSchema),
  });
}
