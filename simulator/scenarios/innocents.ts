import { RULES } from '../../domain/fraud/rule-set';
import { BROWSERS } from '../cast';
import type { RuleChange } from './fraud-rules';
import type { Scenario } from './scenario';

const [IPHONE, , , , , , SAFARI, FACEBOOK_IPHONE] = BROWSERS;

/** Whoever is allowed with every rule active is allowed with any. */
const ALL_ACTIVE: Readonly<Record<string, RuleChange>> = Object.fromEntries(
  RULES.map(({ code }) => [code, { mode: 'active' }]),
);

const IN_APP = [
  FACEBOOK_IPHONE,
  'Mozilla/5.0 (Linux; Android 15; SM-S931B Build/AP3A.240905.015; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/142.0.0.0 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/530.0.0.40.71;]',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Instagram 400.0.0.20.98 (iPhone16,2; iOS 18_6; de_DE; de; scale=3.00; 1290x2796; 700000000)',
] as const;

/** Phones of these makers and models are sold, and their owners play. */
const NAMED_LIKE_ROBOTS = ['CUBOT X50', 'Spider 8', 'Discovery SE'].map(
  (model) =>
    `Mozilla/5.0 (Linux; Android 13; ${model} Build/TP1A.220624.014) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36`,
);

const PHONES = Array.from(
  { length: 24 },
  (_, index) =>
    `Mozilla/5.0 (Linux; Android ${12 + (index % 4)}; SM-A${index + 10}6B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${120 + index}.0.0.0 Mobile Safari/537.36`,
);

/** People who share an address, or whose devices have unlucky names. With every rule active, all are allowed. */
export const INNOCENTS: readonly Scenario[] = [
  {
    name: 'private-relay',
    topic: 'fraud',
    shows:
      'Users of Private Relay share addresses and a browser; they are allowed, and their deposits are paid.',
    rules: ALL_ACTIVE,
    needsAddresses: true,
    play: async (stage) => {
      const visit = { userAgent: SAFARI, address: stage.address(7) };
      for (let visitor = 1; visitor <= 7; visitor += 1) await stage.visitor(visit);
      const player = await stage.visitor(visit);
      await player.report('registration');
      await player.report('deposit', { amount: '50.00 EUR' });
    },
    expected: {
      answers: ['registration: accepted', 'deposit of 50.00 EUR: accepted'],
      verdicts: ['8 × click: allow 0', 'registration: allow 0', 'deposit: allow 0'],
      balance: ['-40.00 EUR'],
    },
  },
  {
    name: 'carrier-nat',
    topic: 'fraud',
    shows: 'A carrier puts two dozen phones behind one address within a minute; all are allowed.',
    rules: ALL_ACTIVE,
    needsAddresses: true,
    play: async (stage) => {
      for (const userAgent of PHONES) await stage.visitor({ userAgent, address: stage.address(8) });
    },
    expected: { verdicts: ['24 × click: allow 0'] },
  },
  {
    name: 'in-app-browser',
    topic: 'fraud',
    shows: 'The browsers inside of Facebook and Instagram are people, not robots.',
    rules: ALL_ACTIVE,
    play: async (stage) => {
      for (const userAgent of [...IN_APP, IPHONE]) await stage.visitor({ userAgent });
    },
    expected: { verdicts: ['4 × click: allow 0'] },
  },
  {
    name: 'phone-named-bot',
    topic: 'fraud',
    shows: 'A phone whose name contains "bot" or "spider" is a phone.',
    rules: ALL_ACTIVE,
    play: async (stage) => {
      for (const userAgent of NAMED_LIKE_ROBOTS) await stage.visitor({ userAgent });
    },
    expected: { verdicts: ['3 × click: allow 0'] },
  },
];
