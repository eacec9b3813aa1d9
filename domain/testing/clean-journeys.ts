import type { EventKind } from '../facts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../time';

/**
 * Honest traffic with everything about it that looks dishonest: thousands behind one carrier address, relays, in-app
 * browsers, phones named like robots, double taps, travellers, clocks that are wrong.
 */
export type CleanJourney = {
  readonly segment: Segment;
  readonly userAgent: string;
  readonly address: string;
  readonly clickedAtMs: number;
  readonly previousClickAtMs: number | null;
  readonly country: string;
  /** What the casino says of the registration: of many an app's the user agent is its HTTP library. */
  readonly registration: { readonly userAgent: string; readonly emailVerified: boolean };
  readonly events: readonly {
    readonly kind: EventKind;
    readonly occurredAtMs: number;
    readonly installBeganAtMs: number | null;
  }[];
};

const SEGMENTS = ['home', 'carrier', 'relay', 'office', 'vpn', 'in_app', 'odd_device'] as const;
type Segment = (typeof SEGMENTS)[number];

const APPLE = 'AppleWebKit/605.1.15 (KHTML, like Gecko)';
const BLINK = 'AppleWebKit/537.36 (KHTML, like Gecko)';
const IOS = ['16_7_10', '17_5_1', '17_6', '18_1', '18_5', '26_0'];
const ios = (os: string) => `Mozilla/5.0 (iPhone; CPU iPhone OS ${os} like Mac OS X) ${APPLE}`;
const android = (os: number, model: string) => `Mozilla/5.0 (Linux; Android ${os}; ${model})`;
const MODELS = [
  ...['SM-S911B', 'SM-A546B', 'SM-G998B', 'Pixel 6', 'Pixel 8 Pro', '22101316UG', 'M2101K6G', 'CPH2609'],
  ...['RMX3771', 'V2318', 'moto g84 5G', 'XQ-DQ54', 'KB2003', 'ELE-L29', 'T671H', 'Nokia G42 5G'],
];
/** Each of these has a name by which some list of robots knows it. */
const ODD_MODELS = [
  ...['CUBOT P60', 'CUBOT_X18_Plus', 'CUBOT NOTE 21 Build/TP1A.220624.014', 'CUBOT KINGKONG MINI 3'],
  ...['Spider 8', 'Discovery SE', 'Discovery Pro', 'Robot 3 Build/QP1A', 'Mobot X1', 'BOTTEGA X2'],
];

const SAFARI_PHONES = IOS.map((os) => `${ios(os)} Version/${os.split('_')[0]}.0 Mobile/15E148 Safari/604.1`);
const SAFARI_MACS = ['16.6', '17.5', '18.5', '26.0'].map(
  (version) => `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${APPLE} Version/${version} Safari/605.1.15`,
);
const CHROME_PHONES = MODELS.flatMap((model, index) => [
  `${android(10 + (index % 6), model)} ${BLINK} Chrome/${130 + index}.0.0.0 Mobile Safari/537.36`,
  `${android(10, 'K')} ${BLINK} Chrome/${125 + index}.0.0.0 Mobile Safari/537.36`,
]);
const OTHER_PHONES = [
  `${android(14, 'SM-S911B')} ${BLINK} SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile Safari/537.36`,
  `${android(14, '22101316UG Build/UP1A.231005.007; wv')} ${BLINK} Version/4.0 Chrome/112.0.5615.136 Mobile Safari/537.36 XiaoMi/MiuiBrowser/14.15.0-gn`,
  `${android(13, 'SM-T510')} ${BLINK} Chrome/138.0.0.0 Safari/537.36`,
  'Mozilla/5.0 (Android 14; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0',
  `${ios('17_5')} CriOS/138.0.7204.53 Mobile/15E148 Safari/604.1`,
  `${ios('18_5')} FxiOS/140.0 Mobile/15E148 Safari/605.1.15`,
  `${ios('18_5')} EdgiOS/138.0.3351.65 Version/18.0 Mobile/15E148 Safari/604.1`,
  'Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
];
const DESKTOPS = [
  ...Array.from({ length: 12 }, (_, index) => `Chrome/${129 + index}.0.0.0 Safari/537.36`),
  'Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0',
  'Chrome/137.0.0.0 Safari/537.36 OPR/121.0.0.0',
]
  .map((browser) => `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${BLINK} ${browser}`)
  .concat([
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0',
    'Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
    `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${BLINK} Chrome/138.0.0.0 Safari/537.36`,
    `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${BLINK} Chrome/138.0.0.0 Safari/537.36`,
  ]);
