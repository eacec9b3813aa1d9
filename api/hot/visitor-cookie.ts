import { parseId, type VisitorId } from '../../domain/ids';
import { DAY_MS, SECOND_MS } from '../../domain/time';

const NAME = 'cc_vid';
const MAX_AGE_SECONDS = (30 * DAY_MS) / SECOND_MS;

/** The visitor that the browser was told to be; null when it brings none, or something that is no visitor id. */
export function readVisitorCookie(header: string | undefined): VisitorId | null {
  for (const pair of (header ?? '').split(';')) {
    const [name, value = ''] = pair.trim().split('=', 2);
    const visitorId = name === NAME ? parseId('vis', value) : null;
    if (visitorId !== null) return visitorId;
  }
  return null;
}

/** First-party and set by the server, so scripts cannot read it; Lax still sends it on a click from another site. */
export function visitorCookie(visitorId: VisitorId, options: { readonly secure: boolean }): string {
  const secure = options.secure ? '; Secure' : '';
  return `${NAME}=${visitorId}; Max-Age=${MAX_AGE_SECONDS}; Path=/; HttpOnly; SameSite=Lax${secure}`;
}
