import { toIso } from '../../domain/time';
import type { Scenario } from './scenario';

/** One scenario for each rule that judges events, and one for a rule that only watches. */
export const FRAUD_OF_EVENTS: readonly Scenario[] = [
  {
    name: 'fast-install',
    topic: 'fraud',
    shows: 'An install less than five seconds after the click is reviewed.',
    rules: { fast_install: { mode: 'active' } },
    play: async (stage) => {
      const player = await stage.visitor();
      await player.report('install', { at: 2 });
    },
    expected: {
      answers: ['install: accepted'],
      verdicts: ['click: allow 0', 'install: review 40, fast_install'],
    },
  },
  {
    name: 'fast-conversion',
    topic: 'fraud',
    shows: 'A registration less than five seconds after the click is reviewed.',
    rules: { fast_conversion: { mode: 'active' } },
    play: async (stage) => {
      const player = await stage.visitor();
      await player.report('registration', { at: 2 });
    },
    expected: {
      answers: ['registration: accepted'],
      verdicts: ['click: allow 0', 'registration: review 40, fast_conversion'],
    },
  },
  {
    name: 'fast-deposit',
    topic: 'fraud',
    shows: 'A deposit less than fifteen seconds after the click is reviewed.',
    rules: { fast_deposit: { mode: 'active' } },
    play: async (stage) => {
      const player = await stage.visitor();
      await player.report('deposit', { at: 3, amount: '50.00 EUR' });
    },
    expected: {
      answers: ['deposit of 50.00 EUR: accepted'],
      verdicts: ['click: allow 0', 'deposit: review 40, fast_deposit'],
    },
  },
  {
    name: 'click-after-install-begin',
    topic: 'fraud',
    shows:
      'A click that came when the store was installing the app already is a proof, and blocks by itself.',
    rules: { click_after_install_begin: { mode: 'active' } },
    play: async (stage) => {
      const player = await stage.visitor();
      const installBeginAt = toIso(player.clickedAtMs - 60_000);
      await player.report('install', { more: { installBeginAt } });
    },
    expected: {
      answers: ['install: accepted'],
      stage: ['waiting'],
      verdicts: ['click: allow 0', 'install: block 100, click_after_install_begin'],
      conversions: ['install rejected (fraud_blocked)'],
      postbacks: [],
    },
  },
  {
    name: 'duplicate-transaction',
    topic: 'fraud',
    shows: 'A transaction that somebody else had reported before is noted, and counts once anyway.',
    rules: { duplicate_transaction: { mode: 'active' } },
    play: async (stage) => {
      const player = await stage.visitor();
      const deposit = { amount: '50.00 EUR', transaction: 'tx' };
      await player.report('registration');
      await player.report('deposit', { ...deposit, key: 'begun', status: 'pending', by: 'processor' });
      await player.report('deposit', { ...deposit, key: 'done', status: 'confirmed' });
    },
    expected: {
      answers: [
        'registration: accepted',
        'deposit of 50.00 EUR, pending: accepted',
        'deposit of 50.00 EUR, confirmed: accepted',
      ],
      verdicts: ['click: allow 0', 'registration: allow 0', 'deposit: allow 0, duplicate_transaction'],
      balance: ['-40.00 EUR'],
    },
  },
  {
    name: 'country-not-allowed',
    topic: 'fraud',
    shows: 'A registration from a country in which the campaign may not convert is reviewed.',
    rules: { country_not_allowed: { mode: 'active' } },
    campaign: { countries: { mode: 'allow', list: ['DE', 'AT'] } },
    play: async (stage) => {
      const player = await stage.visitor();
      await player.report('registration', { more: { country: 'FR' } });
      const welcome = await stage.visitor();
      await welcome.report('registration', { at: 60, more: { country: 'AT' } });
    },
    expected: {
      answers: ['registration: accepted', 'registration: accepted'],
      verdicts: [
        '2 × click: allow 0',
        'registration: review 40, country_not_allowed',
        'registration: allow 0',
      ],
    },
  },
  {
    name: 'region-not-allowed',
    topic: 'fraud',
    shows:
      'A registration from another region of a country is reviewed; one that does not say its region is not.',
    rules: { country_not_allowed: { mode: 'active' } },
    campaign: { countries: { mode: 'allow', list: ['US-NJ'] } },
    play: async (stage) => {
      const player = await stage.visitor();
      await player.report('registration', { more: { country: 'US', region: 'NY' } });
      const unknown = await stage.visitor();
      await unknown.report('registration', { at: 60, more: { country: 'US' } });
    },
    expected: {
      answers: ['registration: accepted', 'registration: accepted'],
      verdicts: [
        '2 × click: allow 0',
        'registration: review 40, country_not_allowed',
        'registration: allow 0',
      ],
    },
  },
  {
    name: 'robot-registration',
    topic: 'fraud',
    shows: 'A registration that the casino reports with the user agent of a robot is reviewed.',
    rules: { robot_registration: { mode: 'active' } },
    play: async (stage) => {
      const player = await stage.visitor();
      await player.report('registration', { more: { userAgent: 'python-requests/2.32.3' } });
    },
    expected: {
      answers: ['registration: accepted'],
      verdicts: ['click: allow 0', 'registration: review 30, robot_registration'],
    },
  },
  {
    name: 'unverified-registration',
    topic: 'fraud',
    shows: 'A registration whose player failed the check of his identity is reviewed.',
    rules: { unverified_registration: { mode: 'active' } },
    play: async (stage) => {
      const player = await stage.visitor();
      await player.report('registration', { more: { kycStatus: 'rejected', emailVerified: false } });
    },
    expected: {
      answers: ['registration: accepted'],
      verdicts: ['click: allow 0', 'registration: review 20, unverified_registration'],
    },
  },
  {
    name: 'measurement-partner-verdict',
    topic: 'fraud',
    shows:
      'An install that the measurement partner has rejected is reviewed, and blocked only with other evidence.',
    rules: { measurement_partner_verdict: { mode: 'active' } },
    play: async (stage) => {
      const player = await stage.visitor();
      const more = { is_rejected: '1', reject_reason: 'click_flood' };
      await player.report('install', { by: 'measurement', more });
    },
    expected: {
      answers: ['install: accepted'],
      verdicts: ['click: allow 0', 'install: review 50, measurement_partner_verdict'],
      postbacks: [],
    },
  },
  {
    name: 'suspicious-rule',
    topic: 'fraud',
    shows:
      'A rule in suspicious mode says what it sees and changes nothing: the deposit is allowed and paid.',
    rules: { fast_deposit: { mode: 'suspicious' } },
    play: async (stage) => {
      const player = await stage.visitor();
      await player.report('deposit', { at: 3, amount: '50.00 EUR' });
    },
    expected: {
      answers: ['deposit of 50.00 EUR: accepted'],
      verdicts: ['click: allow 0', 'deposit: allow 0, fast_deposit (suspicious)'],
      conversions: ['first deposit of 50.00 EUR approved, commission 40.00 (first_deposit)'],
      balance: ['-40.00 EUR'],
    },
  },
];
