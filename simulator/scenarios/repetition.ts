import type { Scenario } from './scenario';

const PAID_ONCE = {
  stage: ['converted'],
  conversions: [
    'registration approved',
    'first deposit of 50.00 EUR approved, commission 40.00 (first_deposit)',
  ],
  value: ['EUR: deposits 1 of 50.00'],
  balance: ['-40.00 EUR'],
  postbacks: ['registration: delivered', 'first_deposit: delivered', 'deposit: delivered'],
};

/** One event, reported more than once. */
export const REPETITION: readonly Scenario[] = [
  {
    name: 'duplicate-event',
    topic: 'disorder',
    shows: 'The same events once more are duplicates: one conversion, one commission, one postback each.',
    play: async (stage) => {
      const player = await stage.visitor();
      for (const _time of ['first', 'again']) {
        await player.report('registration', { at: 30 });
        await player.report('deposit', { at: 60, amount: '50.00 EUR' });
      }
    },
    expected: {
      answers: [
        'registration: accepted',
        'deposit of 50.00 EUR: accepted',
        'registration: duplicate',
        'deposit of 50.00 EUR: duplicate',
      ],
      ...PAID_ONCE,
    },
  },
  {
    name: 'fifty-at-once',
    topic: 'disorder',
    shows: 'Fifty equal deposits in the same moment: one is the event, forty-nine are its duplicates.',
    play: async (stage) => {
      const player = await stage.visitor();
      await player.report('registration');
      await player.reportAtOnce(50, 'deposit', { amount: '50.00 EUR' });
    },
    expected: {
      answers: [
        'registration: accepted',
        '1 × deposit of 50.00 EUR: accepted',
        '49 × deposit of 50.00 EUR: duplicate',
      ],
      ...PAID_ONCE,
    },
  },
  {
    name: 'same-key-other-body',
    topic: 'disorder',
    shows: 'The same transaction with another amount is refused with 409; the first report stands.',
    play: async (stage) => {
      const player = await stage.visitor();
      await player.report('registration');
      await player.report('deposit', { at: 60, amount: '50.00 EUR' });
      await player.report('deposit', { at: 60, amount: '500.00 EUR' });
    },
    expected: {
      answers: [
        'registration: accepted',
        'deposit of 50.00 EUR: accepted',
        'deposit of 500.00 EUR: 409 event_conflict',
      ],
      ...PAID_ONCE,
    },
  },
];
