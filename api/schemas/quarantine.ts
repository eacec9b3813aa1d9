import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { QUARANTINE_STATES, type QuarantinedEvent } from '../../db/read-models/quarantined-events';
import type { UnmappedWord } from '../../db/read-models/unmapped-words';
import { REPORTED_KINDS } from '../../domain/facts';
import { QUARANTINE_REASONS } from '../../domain/quarantine/explanation';
import { idField, instantField, shownId, shownInstant } from './fields';
import { registerOperation } from './operation';
import { orNull } from './or-null';
import { pageOfSchema, pageShape } from './page';

const state = z.enum(QUARANTINE_STATES).optional();

export const quarantineListQuery = z
  .strictObject({
    ...pageShape('evt'),
    status: state.meta({ default: 'waiting' }),
    state: state.meta({ description: 'The same as `status`.', deprecated: true }),
    reason: z.enum(QUARANTINE_REASONS).optional(),
    sourceId: idField('src').optional(),
    kind: z.enum(REPORTED_KINDS).optional(),
    from: instantField().optional().meta({ description: 'Came into quarantine at this time or later.' }),
    to: instantField().optional().meta({ description: 'Came into quarantine before this time.' }),
  })
  .refine(({ status, state: alias }) => status === undefined || alias === undefined || status === alias, {
    path: ['state'],
    message: 'says something else than status',
  });

const wayOut = z
  .object({
    by: z.enum(['click_appears', 'player_linked', 'time_comes', 'rule', 'mapping', 'hand']),
    at: shownInstant().optional().meta({ description: 'Of `time_comes`: when.' }),
    ruleId: shownId('qrl').optional().meta({ description: 'Of `rule`: which.' }),
    text: z.string(),
  })
  .meta({ id: 'QuarantineWayOut' });

export const quarantinedEventSchema = z
  .object({
    id: shownId('evt'),
    eventId: z.string().meta({ description: 'The sender’s own id of the event.' }),
    sourceId: shownId('src'),
    kind: z
      .enum(REPORTED_KINDS)
      .nullable()
      .meta({ description: 'Null while nobody knows what the sender’s word means.' }),
    reason: z.enum(QUARANTINE_REASONS),
    explanation: z.string().meta({ description: 'What was looked for, and what was found.' }),
    quarantinedAt: shownInstant(),
    expiredAt: shownInstant().nullable().meta({
      description: 'Since when nobody looks for its click or player any more; it can still be released.',
    }),
    releasedAt: shownInstant().nullable(),
    releasedBy: z.string().nullable().meta({
      description:
        '`click_appeared`, `player_linked`, `sweep`, `rule:<id>`, `mapping:<id>`, or the key of whoever matched it.',
    }),
    matchedClickId: shownId('clk').nullable(),
    clickRef: z.string().nullable().meta({ description: 'The click as the sender named it.' }),
    playerId: z.string().nullable().meta({ description: 'The sender’s own id of the player.' }),
    occurredAt: shownInstant(),
    isTest: z.boolean().meta({ description: 'Counts as a test: once released, it decides nothing.' }),
    words: z.array(z.string()).readonly().meta({ description: 'Unknown words of the sender, as compared.' }),
    rules: orNull(
      z
        .object({ triedAt: shownInstant(), note: z.string().meta({ example: 'ambiguous: 2 clicks' }) })
        .meta({ id: 'QuarantineRuleNote', description: 'What the rules found when they were tried last.' }),
    ),
    release: z.array(wayOut).readonly().meta({ description: 'What would release it; empty once it is.' }),
  })
  .meta({ id: 'QuarantinedEvent' });

/** The read model speaks the API's language already; this keeps the two from drifting apart. */
export function quarantinedEventJson(event: QuarantinedEvent): z.input<typeof quarantinedEventSchema> {
  return event;
}

const unmappedWord = z
  .object({
    sourceId: shownId('src'),
    source: z.string(),
    word: z.string().meta({ description: 'Without case, blanks, `_` and `-`.' }),
    usedAs: z.enum(['event', 'status']),
    waiting: z.int(),
    unfit: z.int().meta({ description: 'How many of them are mapped but do not fit what the word means.' }),
    oldestAt: shownInstant(),
    newestAt: shownInstant(),
  })
  .meta({ id: 'UnmappedWord' });

export const unmappedWordsSchema = z.object({ data: z.array(unmappedWord) });

export function unmappedWordsJson(words: readonly UnmappedWord[]): z.input<typeof unmappedWordsSchema> {
  return { data: [...words] };
}

export function registerQuarantinePaths(registry: OpenAPIRegistry): void {
  registerOperation(registry, {
    method: 'get',
    path: '/v1/quarantine',
    operationId: 'listQuarantine',
    summary: 'List what waits for its click, player, time or the meaning of a word, with why, oldest first',
    tag: 'Quarantine',
    scope: 'read',
    query: quarantineListQuery,
    status: 200,
    answer: pageOfSchema(quarantinedEventSchema),
  });
  registerOperation(registry, {
    method: 'get',
    path: '/v1/quarantine/words',
    operationId: 'listUnmappedWords',
    summary: 'Count the reports that wait for the meaning of a word, by source and word',
    tag: 'Quarantine',
    scope: 'read',
    status: 200,
    answer: unmappedWordsSchema,
  });
}
