import type { ServerResponse } from 'node:http';

/** The smallest picture there is: one transparent pixel, GIF89a, 43 bytes. */
const PIXEL = Buffer.from('R0lGODlhAQABAIAAAP///wAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==', 'base64');

const RETRY_AFTER_SECONDS = 2;

/**
 * Answers with the pixel, whatever happened: a broken image on a partner's page helps nobody. The status says 503
 * when nothing could be recorded; it is never cached, and any site may show it.
 */
export function sendPixel(res: ServerResponse, outcome: 'answered' | 'unavailable' = 'answered'): void {
  res.setHeader('cache-control', 'no-store, no-cache, must-revalidate, private');
  res.setHeader('content-type', 'image/gif');
  res.setHeader('cross-origin-resource-policy', 'cross-origin');
  res.setHeader('x-content-type-options', 'nosniff');
  if (outcome === 'unavailable') res.setHeader('retry-after', String(RETRY_AFTER_SECONDS));
  res.setHeader('content-length', PIXEL.length);
  res.writeHead(outcome === 'unavailable' ? 503 : 200).end(PIXEL);
}
