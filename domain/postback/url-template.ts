/**
 * URL templates: an absolute http(s) URL in which `{name}` stands for a value known later. One engine serves the
 * partner's postback URL and the campaign's landing URL, so both keep the same promise: whatever the values are,
 * the rendered URL has the template's scheme, host and port, and the template's number of path segments.
 */

export type TemplateCheck = { ok: true } | { ok: false; problem: string };

export type TemplateRules = {
  /** The macros this kind of template may use. */
  macros: readonly string[];
  /** A postback's fragment would never be sent, so only landing pages may have one. */
  allowFragment: boolean;
};

/** Long enough for every tracker seen; short enough that 20 filled macros still fit common 8 kB request lines. */
const MAX_TEMPLATE_LENGTH = 2_048;

const MACRO = /\{([^{}]*)\}/g;
const SHAPE = /^(https?:\/\/[^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?$/is;
// Printable ASCII without user info, percent signs and braces: anything else makes two URL parsers disagree.
const PLAIN_AUTHORITY = /^[a-z0-9.\-_]+(:\d{1,5})?$|^\[[0-9a-f:.]+\](:\d{1,5})?$/i;
// Whitespace, control, format and lone-surrogate characters, and the backslash, which browsers read as a slash.
const FORBIDDEN_CHARACTER = /[\s\\\p{Cc}\p{Cf}\p{Cs}]/u;
const ENCODED_CONTROL = /%(?:0[0-9a-f]|1[0-9a-f]|7f)/i;
const ENCODED_MACRO = /%7b([a-z0-9_]+)%7d/i;
const OUTSIDE_URL_ALPHABET = /[^\x21-\x7e]|["<>^`|{}]/gu;
const UNRESERVED = /^[\w.~-]*$/;
const DOT_SEGMENT = /^(?:\.|%2e){1,2}$/i;

/** The names between braces that are not in `known`, each once, in order of appearance. */
export function unknownMacros(template: string, known: readonly string[]): string[] {
  const found = [...template.matchAll(MACRO)].map((match) => match[1] ?? '');
  return [...new Set(found)].filter((name) => !known.includes(name));
}

/** Whether the template mentions the macro. */
export function usesMacro(template: string, name: string): boolean {
  return template.includes(`{${name}}`);
}

/** Decides whether a template may be stored. `problem` is a sentence for the person who wrote it. */
export function checkTemplate(template: string, rules: TemplateRules): TemplateCheck {
  const problem =
    characterProblem(template) ?? shapeProblem(template, rules) ?? macroProblem(template, rules);
  return problem === null ? { ok: true } : { ok: false, problem };
}

/** Looks up what stands for a macro; undefined becomes the empty string. */
export type LookUp = (name: string) => string | undefined;

/**
 * A template that `checkTemplate` accepted, ready to be filled many times. What it gives is ASCII. Throws when the
 * template has no recognisable origin, which means that it was never checked.
 */
export function compileTemplate(template: string): (lookUp: LookUp) => string {
  const shape = SHAPE.exec(template);
  if (!shape) throw new Error('a URL template was used that had not been checked');
  const [, origin = '', path = '', query = '', fragment = ''] = shape;
  const segments = path.split('/').map(compileSegment);
  const [fillQuery, fillFragment] = [compileText(query), compileText(fragment)];
  return (lookUp) =>
    origin + segments.map((fill) => fill(lookUp)).join('/') + fillQuery(lookUp) + fillFragment(lookUp);
}

/** Fills a template once, as `compileTemplate`. */
export function fillTemplate(template: string, lookUp: LookUp): string {
  return compileTemplate(template)(lookUp);
}

/** RFC 3986 percent-encoding that leaves only unreserved characters; a lone surrogate becomes U+FFFD. */
export function encodeValue(value: string): string {
  // Ids and most sub parameters: five times faster than finding nothing to encode.
  if (UNRESERVED.test(value)) return value;
  return encodeURIComponent(value.replace(/\p{Cs}/gu, '\uFFFD')).replace(/[!'()*]/g, percentEncode);
}

function percentEncode(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

function characterProblem(template: string): string | null {
  if (template.length > MAX_TEMPLATE_LENGTH) return `is longer than ${MAX_TEMPLATE_LENGTH} characters`;
  if (FORBIDDEN_CHARACTER.test(template)) return 'holds a space, a control character or a backslash';
  if (ENCODED_CONTROL.test(template)) return 'holds an encoded control character such as %0D or %00';
  const encoded = ENCODED_MACRO.exec(template);
  if (encoded) return `holds an encoded macro ${encoded[0]}; write it as {${encoded[1]}}`;
  return null;
}

function shapeProblem(template: string, rules: TemplateRules): string | null {
  const shape = SHAPE.exec(template);
  if (!shape) return 'must start with http:// or https://';
  const [, origin = '', , , fragment] = shape;
  const authority = origin.slice(origin.indexOf('//') + 2);
  if (/[{}]/.test(authority)) return 'has a macro before the path; scheme, host and port must be fixed';
  if (authority.includes('@')) return 'must not hold a user name or password';
  if (/[^\x21-\x7e]/.test(authority)) return 'has a host outside ASCII; write it in its xn-- form';
  if (!PLAIN_AUTHORITY.test(authority)) return 'has no valid host and port';
  if (fragment !== undefined && !rules.allowFragment)
    return 'has a #fragment, which is never sent to a server';
  const probe = URL.canParse(origin) ? new URL(origin) : null;
  return probe === null || probe.hostname === '' ? 'has no valid host and port' : null;
}

function macroProblem(template: string, rules: TemplateRules): string | null {
  const unknown = unknownMacros(template, rules.macros).map((name) => `{${name}}`);
  if (unknown.length > 0) return `has an unknown macro ${unknown.join(', ')}; ${listMacros(rules.macros)}`;
  if (/[{}]/.test(template.replace(MACRO, ''))) return 'has a brace that belongs to no macro';
  return null;
}

function listMacros(macros: readonly string[]): string {
  return macros.length === 0 ? 'this URL takes none' : `known are ${macros.join(' ')}`;
}

/**
 * A segment that became `.` or `..` would be resolved away and move the path, and `%2e` is read the same way by
 * browsers. Its dots are therefore encoded twice; no legitimate id consists of dots only.
 */
function compileSegment(segment: string): (lookUp: LookUp) => string {
  const fill = compileText(segment);
  if (!segment.includes('{')) return fill;
  return (lookUp) => {
    const filled = fill(lookUp);
    return DOT_SEGMENT.test(filled) ? filled.replace(/\.|%2e/gi, '%252E') : filled;
  };
}

function compileText(text: string): (lookUp: LookUp) => string {
  const macros: { readonly before: string; readonly name: string }[] = [];
  let position = 0;
  for (const match of text.matchAll(MACRO)) {
    macros.push({ before: encodeLiteral(text.slice(position, match.index)), name: match[1] ?? '' });
    position = match.index + match[0].length;
  }
  const rest = encodeLiteral(text.slice(position));
  return (lookUp) => {
    let filled = '';
    for (const { before, name } of macros) filled += before + encodeValue(lookUp(name) ?? '');
    return filled + rest;
  };
}

function encodeLiteral(text: string): string {
  return text.replace(OUTSIDE_URL_ALPHABET, encodeValue);
}
