import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import type { Scenario } from '../../db/stores/scenario-store';
import { SATURDAY, SCENARIO_KINDS, SCENARIO_TEMPLATES, SUNDAY } from '../../domain/scenario/scenario';
import { dayField, shownDay, timeZoneField } from './calendar';
import { changeOf, instantJson, nameField, shownId, shownInstant } from './fields';
import { registerOperation } from './operation';
import { registerResource } from './resource-operations';

const RECURRENCES = ['weekends', 'weekdays'] as const;
const WEEKDAYS_OF: Readonly<Record<(typeof RECURRENCES)[number], readonly number[]>> = {
  weekends: [SATURDAY, SUNDAY],
  weekdays: [1, 2, 3, 4, 5],
};

function tagField() {
  return z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'must be 1 to 64 lower-case letters, digits, _ or -');
}

/** Which days of the week recur, by a word or by their ISO numbers; null: every day. */
function recurrenceField() {
  return z
    .union([z.enum(RECURRENCES), z.array(z.int().min(1).max(SUNDAY)).min(1).max(SUNDAY)])
    .nullable()
    .transform((given): readonly number[] | null => {
      if (given === null) return null;
      if (typeof given === 'string') return WEEKDAYS_OF[given];
      return [...new Set(given)].sort((a, b) => a - b);
    })
    .meta({
      description: '`weekends`, `weekdays`, or ISO days of the week (Monday is 1); null: every day.',
      oneOf: [
        { type: 'string', enum: [...RECURRENCES] },
        { type: 'array', items: { type: 'integer', minimum: 1, maximum: SUNDAY } },
        { type: 'null' },
      ],
    });
}

const openEnd = 'The last day; null: until further notice.';

export const createScenarioBody = z
  .strictObject({
    name: nameField(),
    kind: z.enum(SCENARIO_KINDS),
    tag: tagField(),
    from: dayField(),
    to: dayField().nullable().meta({ description: openEnd }),
    recurrence: recurrenceField().optional(),
    timeZone: timeZoneField(),
  })
  .meta({ id: 'NewScenario' });

export const changeScenarioBody = changeOf({
  name: nameField().optional(),
  kind: z.enum(SCENARIO_KINDS).optional(),
  tag: tagField().optional(),
  from: dayField().optional(),
  to: dayField().nullable().optional().meta({ description: openEnd }),
  recurrence: recurrenceField().optional(),
  timeZone: timeZoneField().optional(),
}).meta({ id: 'ScenarioChange' });

const scenarioSchema = z
  .object({
    scenarioId: shownId('scn'),
    name: z.string(),
    kind: z.enum(SCENARIO_KINDS),
    tag: z.string(),
    from: shownDay(),
    to: shownDay().nullable(),
    weekdays: z.array(z.int()).nullable().meta({ description: 'ISO days of the week; null: every day.' }),
    timeZone: z.string(),
    createdAt: shownInstant(),
  })
  .meta({ id: 'Scenario' });

export function scenarioJson(scenario: Scenario): z.input<typeof scenarioSchema> {
  const { scenarioId, name, kind, tag, timeZone } = scenario;
  return {
    ...{ scenarioId, name, kind, tag, timeZone },
    from: scenario.fromDay,
    to: scenario.toDay,
    weekdays: scenario.weekdays === null ? null : [...scenario.weekdays],
    createdAt: instantJson(scenario.createdAtMs),
  };
}

const templatesSchema = z
  .object({
    data: z.array(
      z.object({
        name: z.string(),
        kind: z.enum(SCENARIO_KINDS),
        tag: z.string(),
        recurrence: z.array(z.int()).nullable(),
        description: z.string(),
      }),
    ),
  })
  .meta({ id: 'ScenarioTemplates' });

export function scenarioTemplatesJson(): z.input<typeof templatesSchema> {
  return {
    data: SCENARIO_TEMPLATES.map(({ weekdays, ...template }) => ({
      ...template,
      recurrence: weekdays === null ? null : [...weekdays],
    })),
  };
}

export function registerScenarioPaths(registry: OpenAPIRegistry): void {
  registerResource(registry, {
    tag: 'Value',
    path: '/v1/scenarios',
    one: 'scenario',
    prefix: 'scn',
    idName: 'scenarioId',
    createBody: createScenarioBody,
    changeBody: changeScenarioBody,
    answer: scenarioSchema,
  });
  registerOperation(registry, {
    method: 'get',
    path: '/v1/scenario-templates',
    operationId: 'listScenarioTemplates',
    summary: 'List the scenarios that most teams begin with; post one with its days and time zone',
    tag: 'Value',
    scope: 'read',
    status: 200,
    answer: templatesSchema,
  });
}
