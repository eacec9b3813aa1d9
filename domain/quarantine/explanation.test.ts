import { idFromUuid } from '../ids';
import { explainWaiting, type WaitingFacts, waysOut } from './explanation';

const CLICK = 'clk_01kaz8c5c0e1qs0ps0k6fzv2xm';
const facts = (given: Partial<WaitingFacts>): WaitingFacts => ({
  reason: 'unknown_click',
  clickRef: null,
  clickIsKnown: false,
  playerId: null,
  playerIsLinked: false,
  occurredAtMs: Date.UTC(2026, 10, 21, 12),
  isExpired: false,
  rulesFound: null,
  words: [],
  problem: null,
  ...given,
});

const CASES: [Partial<WaitingFacts>, string, string[]][] = [
  [
    { clickRef: CLICK },
    `It names the click "${CLICK}", which is not in this workspace, and it names no player.`,
    ['click_appears', 'hand'],
  ],
  [
    { clickRef: 'ext-7' },
    'It names the click "ext-7", which is no click id of ours, and it names no player.',
    ['hand'],
  ],
  [
    { reason: 'unknown_player', playerId: 'P1', rulesFound: 0 },
    'It names no click, and player "P1" is not tied to any click yet. Rules found no click for it.',
    ['player_linked', 'hand'],
  ],
  [
    { reason: 'unknown_click_and_player', clickRef: CLICK, playerId: 'P1', clickIsKnown: true },
    `It names the click "${CLICK}", which has appeared since, and player "P1" is not tied to any click yet.`,
    ['click_appears', 'player_linked', 'hand'],
  ],
  [
    { reason: 'unknown_player', playerId: 'P1', playerIsLinked: true, rulesFound: 2 },
    'It names no click, and player "P1" has been tied to a click since. Rules could not tell which click is meant (ambiguous: 2 clicks).',
    ['player_linked', 'hand'],
  ],
  [
    { reason: 'clock_suspect', playerId: 'P1' },
    'It is dated 2026-11-21T12:00:00.000Z, more than 5 minutes ahead of our clock when it came.',
    ['time_comes', 'player_linked', 'hand'],
  ],
  [
    { reason: 'unmapped_status', words: ['spin', 'maybe'] },
    'When it came, nobody had said what this source means by "spin" and "maybe".',
    ['mapping'],
  ],
  [
    { reason: 'unmapped_status', words: ['spin'], problem: 'txid is needed.' },
    '"spin" is mapped, but the report does not fit: txid is needed.',
    ['mapping'],
  ],
];

it.each(CASES)('%j', (given, sentence, ways) => {
  expect(explainWaiting(facts(given))).toBe(sentence);
  expect(waysOut(facts(given), []).map(({ by }) => by)).toEqual(ways);
});

it('of an expired event offers what comes by itself and the hand, but neither the clock nor a rule', () => {
  const ruleId = idFromUuid('qrl', '00000000-0000-7000-8000-000000000001');
  const expired = facts({ reason: 'clock_suspect', playerId: 'P1', clickRef: CLICK, isExpired: true });
  expect(explainWaiting(expired)).toMatch(/ It was looked for in vain for 97 days\.$/);
  expect(waysOut(expired, [{ ruleId, name: 'by id' }]).map(({ by }) => by)).toEqual([
    ...['click_appears', 'player_linked', 'hand'],
  ]);
});

it('says when a clock_suspect is due, and which rules may match', () => {
  const ruleId = idFromUuid('qrl', '00000000-0000-7000-8000-000000000001');
  const ways = waysOut(facts({ reason: 'clock_suspect', playerId: 'P1' }), [{ ruleId, name: 'by id' }]);
  expect(ways).toMatchObject([
    { by: 'time_comes', at: '2026-11-21T11:55:00.000Z' },
    { by: 'player_linked' },
    { by: 'rule', ruleId, text: 'When the rule "by id" finds exactly one click.' },
    { by: 'hand' },
  ]);
});
