import { CLEAN_USER_AGENTS } from '../testing/clean-journeys';
import { isRobot, isSharedByMany } from './user-agent';

const SAFARI_MAC =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15';
const CHROME_WINDOWS =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';

describe('isRobot', () => {
  it.each(CLEAN_USER_AGENTS)('no: %s', (userAgent) => {
    expect(isRobot(userAgent)).toBe(false);
  });

  it.each([
    'curl/8.5.0',
    'python-requests/2.32.3',
    'Go-http-client/2.0',
    'facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)',
    'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/140.0.0.0 Safari/537.36',
    // A crawler that poses as a phone is named behind the device.
    'Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
    'Mozilla/5.0 (Linux; Android 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Mobile Safari/537.36 (compatible; Bytespider; spider-feedback@bytedance.com)',
    'Mozilla/5.0 (iPhone; CPU iPhone OS 8_3 like Mac OS X) AppleWebKit/600.1.4 (KHTML, like Gecko) Version/8.0 Mobile/12F70 Safari/600.1.4 (compatible; AdsBot-Google-Mobile; +http://www.google.com/mobile/adsbot.html)',
  ])('yes: %s', (userAgent) => {
    expect(isRobot(userAgent)).toBe(true);
  });

  it('reads a user agent of any shape without delay', () => {
    const hostile = `Mozilla/5.0 (Linux; Android ${'1.'.repeat(500)}`;
    expect(isRobot(hostile + '['.repeat(500))).toBe(false);
  });
});

describe('isSharedByMany', () => {
  it.each([
    ['a phone behind a carrier', CLEAN_USER_AGENTS[0] ?? '', true],
    ['Safari behind Private Relay', SAFARI_MAC, true],
    ['a desktop browser', CHROME_WINDOWS, false],
    ['a robot', 'curl/8.5.0', false],
  ])('%s: %p', (_name, userAgent, expected) => {
    expect(isSharedByMany(userAgent)).toBe(expected);
  });
});
