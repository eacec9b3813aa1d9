import type { FieldProblem } from '../../domain/errors';

const MAX_DEPTH = 32;
/** Names that reach a prototype when a careless merge copies them. */
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
// Postgres stores neither: NUL ends a C string, and half a surrogate pair is no character.
const UNSTORABLE = /\0|\p{Surrogate}/u;
const MAX_PATH_LENGTH = 200;

/** What must not stay, and the names that lead to it, the innermost first. */
type Found = { readonly message: string; readonly names: string[] };

/**
 * The first thing in a parsed JSON value that must not be stored or merged, with its path; null when it is safe. Looks
 * at each value once and makes nothing for it, because strangers choose how many there are: the path is put together on
 * the way back from a problem.
 */
export function unsafeContent(root: unknown): FieldProblem | null {
  const found = findIn(root, 0);
  return found === null ? null : { path: printable(found.names.reverse()), message: found.message };
}

/** Calls itself once per level, and levels are few. */
function findIn(value: unknown, depth: number): Found | null {
  if (depth > MAX_DEPTH) return here(`is nested deeper than ${MAX_DEPTH} levels`);
  if (typeof value === 'string') {
    return UNSTORABLE.test(value) ? here('holds a NUL character or half a character') : null;
  }
  if (typeof value === 'number') return Number.isFinite(value) ? null : here('is a number out of range');
  if (typeof value !== 'object' || value === null) return null;
  return Array.isArray(value) ? findInList(value, depth) : findInObject(value, depth);
}

function findInList(list: readonly unknown[], depth: number): Found | null {
  for (let index = 0; index < list.length; index += 1) {
    const found = findIn(list[index], depth + 1);
    if (found !== null) return below(String(index), found);
  }
  return null;
}

function findInObject(object: object, depth: number): Found | null {
  // What JSON.parse has made inherits no name that could be listed.
  for (const name in object) {
    const found = nameProblem(name) ?? findIn((object as Record<string, unknown>)[name], depth + 1);
    if (found !== null) return below(name, found);
  }
  return null;
}

function nameProblem(name: string): Found | null {
  if (FORBIDDEN_KEYS.has(name)) return here('has a name that is not allowed');
  return UNSTORABLE.test(name) ? here('has a NUL character or half a character in its name') : null;
}

function here(message: string): Found {
  return { message, names: [] };
}

function below(name: string, found: Found): Found {
  found.names.push(name);
  return found;
}

function printable(path: readonly string[]): string {
  return path
    .join('.')
    .replace(/[\p{Cc}\p{Surrogate}]/gu, '?')
    .slice(0, MAX_PATH_LENGTH);
}
