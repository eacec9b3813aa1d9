import { parse } from 'yaml';
import { z } from 'zod';

const service = z.looseObject({
  image: z.string(),
  build: z.string().optional(),
  container_name: z.string().optional(),
  command: z.array(z.string()).default([]),
  restart: z.string().optional(),
  depends_on: z.record(z.string(), z.looseObject({ condition: z.string() })).default({}),
  environment: z.record(z.string(), z.string()).default({}),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  networks: z.array(z.string()).default([]),
  healthcheck: z
    .looseObject({ disable: z.boolean().default(false), test: z.array(z.string()).optional() })
    .optional(),
  stop_grace_period: z.string().optional(),
  deploy: z
    .looseObject({
      replicas: z.string().optional(),
      resources: z.object({ limits: z.looseObject({ memory: z.string() }) }).optional(),
    })
    .default({}),
});

const composeFile = z.looseObject({
  services: z.record(z.string(), service),
  networks: z.record(z.string(), z.unknown()),
  volumes: z.record(z.string(), z.unknown()),
});

export type ComposeService = z.output<typeof service>;
export type ComposeFile = z.output<typeof composeFile>;

/**
 * A compose file in the form that this project writes: lists as lists, maps as maps, values as text. With `values`, the
 * variables are put in, as compose does it: after the YAML was read, so that a value stays one text whatever is in it.
 * Throws for a file of another form, and for a variable that is required and missing.
 */
export function parseCompose(text: string, values?: Readonly<Record<string, string>>): ComposeFile {
  const tree: unknown = parse(text, { merge: true });
  return composeFile.parse(values === undefined ? tree : putIn(tree, values));
}

function putIn(tree: unknown, values: Readonly<Record<string, string>>): unknown {
  if (typeof tree === 'string') return interpolate(tree, values);
  if (Array.isArray(tree)) return tree.map((item) => putIn(item, values));
  if (typeof tree !== 'object' || tree === null) return tree;
  return Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, putIn(value, values)]));
}

/** A reference to a variable that holds no other reference. */
const INNERMOST = /\$\{(?<name>[A-Za-z_]\w*)(?:(?<operator>:?[-?])(?<word>[^${}]*))?\}/;

export type Reference = {
  readonly name: string;
  /** The value that stands in for an unset variable; null when there is none. */
  readonly fallback: string | null;
  readonly isRequired: boolean;
};

/** Every `${…}` of a text, in order. */
export function references(text: string): Reference[] {
  return [...text.matchAll(new RegExp(INNERMOST, 'g'))].map(({ groups }) => ({
    name: groups?.name ?? '',
    fallback: groups?.operator?.endsWith('-') === true ? (groups.word ?? '') : null,
    isRequired: groups?.operator?.endsWith('?') === true,
  }));
}

/** The text with its variables put in, as compose does it; throws for a required one that is unset or empty. */
export function interpolate(text: string, values: Readonly<Record<string, string>>): string {
  let current = text;
  for (let match = INNERMOST.exec(current); match !== null; match = INNERMOST.exec(current)) {
    const { name = '', operator = '', word = '' } = match.groups ?? {};
    const value = values[name];
    const isMissing = value === undefined || (operator.startsWith(':') && value === '');
    if (isMissing && operator.endsWith('?')) throw new Error(`${name} is required: ${word}`);
    current = current.replace(match[0], () => (isMissing ? word : value));
  }
  return current;
}
