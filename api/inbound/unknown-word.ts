import type { EventKind } from '../../domain/facts';
import { eventKindOf, foldWord, isRefund, statusOf } from './s2s-words';

const MAX_WORD_LENGTH = 100;

export const WORD_RULE = `must be a word of 1 to ${MAX_WORD_LENGTH} characters`;

/** A sender's own word as it is kept and compared; null for what is none. */
export function readWord(text: string): string | null {
  const word = foldWord(text);
  return word !== '' && word.length <= MAX_WORD_LENGTH && !/\p{C}/u.test(word) ? word : null;
}

/**
 * What everybody understands by a word, so that no mapping of it would ever be asked; null for a word that needs one.
 * A word for a status may still be mapped to an event: some senders report nothing else.
 */
export function commonMeaning(word: string, mappedTo: EventKind | null): string | null {
  if (isRefund(word)) return 'refund';
  return eventKindOf(word) ?? (mappedTo === null ? statusOf(word) : null);
}
