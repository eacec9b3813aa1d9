import { mintId } from '../../db/mint-id';
import { newApiKey } from '../../db/new-secret';
import { shownPath } from './request-log';

const KEY = newApiKey();
const OFFER = mintId('off', Date.UTC(2026, 2, 1));

describe('a path in the log', () => {
  it.each([
    ['/v1/offers', '/v1/offers'],
    [`/v1/offers/${OFFER}/status-mappings`, `/v1/offers/${OFFER}/status-mappings`],
    ['/v1/a-path-of-many-words/rotate', '/v1/a-path-of-many-words/rotate'],
    [`/webhooks/adjust/${KEY}`, '/webhooks/adjust/[key]'],
    [`//Webhooks//AppsFlyer//${KEY}/x`, '//Webhooks//AppsFlyer//[key]'],
    [`/webhooks/ajust/${KEY}`, '/webhooks/ajust/[hidden]'],
    [`/webhooks/ajust/${KEY.slice(3, 30)}`, '/webhooks/ajust/[hidden]'],
    [`/v1/offers/${OFFER.toUpperCase()}`, '/v1/offers/[hidden]'],
    ['/v1/my-own-admin-key-2026', '/v1/[hidden]'],
    ['', ''],
  ])('%s', (path, shown) => {
    expect(shownPath(path)).toBe(shown);
  });

  it('is cut, and nothing of a key is left at its end', () => {
    const shown = shownPath(`/${'a/'.repeat(93)}${KEY}/${'b/'.repeat(5_000)}`);
    expect(shown).toHaveLength(200);
    expect(shown).not.toContain(KEY.slice(0, 12));
  });
});
