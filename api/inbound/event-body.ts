import type { z } from 'zod';
import { AppError, type FieldProblem } from '../../domain/errors';
import { fieldProblems } from '../middleware/validate';
import { isUnresolvedMacro } from './unresolved-macro';

/** A body read through its schema, under the canonical names. */
export type KnownFields<Fields> = {
  readonly fields: Fields;
  /** How many fields of the body the schema does not know. */
  readonly unknownFields: number;
  /** As sent. */
  readonly body: unknown;
  /** The sender's own spelling of a canonical path, so that an answer names what the sender can find. */
  spelling(path: string): string;
};

/** Fields that are compared as identities: a macro in one of them would make strangers equal. */
const ID_FIELDS = ['eventId', 'transactionId', 'playerId', 'clickId', 'depositEventId'];

/**
 * Reads an event body whose fields may be spelled in camelCase, in snake_case, or as one of `aliases` (alias →
 * canonical name). Throws 400 unresolved_macro for an id that is a placeholder, 400 invalid_request for everything
 * else, each with the fields in the sender's spelling.
 */
export function readEventBody<Fields extends Record<string, unknown>>(
  schema: z.ZodObject & z.ZodType<Fields>,
  body: unknown,
  aliases: Readonly<Record<string, string>> = {},
): KnownFields<Fields> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new AppError('invalid_request', 'Send one event as a JSON object.');
  }
  const { known, spellings, unknownFields } = canonicalNames(
    body,
    new Set(Object.keys(schema.shape)),
    aliases,
  );
  const spelling = (path: string): string => {
    const [first = '', ...rest] = path.split('.');
    return [spellings.get(first) ?? first, ...rest].join('.');
  };
  refuseMacros(known, spelling);
  // A visitor who was sent on untracked arrives with an empty click id, and that must not cost the event.
  if (known.clickId === '') known.clickId = null;
  return checkFields(schema, { known, unknownFields, body, spelling });
}

/** Reads fields that stand under their canonical names already. Throws 400 invalid_request. */
export function checkFields<Fields extends Record<string, unknown>>(
  schema: z.ZodType<Fields>,
  given: Omit<KnownFields<Fields>, 'fields'> & { readonly known: Readonly<Record<string, unknown>> },
): KnownFields<Fields> {
  const { known, ...rest } = given;
  const parsed = schema.safeParse(known);
  if (parsed.success) return { ...rest, fields: parsed.data };
  const problems = fieldProblems(parsed.error);
  throw refusal(problems.map((problem) => ({ ...problem, path: given.spelling(problem.path) })));
}

function canonicalNames(
  body: object,
  names: ReadonlySet<string>,
  aliases: Readonly<Record<string, string>>,
): { known: Record<string, unknown>; spellings: Map<string, string>; unknownFields: number } {
  const known: Record<string, unknown> = {};
  const spellings = new Map<string, string>();
  let unknownFields = 0;
  for (const [sent, value] of Object.entries(body) as [string, unknown][]) {
    const camel = sent.replace(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());
    const name = aliases[camel] ?? camel;
    if (!names.has(name)) unknownFields += 1;
    else if (spellings.has(name) && JSON.stringify(known[name]) !== JSON.stringify(value)) {
      const other = spellings.get(name) ?? name;
      throw refusal([{ path: sent, message: `says something else than ${other}` }]);
    } else {
      known[name] = value;
      spellings.set(name, sent);
    }
  }
  return { known, spellings, unknownFields };
}

function refuseMacros(known: Readonly<Record<string, unknown>>, spelling: (path: string) => string): void {
  const errors = ID_FIELDS.filter((name) => {
    const value = known[name];
    return typeof value === 'string' && isUnresolvedMacro(value);
  }).map((name) => ({ path: spelling(name), message: 'is a placeholder that was never filled in' }));
  if (errors.length === 0) return;
  const fields = errors.map(({ path }) => path).join(', ');
  throw new AppError('unresolved_macro', `${fields}: fill in the placeholder before sending the event.`, {
    errors,
  });
}

function refusal(errors: readonly FieldProblem[]): AppError {
  return new AppError('invalid_request', 'The body does not fit: see errors.', { errors });
}
