/**
 * The business key as a header. Keys contain the sender's transaction id, which may hold anything, so whatever is
 * not visible ASCII is percent-encoded; the percent sign too, so that different keys stay different.
 */
export function idempotencyHeader(key: string): Record<string, string> {
  const value = key.replace(/\p{Cs}/gu, '\uFFFD').replace(/[^\x21-\x7e]|%/gu, encodeURIComponent);
  return { 'idempotency-key': value };
}
