import type { FieldProblem } from '../../domain/errors';

const MAX_DEPTH = 32;
/** Names that reach a prototype when a careless merge copies them. */
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
// Postgres stores neither: NUL ends a C string, and half a surrogate pair is no character.
const UNSTORABLE = /\0|\p{Surrogate}/u;
const MAX_PATH_LENGTH = 200;

type Place = { readonly value: unknown; readonly path: readonly string[] };

/** The first thing in a parsed JSON value that must not be stored or merged, with its path; null when it is safe. */
export function unsafeContent(root: unknown): FieldProblem | null {
  const waiting: Place[] = [{ value: root, path: [] }];
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
    const message = problemOf(place);
    if (message !== null) return { path: printable(place.path), message };
    // One by one: a spread of a hundred thousand items overflows the stack.
    for (const child of childrenOf(place)) waiting.push(child);
  }
  return null;
}

function problemOf({ value, path }: Place): string | null {
  if (path.length > MAX_DEPTH) return `is nested deeper than ${MAX_DEPTH} levels`;
  const key = path.at(-1) ?? '';
  if (FORBIDDEN_KEYS.has(key)) return 'has a name that is not allowed';
  if (UNSTORABLE.test(key)) return 'has a NUL character or half a character in its name';
  if (typeof value === 'string' && UNSTORABLE.test(value)) return 'holds a NUL character or half a character';
  if (typeof value === 'number' && !Number.isFinite(value)) return 'is a number out of range';
  return null;
}

function childrenOf({ value, path }: Place): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).map(([key, child]) => ({ value: child as unknown, path: [...path, key] }));
}

function printable(path: readonly string[]): string {
  return path
    .join('.')
    .replace(/[\p{Cc}\p{Surrogate}]/gu, '?')
    .slice(0, MAX_PATH_LENGTH);
}
