import type { Scenario } from './scenario';

/** Money that goes back, is paid out or is counted anew. */
export const MONEY_BACK: readonly Scenario[] = [
  {
    name: 'chargeback-before-deposit',
    topic: 'disorder',
    shows: 'A chargeback that arrives before its deposit takes back what the deposit would have earned.',
    play: async (stage) => {
      const player = await stage.visitor();
      await player.report('registration');
      await player.report('chargeback', {
        at: 90,
        names: 'player',
        amount: '50.00 EUR',
        takesBack: 'deposit',
      });
      await player.report('deposit', { at: 60, amount: '50.00 EUR' });
    },
    expected: {
      answers: [
        'registration: accepted',
        'chargeback of 50.00 EUR: accepted',
        'deposit of 50.00 EUR: accepted',
      ],
      stage: ['converted'],
      conversions: [
        'registration approved',
        'first deposit of 50.00 EUR reversed (charged_back), commission 0.00 (deposit_taken_back)',
      ],
      value: ['EUR: deposits 0 of 0.00, taken back 50.00'],
      balance: ['0.00 EUR'],
      postbacks: ['registration: delivered', 'chargeback: delivered'],
    },
  },
  {
    name: 'partial-chargebacks',
    topic: 'disorder',
    shows: 'Parts of a deposit go back: the commission stays until less than the minimum is left of it.',
    play: async (stage) => {
      const player = await stage.visitor();
      await player.report('registration');
      await player.report('deposit', { amount: '50.00 EUR' });
      const part = { names: 'player', takesBack: 'deposit' } as const;
      await player.report('chargeback', { ...part, key: 'part-1', amount: '20.00 EUR' });
      await stage.reach({ value: ['EUR: deposits 1 of 30.00, taken back 20.00'], balance: ['-40.00 EUR'] });
      await player.report('chargeback', { ...part, key: 'part-2', amount: '15.00 EUR' });
    },
    expected: {
      answers: [
        'registration: accepted',
        'deposit of 50.00 EUR: accepted',
        'chargeback of 20.00 EUR: accepted',
        'chargeback of 15.00 EUR: accepted',
      ],
      conversions: [
        'registration approved',
        'first deposit of 50.00 EUR approved, commission 0.00 (below_minimum_deposit)',
      ],
      value: ['EUR: deposits 1 of 15.00, taken back 35.00'],
      balance: ['0.00 EUR'],
    },
  },
  {
    name: 'ngr-restated',
    topic: 'disorder',
    shows: 'NGR of a period, stated as 100, then 80, then 120, and received in another order, is 120.',
    play: async (stage) => {
      const player = await stage.visitor();
      await player.report('registration');
      const state = (key: string, at: number, amount: string) =>
        player.report('ngr', { key, at, amount, names: 'player', more: { period: '2026-01' } });
      await state('third', 180, '120.00 EUR');
      await state('first', 60, '100.00 EUR');
      await state('second', 120, '80.00 EUR');
    },
    expected: {
      answers: [
        'registration: accepted',
        'ngr of 120.00 EUR: accepted',
        'ngr of 100.00 EUR: accepted',
        'ngr of 80.00 EUR: accepted',
      ],
      value: ['EUR: deposits 0 of 0.00, ngr 120.00'],
      balance: ['0.00 EUR'],
    },
  },
  {
    name: 'withdrawal-reversed',
    topic: 'disorder',
    shows: 'A withdrawal that was reversed, told in the wrong order, has never left; another one has.',
    play: async (stage) => {
      const player = await stage.visitor();
      await player.report('registration');
      await player.report('deposit', { amount: '50.00 EUR' });
      const undone = { amount: '30.00 EUR', names: 'player', transaction: 'undone' } as const;
      await player.report('withdrawal', { ...undone, key: 'undone-2', at: 120, status: 'reversed' });
      await player.report('withdrawal', { ...undone, key: 'undone-1', at: 90, status: 'confirmed' });
      await player.report('withdrawal', { key: 'paid-out', at: 150, amount: '10.00 EUR', names: 'player' });
    },
    expected: {
      answers: [
        'registration: accepted',
        'deposit of 50.00 EUR: accepted',
        'withdrawal of 30.00 EUR, reversed: accepted',
        'withdrawal of 30.00 EUR, confirmed: accepted',
        'withdrawal of 10.00 EUR: accepted',
      ],
      value: ['EUR: deposits 1 of 50.00, withdrawn 10.00'],
      balance: ['-40.00 EUR'],
    },
  },
  {
    name: 'other-currency',
    topic: 'disorder',
    shows: 'A deposit in another currency than the deal waits: an amount is never taken one to one.',
    play: async (stage) => {
      const player = await stage.visitor();
      await player.report('registration');
      await player.report('deposit', { amount: '50.000 KWD' });
    },
    expected: {
      answers: ['registration: accepted', 'deposit of 50.000 KWD: accepted'],
      stage: ['converted'],
      conversions: ['registration approved', 'first deposit of 50.000 KWD pending (currency_mismatch)'],
      value: ['KWD: deposits 1 of 50.000'],
      balance: ['0.00 EUR'],
      postbacks: ['registration: delivered'],
    },
  },
];
