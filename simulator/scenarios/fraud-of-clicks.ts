import { BOT, BROWSERS } from '../cast';
import type { Scenario } from './scenario';

const [, ANDROID, , WINDOWS, EDGE, FIREFOX] = BROWSERS;

const ROBOT_TWICE = [
  'click: review 50, bot_user_agent',
  'click: block 90, bot_user_agent, clicks_per_ip_and_user_agent',
];

/** One scenario for each rule that judges clicks, and the two ways in which their reasons add up. */
export const FRAUD_OF_CLICKS: readonly Scenario[] = [
  {
    name: 'empty-user-agent',
    topic: 'fraud',
    shows: 'A request that names no browser is reviewed.',
    rules: { empty_user_agent: { mode: 'active' } },
    play: async (stage) => void (await stage.visitor({ userAgent: '' })),
    expected: { stage: ['waiting'], verdicts: ['click: review 40, empty_user_agent'] },
  },
  {
    name: 'bot-user-agent',
    topic: 'fraud',
    shows: 'A known robot is reviewed: one family of evidence refuses nobody.',
    rules: { bot_user_agent: { mode: 'active' } },
    play: async (stage) => void (await stage.visitor({ userAgent: BOT })),
    expected: { stage: ['waiting'], verdicts: ['click: review 50, bot_user_agent'] },
  },
  {
    name: 'repeat-click',
    topic: 'fraud',
    shows: 'A second click of the same visitor within two seconds is reviewed, the first one is not.',
    rules: { repeat_click: { mode: 'active' } },
    play: async (stage) => {
      const visitor = await stage.visitor();
      await visitor.visit();
    },
    expected: { verdicts: ['click: allow 0', 'click: review 30, repeat_click'] },
  },
  {
    name: 'repeat-click-same-day',
    topic: 'fraud',
    shows: 'A visitor who comes back later is allowed, with a note.',
    rules: { repeat_click_same_day: { mode: 'active' } },
    play: async (stage) => {
      const visitor = await stage.visitor();
      // Up to two seconds it would be a double click, which is another rule.
      await stage.untilAfterClick(visitor, 2_100);
      await visitor.visit();
    },
    expected: { verdicts: ['click: allow 0', 'click: allow 0, repeat_click_same_day'] },
  },
  {
    name: 'clicks-per-ip',
    topic: 'fraud',
    shows: 'More clicks than usual from one address within a minute are reviewed; here, more than three.',
    rules: { clicks_per_ip: { mode: 'active', params: { maxClicks: 3 } } },
    needsAddresses: true,
    play: async (stage) => {
      for (const userAgent of [WINDOWS, EDGE, FIREFOX, ANDROID]) {
        await stage.visitor({ userAgent, address: stage.address(1) });
      }
    },
    expected: { verdicts: ['3 × click: allow 0', 'click: review 30, clicks_per_ip'] },
  },
  {
    name: 'clicks-per-ip-and-user-agent',
    topic: 'fraud',
    shows: 'The same with one and the same user agent; here, more than two.',
    rules: { clicks_per_ip_and_user_agent: { mode: 'active', params: { maxClicks: 2 } } },
    needsAddresses: true,
    play: async (stage) => {
      for (let click = 1; click <= 3; click += 1) {
        await stage.visitor({ userAgent: WINDOWS, address: stage.address(1) });
      }
    },
    expected: { verdicts: ['2 × click: allow 0', 'click: review 40, clicks_per_ip_and_user_agent'] },
  },
  {
    name: 'two-families-block',
    topic: 'fraud',
    shows: 'A robot that clicks too often is blocked: two families agree. What it brings is never paid.',
    rules: {
      bot_user_agent: { mode: 'active' },
      clicks_per_ip_and_user_agent: { mode: 'active', params: { maxClicks: 1 } },
    },
    needsAddresses: true,
    play: async (stage) => {
      const robot = { userAgent: BOT, address: stage.address(1) };
      await stage.visitor(robot);
      const blocked = await stage.visitor(robot);
      // A deposit within a second may be judged before the clicks are counted.
      await stage.reach({ verdicts: ROBOT_TWICE });
      await blocked.report('deposit', { amount: '50.00 EUR' });
    },
    expected: {
      answers: ['deposit of 50.00 EUR: accepted'],
      stage: ['waiting', 'blocked'],
      verdicts: [...ROBOT_TWICE, 'deposit: block 90, bot_user_agent, clicks_per_ip_and_user_agent'],
      balance: ['0.00 EUR'],
      postbacks: [],
    },
  },
];
