import fc from 'fast-check';
import { DEVICES, deviceOf } from './device';

const WEBKIT = 'AppleWebKit/537.36 (KHTML, like Gecko)';

describe('deviceOf', () => {
  it.each([
    [`Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) ${WEBKIT} Mobile/15E148 Safari/604.1`, 'mobile'],
    [`Mozilla/5.0 (Linux; Android 15; Pixel 9) ${WEBKIT} Chrome/142.0.0.0 Mobile Safari/537.36`, 'mobile'],
    [`Mozilla/5.0 (Linux; Android 14; SM-X710) ${WEBKIT} Chrome/142.0.0.0 Safari/537.36`, 'tablet'],
    [`Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) ${WEBKIT} Mobile/15E148 Safari/604.1`, 'tablet'],
    [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/142.0.0.0 Safari/537.36`, 'desktop'],
    [`Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${WEBKIT} Version/18.0 Safari/605.1.15`, 'desktop'],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'desktop'],
    ['Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) Chrome/142.0.0.0 Safari/537.36', 'desktop'],
    [`Mozilla/5.0 (SMART-TV; Linux; Tizen 8.0) ${WEBKIT} Version/8.0 TV Safari/537.36`, 'tv'],
    [`Mozilla/5.0 (Linux; Android 12; BRAVIA 4K) ${WEBKIT} Chrome/120.0.0.0 Safari/537.36`, 'tv'],
    ['Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)', null],
    ['curl/8.5.0', null],
    ['', null],
    [null, null],
  ])('%s: %s', (userAgent, device) => {
    expect(deviceOf(userAgent)).toBe(device);
  });

  it('is one of few words for whatever anybody sends', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 5_000 }), (text) => {
        expect([...DEVICES, null]).toContain(deviceOf(text));
      }),
    );
  });

  it('looks at no more than a browser would say', () => {
    expect(deviceOf(`${'x '.repeat(600)}iPhone`)).toBeNull();
  });
});