const webView = (os: number, model: string) =>
  `${android(os, `${model} Build/AP3A.240617.008; wv`)} ${BLINK} Version/4.0 Chrome/131.0.6778.260 Mobile Safari/537.36`;
const IN_APP = [
  ...IOS.map(
    (os) =>
      `${ios(os)} Mobile/15E148 Instagram 361.0.0.35.82 (iPhone14,5; iOS ${os}; de_DE; de; scale=3.00; 1170x2532; 602080480; IABMV/1)`,
  ),
  ...IOS.map(
    (os) =>
      `${ios(os)} Mobile/15E148 [FBAN/FBIOS;FBAV/468.0.0.32.109;FBBV/603230921;FBDV/iPhone14,5;FBMD/iPhone;FBSN/iOS;FBSV/17.5;FBSS/3;FBCR/;FBID/phone;FBLC/de_DE;FBOP/80]`,
  ),
  ...MODELS.map((model) => `${webView(14, model)} [FB_IAB/FB4A;FBAV/468.0.0.54.65;]`),
  ...MODELS.map(
    (model) =>
      `${webView(15, model)} Instagram 361.0.0.46.88 Android (35/15; 480dpi; 1080x2412; OPPO; ${model}; OP5D55L1; mt6835; de_DE; 674675155; IABMV/1)`,
  ),
  `${webView(13, 'CUBOT P60')} Instagram 361.0.0.46.88 Android (33/13; 480dpi; 1080x2412; CUBOT; Spider 8; P60; mt6765; de_DE; 674675155)`,
  `${webView(14, 'SM-S911B')} musical_ly_2023405030 JsSdk/1.0 NetType/WIFI Channel/googleplay AppName/musical_ly app_version/34.5.3 ByteLocale/de Region/DE BytedanceWebview/d8a21c6`,
  `${ios('17_5')} Mobile/15E148 Snapchat/12.90.0.45 (like Safari/8617.2.4.10.4, panda)`,
  `${ios('17_5')} GSA/318.0.637720424 Mobile/15E148 Safari/604.1`,
  `${ios('17_5')} Mobile/15E148 [Pinterest/iOS]`,
  `${ios('18_1')} Mobile/15E148 LinkedInApp/9.30`,
];
const ODD_DEVICES = [
  ...ODD_MODELS.map((model) => `${android(13, model)} ${BLINK} Chrome/138.0.0.0 Mobile Safari/537.36`),
  'Mozilla/5.0 (Linux; U; Android 4.2.2; de-de; CUBOT GT99 Build/JDQ39) AppleWebKit/534.30 (KHTML, like Gecko) Version/4.0 Mobile Safari/534.30',
  `Mozilla/5.0 (SMART-TV; Linux; Tizen 7.0) ${BLINK} Version/4.0 Chrome/94.0 TV Safari/537.36`,
  `Mozilla/5.0 (Web0S; Linux/SmartTV) ${BLINK} Chrome/108.0.5359.211 Safari/537.36 WebAppManager`,
  'Mozilla/5.0 (PlayStation; PlayStation 5/9.60) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Safari/605.1.15',
];

export const CLEAN_USER_AGENTS: readonly string[] = [
  ...SAFARI_PHONES,
  ...SAFARI_MACS,
  ...CHROME_PHONES,
  ...OTHER_PHONES,
  ...DESKTOPS,
  ...IN_APP,
  ...ODD_DEVICES,
];

