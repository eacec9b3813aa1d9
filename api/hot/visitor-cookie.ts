import { parseId, type VisitorId } from '../../domain/ids';
import { DAY_MS, SECOND_MS } from '../../domain/time';

const NAME = 'cc_vid';
const GIVEN = `${NAME}=`;
const MAX_AGE_SECONDS = (30 * DAY_MS) / SECOND_MS;

/** The visitor that the browser was told to be; null when it brings none, or something that is no visitor id. Every click asks. */
export function readVisitorCookie(header: string | undefined): VisitorId | null {
  const text = header ?? '';
  for (let at = text.indexOf(GIVEN); at >= 0; at = text.indexOf(GIVEN, at + GIVEN.length)) {
    const start = at + GIVEN.length;
    const end = text.indexOf(';', start);
    const isName = at === 0 || /[;\s]/.test(text.charAt(at - 1));
    const visitorId = isName ? parseId('vis', text.slice(start, end < 0 ? undefined : end).trimEnd()) : null;
    if (visitorId !== null) return visitorId;
  }
  return null;
}

/** First-party and set by the server, so scripts cannot read it; Lax still sends it on a click from another site. */
export function visitorCookie(visitorId: VisitorId, options: { readonly secure: boolean }): string {
  const secure = options.secure ? '; Secure' : '';
  return `${NAME}=${visitorId}; Max-Age=${MAX_AGE_SECONDS}; Path=/; HttpOnly; SameSite=Lax${secure}`;
}
