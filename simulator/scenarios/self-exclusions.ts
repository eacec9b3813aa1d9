import type { Scenario } from './scenario';

const EXCLUSION = { at: 'now', names: 'player' } as const;

/** A player who excludes himself is left alone at once. What he did before keeps what it has earned. */
export const SELF_EXCLUSIONS: readonly Scenario[] = [
  {
    name: 'exclusion-before-deposit',
    topic: 'disorder',
    shows: 'A deposit after a self-exclusion earns nobody anything and is told to nobody.',
    play: async (stage) => {
      const player = await stage.visitor();
      await player.report('registration', { at: 'now' });
      await stage.reach({ postbacks: ['registration: delivered'] });
      await player.report('self_exclusion', EXCLUSION);
      await player.report('deposit', { at: 60, amount: '50.00 EUR' });
    },
    expected: {
      answers: ['registration: accepted', 'self-exclusion: accepted', 'deposit of 50.00 EUR: accepted'],
      conversions: [
        'registration approved',
        'first deposit of 50.00 EUR approved, commission 0.00 (self_excluded)',
      ],
      balance: ['0.00 EUR'],
      postbacks: ['registration: delivered'],
    },
  },
  {
    name: 'exclusion-after-deposit',
    topic: 'disorder',
    shows: 'A deposit before a self-exclusion keeps its commission; nothing that follows is told to anybody.',
    play: async (stage) => {
      const player = await stage.visitor();
      await player.report('registration', { at: 'now' });
      await player.report('deposit', { key: 'before', at: 'now', amount: '50.00 EUR' });
      await stage.reach({
        postbacks: ['registration: delivered', 'first_deposit: delivered', 'deposit: delivered'],
      });
      await player.report('self_exclusion', EXCLUSION);
      await player.report('deposit', { key: 'after', at: 120, amount: '80.00 EUR' });
    },
    expected: {
      answers: [
        'registration: accepted',
        'deposit of 50.00 EUR: accepted',
        'self-exclusion: accepted',
        'deposit of 80.00 EUR: accepted',
      ],
      conversions: [
        'registration approved',
        'first deposit of 50.00 EUR approved, commission 40.00 (first_deposit)',
        'deposit of 80.00 EUR approved',
      ],
      balance: ['-40.00 EUR'],
      postbacks: ['registration: delivered', 'first_deposit: delivered', 'deposit: delivered'],
    },
  },
  {
    name: 'exclusion-stops-retry',
    topic: 'disorder',
    shows: 'A postback that is being retried when its player excludes himself is not sent again.',
    play: async (stage) => {
      const player = await stage.visitor();
      stage.treat(player, [{ treatment: 'fail_once', destination: 'partner_url', event: 'first_deposit' }]);
      await player.report('registration', { at: 'now' });
      await player.report('deposit', { at: 'now', amount: '50.00 EUR' });
      await stage.untilReceived(player, 'first_deposit');
      await player.report('self_exclusion', EXCLUSION);
    },
    expected: {
      answers: ['registration: accepted', 'deposit of 50.00 EUR: accepted', 'self-exclusion: accepted'],
      balance: ['-40.00 EUR'],
      postbacks: [
        'registration: delivered',
        'deposit: delivered',
        // One attempt, made before the exclusion.
        'first_deposit: dead (self_excluded)',
      ],
    },
  },
];
