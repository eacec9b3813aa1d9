/** What stands in examples, images and tutorials where a secret belongs. */
const EXAMPLE_WORDS: ReadonlySet<string> = new Set(
  (
    'postgres postgresql password passwd pass pwd secret admin administrator root user test testing example default ' +
    'changeme change changeit me it this that the my your please letmein qwerty abc abcd abcdef clickchain temporal ' +
    'docker master dev development local localhost placeholder todo xxx key ck api insecure string long random here ' +
    'value db database demo guest welcome replace with'
  ).split(' '),
);
/** Hardly any word of an example is followed by that many digits; any made secret has fewer letters of examples only. */
const MIN_DIGITS = 12;
const MIN_DIFFERENT_CHARACTERS = 4;

/**
 * Whether a secret is one that everybody tries first: words of examples only, however often repeated, separated or
 * numbered, or hardly any different characters.
 */
export function isGuessable(secret: string): boolean {
  const words = secret.toLowerCase().match(/[a-z]+/g) ?? [];
  const digits = secret.replace(/\D/g, '').length;
  const saysExamplesOnly = words.every((word) => EXAMPLE_WORDS.has(word)) && digits < MIN_DIGITS;
  return saysExamplesOnly || new Set(secret).size < MIN_DIFFERENT_CHARACTERS;
}
