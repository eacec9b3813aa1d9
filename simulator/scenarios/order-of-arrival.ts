import type { Scenario } from './scenario';

const FIRST_PAID = 'first deposit of 50.00 EUR approved, commission 40.00 (first_deposit)';
const ALL_TOLD = ['registration: delivered', 'first_deposit: delivered', 'deposit: delivered'];

/** Events that arrive in another order than they happened. What counts is when they happened. */
export const ORDER_OF_ARRIVAL: readonly Scenario[] = [
  {
    name: 'deposit-before-registration',
    topic: 'disorder',
    shows: 'A deposit that arrives before the registration waits for it in quarantine, and is paid then.',
    play: async (stage) => {
      const player = await stage.visitor();
      await player.report('deposit', { at: 60, amount: '50.00 EUR', names: 'player' });
      await stage.reach({ quarantine: ['deposit: unknown_player'], conversions: [], balance: ['0.00 EUR'] });
      await player.report('registration', { at: 30 });
    },
    expected: {
      answers: ['deposit of 50.00 EUR: quarantined', 'registration: accepted'],
      stage: ['converted'],
      conversions: ['registration approved', FIRST_PAID],
      quarantine: [],
      balance: ['-40.00 EUR'],
      postbacks: ALL_TOLD,
    },
  },
  {
    name: 'registration-after-two-deposits',
    topic: 'disorder',
    shows: 'A registration that arrives after two deposits changes nothing of what they have earned.',
    play: async (stage) => {
      const player = await stage.visitor();
      await player.report('deposit', { key: 'one', at: 60, amount: '50.00 EUR' });
      await player.report('deposit', { key: 'two', at: 90, amount: '30.00 EUR' });
      await stage.reach({ balance: ['-40.00 EUR'], stage: ['converted'] });
      await player.report('registration', { at: 30 });
    },
    expected: {
      answers: ['deposit of 50.00 EUR: accepted', 'deposit of 30.00 EUR: accepted', 'registration: accepted'],
      stage: ['converted'],
      conversions: ['registration approved', FIRST_PAID, 'deposit of 30.00 EUR approved'],
      value: ['EUR: deposits 2 of 80.00'],
      balance: ['-40.00 EUR'],
      postbacks: [...ALL_TOLD, 'deposit: delivered'],
    },
  },
  {
    name: 'event-overtakes-click',
    topic: 'disorder',
    shows:
      'A deposit that arrives before its player has so much as clicked is held, and paid once all is known.',
    play: async (stage) => {
      const player = stage.newcomer();
      await player.report('deposit', { at: 120, amount: '50.00 EUR' });
      await player.visit();
      await player.report('registration', { at: 30 });
    },
    expected: {
      answers: ['deposit of 50.00 EUR: quarantined', 'registration: accepted'],
      stage: ['converted'],
      conversions: ['registration approved', FIRST_PAID],
      quarantine: [],
      balance: ['-40.00 EUR'],
      postbacks: ALL_TOLD,
    },
  },
  {
    name: 'late-first-deposit',
    topic: 'disorder',
    shows: 'A deposit that happened earlier and arrives later becomes the first; the commission moves to it.',
    play: async (stage) => {
      const player = await stage.visitor();
      await player.report('registration');
      await player.report('deposit', { key: 'second', at: 90, amount: '30.00 EUR' });
      await stage.reach({
        conversions: [
          'registration approved',
          'first deposit of 30.00 EUR approved, commission 40.00 (first_deposit)',
        ],
        postbacks: ALL_TOLD,
      });
      await player.report('deposit', { key: 'first', at: 60, amount: '50.00 EUR' });
    },
    expected: {
      answers: ['registration: accepted', 'deposit of 30.00 EUR: accepted', 'deposit of 50.00 EUR: accepted'],
      conversions: [
        'registration approved',
        FIRST_PAID,
        'deposit of 30.00 EUR approved, commission 0.00 (not_first_deposit)',
      ],
      value: ['EUR: deposits 2 of 80.00'],
      balance: ['-40.00 EUR'],
    },
  },
  {
    name: 'statuses-out-of-order',
    topic: 'disorder',
    shows:
      'Of a transaction counts the highest status that was ever reported, in whatever order they arrive.',
    play: async (stage) => {
      const player = await stage.visitor();
      await player.report('registration', { at: 10 });
      const returned = { amount: '30.00 EUR', transaction: 'returned' };
      await player.report('deposit', { ...returned, key: 'returned-2', at: 60, status: 'reversed' });
      await player.report('deposit', { ...returned, key: 'returned-1', at: 50, status: 'confirmed' });
      // Whether it was ever taken for the first deposit depends on what was settled when, so it is settled alone.
      await stage.reach({
        conversions: [
          'registration approved',
          'first deposit of 30.00 EUR reversed (deposit_reversed), commission 0.00 (deposit_taken_back)',
        ],
      });
      const paid = { amount: '50.00 EUR', transaction: 'paid' };
      await player.report('deposit', { ...paid, key: 'paid-3', at: 40, status: 'confirmed' });
      await player.report('deposit', { ...paid, key: 'paid-1', at: 20, status: 'pending' });
      await player.report('deposit', { ...paid, key: 'paid-2', at: 30, status: 'failed' });
    },
    expected: {
      answers: [
        'registration: accepted',
        'deposit of 30.00 EUR, reversed: accepted',
        'deposit of 30.00 EUR, confirmed: accepted',
        'deposit of 50.00 EUR, confirmed: accepted',
        'deposit of 50.00 EUR, pending: accepted',
        'deposit of 50.00 EUR, failed: accepted',
      ],
      conversions: [
        'registration approved',
        FIRST_PAID,
        'deposit of 30.00 EUR reversed (deposit_reversed), commission 0.00 (deposit_taken_back)',
      ],
      value: ['EUR: deposits 1 of 50.00, taken back 30.00'],
      balance: ['-40.00 EUR'],
      postbacks: ALL_TOLD,
    },
  },
];
