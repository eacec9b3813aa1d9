const MAX_EXCERPT_CHARACTERS = 500;
/** More undecodable characters than this share means compressed or otherwise binary content. */
const BINARY_SHARE = 0.1;
// Control, format (with the bidirectional overrides), line and paragraph separators, lone surrogates.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu;

/**
 * The beginning of a response as one line that is safe to store, log and show: at most 500 characters, no control
 * characters. Binary content becomes `[binary]`.
 */
export function excerptOf(bytes: Uint8Array): string {
  // Four bytes are the longest UTF-8 character, so this slice always covers the excerpt.
  const text = new TextDecoder().decode(bytes.subarray(0, MAX_EXCERPT_CHARACTERS * 4));
  const head = [...text].slice(0, MAX_EXCERPT_CHARACTERS);
  const undecodable = head.filter((character) => character === '\uFFFD').length;
  if (head.includes('\0') || undecodable > head.length * BINARY_SHARE) return '[binary]';
  return head.join('').replace(UNPRINTABLE, ' ').trim();
}
