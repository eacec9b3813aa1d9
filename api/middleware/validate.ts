import type { Request } from 'express';
import type { z } from 'zod';
import { AppError, type FieldProblem } from '../../domain/errors';
import { type Id, type IdPrefix, parseId } from '../../domain/ids';

/** The body as the schema reads it. Throws 400 invalid_request that names every field that does not fit. */
export function parseBody<Schema extends z.ZodType>(schema: Schema, req: Request): z.output<Schema> {
  return parse(schema, req.body, 'The body does not fit: see errors.');
}

/** The query as the schema reads it; a parameter given twice is an array. Throws 400 invalid_request. */
export function parseQuery<Schema extends z.ZodType>(schema: Schema, req: Request): z.output<Schema> {
  return parse(schema, req.query, 'The query does not fit: see errors.');
}

/** The id in a path parameter. What is no id of this kind names nothing: 404, like an id of somebody else. */
export function parsePathId<P extends IdPrefix>(prefix: P, req: Request, parameter: string): Id<P> {
  const text = req.params[parameter];
  const id = typeof text === 'string' ? parseId(prefix, text) : null;
  if (id === null) throw notFound();
  return id;
}

/** The answer to an id that names nothing in the asker's workspace. */
export function notFound(): AppError {
  return new AppError('not_found', 'There is nothing with this id.');
}

/** A refusal of one field that only the database or the clock can judge. */
export function fieldProblem(path: string, message: string): AppError {
  return new AppError('invalid_request', `${path}: ${message}.`, { errors: [{ path, message }] });
}

function parse<Schema extends z.ZodType>(schema: Schema, input: unknown, detail: string): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new AppError('invalid_request', detail, { errors: fieldProblems(parsed.error) });
}

/** At most this many problems are listed: a body of a thousand wrong fields is one mistake. */
const MAX_PROBLEMS = 20;
const MAX_PATH_LENGTH = 200;

/** Zod's issues as `{path, message}`, one per unknown field, paths in the form `cpa.amount` or `events.0`. */
export function fieldProblems(error: z.ZodError): FieldProblem[] {
  return error.issues.flatMap(issueProblems).slice(0, MAX_PROBLEMS);
}

function issueProblems(issue: z.core.$ZodIssue): FieldProblem[] {
  const path = issue.path.map(String);
  if (issue.code !== 'unrecognized_keys') return [{ path: pathText(path), message: issue.message }];
  return issue.keys.map((key) => ({ path: pathText([...path, key]), message: 'is not a known field' }));
}

function pathText(path: readonly string[]): string {
  return path.join('.').slice(0, MAX_PATH_LENGTH);
}
