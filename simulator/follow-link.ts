import type { CookieJar } from './cookie-jar';
import type { HttpClient } from './http-client';

export type Visit = {
  url: string;
  jar: CookieJar;
  language: string;
  userAgent: string;
  /** The visitor's own address, as a proxy tells it; believed only by an instance that trusts us as its proxy. */
  forwardedFor?: string;
};

/** `got` says what came instead of a redirect with our click id, in a few words. */
export type FollowedLink = { ok: true; clickId: string; landing: URL } | { ok: false; got: string };

const CLICK_ID = /clk_[0-7][0-9a-hjkmnp-tv-z]{25}/;

/** Asks for an advertisement's link as a browser does, cookies included; the landing page itself is not visited. */
export async function followLink(
  http: HttpClient,
  { url, jar, language, userAgent, forwardedFor }: Visit,
): Promise<FollowedLink> {
  const cookie = jar.header();
  const answer = await http.send({
    method: 'GET',
    url,
    headers: {
      accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
      'accept-language': language,
      'user-agent': userAgent,
      ...(cookie !== null && { cookie }),
      ...(forwardedFor !== undefined && { 'x-forwarded-for': forwardedFor }),
    },
  });
  jar.store(answer.headers['set-cookie']);
  const { location } = answer.headers;
  if (typeof location !== 'string') return { ok: false, got: String(answer.status) };
  const clickId = CLICK_ID.exec(location)?.[0];
  if (answer.status !== 302 || clickId === undefined) {
    return { ok: false, got: `${answer.status} to ${location}` };
  }
  return { ok: true, clickId, landing: new URL(location) };
}
