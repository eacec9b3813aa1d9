import type { Scenario } from './scenario';

const PAID = {
  answers: ['registration: accepted', 'deposit of 50.00 EUR: accepted'],
  stage: ['converted'],
  balance: ['-40.00 EUR'],
};

/** Destinations that do not take what they are told. The books do not depend on them. */
export const DELIVERIES: readonly Scenario[] = [
  {
    name: 'destination-recovers',
    topic: 'disorder',
    shows:
      'A destination that answers 503 hears of the first deposit again some seconds later, in the same words.',
    play: async (stage) => {
      const player = await stage.visitor();
      stage.treat(player, [{ treatment: 'fail_once', destination: 'partner_url', event: 'first_deposit' }]);
      await player.report('registration');
      await player.report('deposit', { amount: '50.00 EUR' });
    },
    expected: {
      ...PAID,
      postbacks: ['registration: delivered', 'first_deposit: delivered at attempt 2', 'deposit: delivered'],
    },
  },
  {
    name: 'destination-refuses',
    topic: 'disorder',
    shows:
      'What a destination refuses for good becomes a dead letter, which arrives once it is sent again by hand.',
    play: async (stage) => {
      const player = await stage.visitor();
      stage.treat(player, [
        { treatment: 'refuse', destination: 'partner_url', event: 'first_deposit', status: 404 },
      ]);
      await player.report('registration');
      await player.report('deposit', { amount: '50.00 EUR' });
      await stage.reach({
        postbacks: ['registration: delivered', 'first_deposit: dead (not_found)', 'deposit: delivered'],
      });
      stage.treat(player, []);
      await stage.replay('first_deposit');
    },
    expected: {
      ...PAID,
      postbacks: ['registration: delivered', 'first_deposit: delivered at attempt 2', 'deposit: delivered'],
    },
  },
];
