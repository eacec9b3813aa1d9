import type { FieldProblem } from '../../domain/errors';

type Level = { readonly keys: Set<string> | null; name: string; index: number };

const AFTER_KEY = /\s*:/y;
const MAX_PATH_LENGTH = 200;

/**
 * The first object key of a valid JSON text that is given twice, with its path; null when none is. JSON.parse
 * keeps the last one without a word, and a sender and a proxy in between may read the first.
 */
export function duplicateKey(text: string): FieldProblem | null {
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
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
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