/** From whom, and from how many addresses, each segment clicks. */
const TRAFFIC: Readonly<Record<Segment, { agents: readonly string[]; addresses: number | null }>> = {
  home: { agents: [...SAFARI_PHONES, ...CHROME_PHONES, ...DESKTOPS, ...OTHER_PHONES], addresses: null },
  carrier: { agents: [...SAFARI_PHONES, ...CHROME_PHONES], addresses: 1 },
  relay: { agents: [...SAFARI_PHONES, ...SAFARI_MACS], addresses: 2 },
  // One address and one managed browser for everybody.
  office: { agents: DESKTOPS.slice(0, 1), addresses: 1 },
  vpn: { agents: [...DESKTOPS, ...CHROME_PHONES], addresses: 10 },
  in_app: { agents: IN_APP, addresses: null },
  odd_device: { agents: ODD_DEVICES, addresses: null },
};

const START_MS = Date.UTC(2026, 2, 1, 18);

/** As many journeys as wanted, the same for the same seed. Most begin in one evening hour, in which a promotion runs. */
export function cleanJourneys(count: number, seed: number): readonly CleanJourney[] {
  const random = generator(seed);
  return Array.from({ length: count }, (_, index) => cleanJourney(index, random));
}

type Random = { below(limit: number): number; chance(percent: number): boolean };

function cleanJourney(index: number, random: Random): CleanJourney {
  // A carrier's address is shared by a thousand of its customers.
  const segment = random.chance(35) ? 'carrier' : pick(SEGMENTS, random);
  const { agents, addresses } = TRAFFIC[segment];
  const userAgent = pick(agents, random);
  // Two fifths of all clicks answer one message, within three minutes of it.
  const clickedAtMs = START_MS + random.below(random.chance(40) ? 3 * MINUTE_MS : HOUR_MS);
  return {
    segment,
    userAgent,
    address: `${segment}-${addresses === null ? index : random.below(addresses)}`,
    clickedAtMs,
    previousClickAtMs: previousClick(clickedAtMs, random),
    // The campaign is for DACH; some of its players are abroad, or seem to be.
    country: random.chance(2) ? pick(['ES', 'US', 'TR'], random) : pick(['DE', 'AT', 'CH'], random),
    registration: {
      userAgent: index % 10 === 0 ? 'okhttp/4.12.0' : userAgent,
      emailVerified: index % 3 === 0,
    },
    events: eventsAfter(clickedAtMs, random),
  };
}

function previousClick(clickedAtMs: number, random: Random): number | null {
  if (random.chance(2)) return clickedAtMs - 300 - random.below(200);
  return random.chance(10) ? clickedAtMs - 5 * SECOND_MS - random.below(20 * HOUR_MS) : null;
}

function eventsAfter(clickedAtMs: number, random: Random): CleanJourney['events'] {
  // A sender's clock may be minutes off, the store's is not; times may be whole seconds.
  const skewMs = random.chance(5) ? random.below(10 * MINUTE_MS) - 5 * MINUTE_MS : 0;
  const shown = (ms: number) => (random.chance(50) ? ms - (ms % SECOND_MS) : ms);
  const hasApp = random.chance(40);
  const delayMs = random.chance(5) ? 25 * DAY_MS : 0;
  const beganAtMs = clickedAtMs + 4 * SECOND_MS + random.below(30 * SECOND_MS);
  const openedAtMs = beganAtMs + 8 * SECOND_MS + random.below(HOUR_MS);
  const registeredAtMs =
    (hasApp ? openedAtMs : clickedAtMs) + 20 * SECOND_MS + delayMs + random.below(HOUR_MS);
  const depositedAtMs = registeredAtMs + 20 * SECOND_MS + random.below(DAY_MS);
  const event = (kind: EventKind, atMs: number, installBeganAtMs: number | null = null) => ({
    kind,
    occurredAtMs: shown(atMs) + skewMs,
    installBeganAtMs,
  });
  return [
    ...(hasApp ? [event('install', openedAtMs, shown(beganAtMs))] : []),
    event('registration', registeredAtMs),
    event('deposit', depositedAtMs),
  ];
}

function pick<T>(from: readonly T[], random: Random): T {
  const picked = from[random.below(from.length)];
  if (picked === undefined) throw new Error('nothing to pick from');
  return picked;
}

/** Mulberry32: small, and good enough to mix traffic. */
function generator(seed: number): Random {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    below: (limit) => Math.floor(next() * limit),
    chance: (percent) => next() * 100 < percent,
  };
}
