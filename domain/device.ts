/** What somebody held in his hand when he clicked, as reports group it. */
export const DEVICES = ['mobile', 'tablet', 'desktop', 'tv'] as const;
export type Device = (typeof DEVICES)[number];

/** In the order in which they are asked: a television and a tablet of Android would pass for a phone. */
const SIGNS: readonly (readonly [Device, RegExp])[] = [
  ['tv', /\b(?:Smart-?TV|SMART-TV|AppleTV|Apple TV|GoogleTV|Android TV|HbbTV|BRAVIA|CrKey|AFT[A-Z])/i],
  ['tablet', /\b(?:iPad|Tablet|PlayBook|Kindle|Silk(?!.*Mobile)|Android(?!.*Mobile))\b/i],
  ['mobile', /\b(?:iPhone|iPod|Android|Mobile|Mobi|Windows Phone|Opera Mini|BlackBerry)\b/i],
  ['desktop', /\b(?:Windows NT|Macintosh|X11|CrOS|Linux)\b/],
];
/** Beyond this a user agent is no browser's, and a long one must not cost a click its time. */
const MAX_LENGTH = 1_024;

/**
 * The class of device that a user agent names; null when it names none, as libraries and robots mostly do. An iPad that
 * asks for desktop pages says it is a Macintosh, and is told as one.
 */
export function deviceOf(userAgent: string | null): Device | null {
  if (userAgent === null) return null;
  const text = userAgent.slice(0, MAX_LENGTH);
  return SIGNS.find(([, sign]) => sign.test(text))?.[0] ?? null;
}
