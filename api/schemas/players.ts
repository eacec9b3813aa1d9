import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import type { PlayerProfile } from '../../db/read-models/player-detail';
import type { PlayerWorth } from '../../db/read-models/player-worth';
import type { TimelineEntry } from '../../db/read-models/timeline-entry';
import { shownId, shownInstant } from './fields';
import { registerOperation } from './operation';
import { textFilter } from './text-filter';
import { timelineSchema } from './verdict-and-timeline';

export const playerQuery = z.strictObject({
  brand: textFilter().optional().meta({ description: 'The brand’s name.' }),
});

const ltvSchema = z
  .object({
    currency: z.string(),
    deposits: z.object({
      count: z.int(),
      total: z.string(),
      average: z.string().nullable(),
      first: shownInstant().nullable(),
      last: shownInstant().nullable(),
    }),
    chargebacks: z.object({ count: z.int(), total: z.string() }),
    withdrawals: z.object({ count: z.int(), total: z.string() }),
    ngr: z.string().nullable().meta({
      description: 'Net gaming revenue, each period as restated last; null when none was supplied.',
    }),
  })
  .meta({ id: 'LifetimeValue' });

const frequencySchema = z
  .object({
    deposits: z.int().meta({ description: 'That stand, whatever their currency.' }),
    daysActive: z.int().meta({ description: 'Days of UTC with at least one deposit.' }),
    depositsPerActiveDay: z.number().nullable(),
    depositsPer30Days: z.number().nullable().meta({
      description: 'Since the first deposit; who is younger than 30 days counts as 30 days old.',
    }),
    recencyDays: z.int().nullable().meta({ description: 'Whole days since the last deposit.' }),
  })
  .meta({ id: 'PlayFrequency' });

const segmentSchema = z
  .object({
    segment: z.string().nullable().meta({ description: 'Null when no rule fits.' }),
    rulesVersion: z.int(),
    because: z.array(z.string()).readonly(),
  })
  .meta({ id: 'PlayerSegment' });

export const playerSchema = z
  .object({
    playerId: shownId('ply'),
    brand: z.string(),
    externalId: z.string().meta({ description: 'The casino’s own id.' }),
    clickId: shownId('clk').nullable(),
    partnerId: shownId('ptn').nullable(),
    dealVersion: z.int().nullable(),
    bindingReason: z.string().nullable().meta({ description: 'Null until an event bound the player.' }),
    provisional: z
      .boolean()
      .nullable()
      .meta({ description: 'Bound by a deposit; a registration that arrives later decides anew.' }),
    registeredAt: shownInstant().nullable(),
    exclusions: z
      .array(z.object({ from: shownInstant(), until: shownInstant().nullable() }))
      .readonly()
      .meta({ description: 'Self-exclusions; `until` null: for good.' }),
    ltv: z.array(ltvSchema).readonly(),
    frequency: frequencySchema,
    segment: segmentSchema,
    timeline: timelineSchema,
  })
  .meta({ id: 'Player' });

export function playerJson(
  player: PlayerProfile,
  { habit, frequency, segmentation }: PlayerWorth,
  timeline: readonly TimelineEntry[],
): z.input<typeof playerSchema> {
  const { deposits, daysActive } = habit;
  return {
    ...player,
    frequency: {
      ...{ deposits, daysActive, recencyDays: frequency.recencyDays },
      depositsPerActiveDay: fromHundredths(frequency.perActiveDay),
      depositsPer30Days: fromHundredths(frequency.per30Days),
    },
    segment: segmentation,
    timeline,
  };
}

function fromHundredths(value: number | null): number | null {
  return value === null ? null : value / 100;
}

export function registerPlayerPaths(registry: OpenAPIRegistry): void {
  registerOperation(registry, {
    method: 'get',
    path: '/v1/players/{playerId}',
    operationId: 'getPlayer',
    summary: 'Get a player by the casino’s own id or ours, with lifetime value and timeline',
    tag: 'Players',
    scope: 'read',
    params: z.object({ playerId: z.string() }),
    query: playerQuery,
    status: 200,
    answer: playerSchema,
  });
}
