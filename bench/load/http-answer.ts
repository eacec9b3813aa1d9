/** As much of an answer as a load generator wants to know. */
export type HttpAnswer = { readonly status: number; readonly text: string };

const HEAD_END = '\r\n\r\n';
const LAST_CHUNK = '\r\n0\r\n\r\n';
const STATUS_AT = 'HTTP/1.1 '.length;
const CONTENT_LENGTH = /\r\ncontent-length: *(\d+)/i;

/** The answer in these bytes (as latin1), or null while a part of it is still on its way. One answer at a time. */
export function answerIn(text: string): HttpAnswer | null {
  const headEnd = text.indexOf(HEAD_END);
  if (headEnd < 0) return null;
  const bodyAt = headEnd + HEAD_END.length;
  const isWhole =
    text.endsWith(LAST_CHUNK) || text.length - bodyAt >= Number(CONTENT_LENGTH.exec(text)?.[1] ?? Infinity);
  return isWhole ? { status: Number(text.slice(STATUS_AT, STATUS_AT + 3)), text } : null;
}

const CLICK_ID = /clk_[0-7][0-9a-hjkmnp-tv-z]{25}/;

/** The click that this answer acknowledges: a redirect that carries its id. Null for any other answer. */
export function acknowledgedClick({ status, text }: HttpAnswer): string | null {
  if (status !== 302) return null;
  return CLICK_ID.exec(text)?.[0] ?? null;
}
