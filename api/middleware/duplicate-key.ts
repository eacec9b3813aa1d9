import type { FieldProblem } from '../../domain/errors';

type Level = { readonly keys: Set<string> | null; name: string; index: number };

const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const AFTER_KEY = /\s*:/y;
const MAX_PATH_LENGTH = 200;

/**
 * The first object key of a valid JSON text that is given twice, with its path; null when none is. JSON.parse, whose
 * `value` it was, keeps the last one without a word, and a sender and a proxy in between may read the first. Of a text
 * without such a key the names are only counted: whatever the parser dropped is missing from the value.
 */
export function duplicateKey(text: string, value: unknown): FieldProblem | null {
  return namesWritten(text) === namesKept(value) ? null : firstDuplicate(text);
}

/** A colon outside of a string follows a name, and each name has one. */
function namesWritten(text: string): number {
  let names = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === COLON) names += 1;
    else if (code === QUOTE) at = closingQuote(text, at);
  }
  return names;
}

function namesKept(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let names = 0;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) names += namesKept(value[index]);
    return names;
  }
  for (const name in value) names += 1 + namesKept((value as Record<string, unknown>)[name]);
  return names;
}

function firstDuplicate(text: string): FieldProblem | null {
  const levels: Level[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const level = levels.at(-1);
    switch (text.charAt(at)) {
      case '{':
        levels.push({ keys: new Set(), name: '', index: 0 });
        break;
      case '[':
        levels.push({ keys: null, name: '0', index: 0 });
        break;
      case '}':
      case ']':
        levels.pop();
        break;
      case ',':
        if (level?.keys === null) nextItem(level);
        break;
      case '"': {
        const start = at;
        at = closingQuote(text, start);
        AFTER_KEY.lastIndex = at + 1;
        if (level?.keys && AFTER_KEY.test(text)) {
          level.name = JSON.parse(text.slice(start, at + 1)) as string;
          if (level.keys.has(level.name)) return { path: pathOf(levels), message: 'is given twice' };
          level.keys.add(level.name);
        }
        break;
      }
      default:
    }
  }
  return null;
}

/** By hand: a regular expression keeps a backtracking point per character and fails on a string of a megabyte. */
function closingQuote(text: string, openingQuote: number): number {
  let at = openingQuote + 1;
  for (;;) {
    const code = text.charCodeAt(at);
    // Beyond the end it is no number.
    if (code === QUOTE || Number.isNaN(code)) return at;
    at += code === BACKSLASH ? 2 : 1;
  }
}

function nextItem(level: Level): void {
  level.index += 1;
  level.name = String(level.index);
}

function pathOf(levels: readonly Level[]): string {
  return levels
    .map((level) => level.name)
    .join('.')
    .slice(0, MAX_PATH_LENGTH);
}
