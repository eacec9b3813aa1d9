import fc from 'fast-check';
import { idFromUuid } from '../ids';
import { DAY_MS } from '../time';
import { decideMatch, type RuleCandidate, ruleNote } from './rule-match';

const T = Date.UTC(2026, 10, 1, 12, 0, 0, 500);
const uuid = (n: number) => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`;
const rule = (n: number) => idFromUuid('qrl', uuid(n));
const click = (n: number) => idFromUuid('clk', uuid(n));
const found = (ruleNo: number, clickNo: number, given: Partial<RuleCandidate> = {}): RuleCandidate => ({
  ruleId: rule(ruleNo),
  clickId: click(clickNo),
  clickedAtMs: T - DAY_MS,
  expiresAtMs: T + DAY_MS,
  ...given,
});

describe('decideMatch', () => {
  it.each<[string, RuleCandidate[], object]>([
    ['nothing found', [], { outcome: 'unmatched', found: 0 }],
    ['one click', [found(1, 7)], { outcome: 'matched', ruleId: rule(1), clickId: click(7) }],
    ['two clicks', [found(1, 7), found(1, 8)], { outcome: 'unmatched', found: 2 }],
    ['two rules of one mind', [found(2, 7), found(1, 7)], { outcome: 'matched', ruleId: rule(1) }],
    ['two rules that contradict', [found(1, 7), found(2, 8)], { outcome: 'unmatched', found: 2 }],
    [
      'a rule in doubt and one that is sure',
      [found(1, 7), found(1, 8), found(2, 8)],
      { outcome: 'matched', ruleId: rule(2), clickId: click(8) },
    ],
    ['a click found twice', [found(1, 7), found(1, 7)], { outcome: 'matched', clickId: click(7) }],
  ])('%s', (_what, candidates, expected) => {
    expect(decideMatch(candidates, T)).toMatchObject(expected);
  });

  it.each([
    ['clicked in the same millisecond', { clickedAtMs: T }, 'matched'],
    ['clicked a millisecond later', { clickedAtMs: T + 1 }, 'unmatched'],
    ['in the last millisecond of the window', { expiresAtMs: T }, 'matched'],
    ['after the window', { expiresAtMs: T - 1 }, 'unmatched'],
  ])('%s: %j', (_what, given, outcome) => {
    expect(decideMatch([found(1, 7, given)], T).outcome).toBe(outcome);
  });

  it('a click outside of its window leaves the other one alone', () => {
    const match = decideMatch([found(1, 7, { expiresAtMs: T - 1 }), found(1, 8)], T);
    expect(match).toEqual({ outcome: 'matched', ruleId: rule(1), clickId: click(8) });
  });

  it('does not depend on the order in which clicks are found', () => {
    const candidates = fc.array(
      fc.record({ rule: fc.integer({ min: 1, max: 3 }), click: fc.integer({ min: 1, max: 4 }) }),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(candidates, (pairs) => {
        const list = pairs.map((pair) => found(pair.rule, pair.click));
        expect(decideMatch([...list].reverse(), T)).toEqual(decideMatch(list, T));
      }),
    );
  });
});

it.each([
  [0, 'no_click'],
  [2, 'ambiguous: 2 clicks'],
  [100, 'ambiguous: at least 100 clicks'],
])('%i found is noted as %s', (count, note) => {
  expect(ruleNote(count)).toBe(note);
});
