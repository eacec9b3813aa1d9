import type { Scenario } from './scenario';

const HOUR_SECONDS = 3_600;
/** Well-formed, and nobody's: its time lies before there were clicks. */
const NOBODYS_CLICK = 'clk_00000000000000000000000000';

/** Events that cannot be believed or placed at first. */
export const MATCHING: readonly Scenario[] = [
  {
    name: 'unknown-click',
    topic: 'disorder',
    shows: 'A deposit that names an unknown click waits in quarantine until an operator says whose it is.',
    play: async (stage) => {
      const player = await stage.visitor();
      const report = await player.report('deposit', {
        at: 60,
        amount: '50.00 EUR',
        more: { clickId: NOBODYS_CLICK },
      });
      await stage.reach({ quarantine: ['deposit: unknown_click_and_player'], balance: ['0.00 EUR'] });
      await stage.matchByHand(report, player);
    },
    expected: {
      answers: ['deposit of 50.00 EUR: quarantined'],
      stage: ['converted'],
      conversions: ['first deposit of 50.00 EUR approved, commission 40.00 (first_deposit)'],
      quarantine: [],
      balance: ['-40.00 EUR'],
      postbacks: ['first_deposit: delivered', 'deposit: delivered'],
    },
  },
  {
    name: 'after-the-window',
    topic: 'disorder',
    shows:
      'A registration and a deposit an hour after the window of one day are recorded and credited to nobody.',
    campaign: { clickWindowDays: 1 },
    play: async (stage) => {
      const player = await stage.visitor();
      // So far ahead of the clock that they are held; matching them by hand is what makes time pass here.
      const registration = await player.report('registration', { at: 25 * HOUR_SECONDS });
      const deposit = await player.report('deposit', { at: 26 * HOUR_SECONDS, amount: '50.00 EUR' });
      await stage.matchByHand(registration, player);
      await stage.matchByHand(deposit, player);
    },
    expected: {
      answers: ['registration: quarantined', 'deposit of 50.00 EUR: quarantined'],
      stage: ['waiting'],
      conversions: [
        'registration approved (outside_click_window)',
        'first deposit of 50.00 EUR approved (outside_click_window)',
      ],
      quarantine: [],
      balance: ['0.00 EUR'],
      postbacks: [],
    },
  },
  {
    name: 'before-the-click',
    topic: 'disorder',
    shows: 'A registration that happened before the click cannot be its effect, however late it arrives.',
    play: async (stage) => {
      const player = await stage.visitor();
      await player.report('registration', { at: -60 });
      await player.report('deposit', { at: 60, amount: '50.00 EUR' });
    },
    expected: {
      answers: ['registration: accepted', 'deposit of 50.00 EUR: accepted'],
      stage: ['waiting'],
      conversions: [
        'registration approved (click_after_event)',
        'first deposit of 50.00 EUR approved (click_after_event)',
      ],
      balance: ['0.00 EUR'],
      postbacks: [],
    },
  },
  {
    name: 'ahead-of-the-clock',
    topic: 'disorder',
    shows: 'An event dated more than five minutes ahead is held and decides nothing; one within them counts.',
    play: async (stage) => {
      const player = await stage.visitor();
      await player.report('registration', { at: 240 });
      await player.report('deposit', { at: 2 * HOUR_SECONDS, amount: '50.00 EUR' });
    },
    expected: {
      answers: ['registration: accepted', 'deposit of 50.00 EUR: quarantined'],
      stage: ['registered'],
      conversions: ['registration approved'],
      quarantine: ['deposit: clock_suspect'],
      balance: ['0.00 EUR'],
      postbacks: ['registration: delivered'],
    },
  },
];
