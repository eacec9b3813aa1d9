import { type EvidenceChanges, eventEvidence } from '../testing/event-evidence';
import { CLICKED_AT_MS, currency } from '../testing/facts';
import { rulesWith } from '../testing/rule-sets';
import { SECOND_MS } from '../time';
import { customRuleProblems } from './custom-rule-problems';
import type { CustomConditions, CustomRule } from './custom-rule-terms';
import { judgeEvent } from './event-rules';
import { DEFAULT_RULE_SET, type RuleSet } from './rule';

const rule = (when: CustomConditions, changes: Partial<CustomRule> = {}): CustomRule => ({
  code: 'mine',
  mode: 'active',
  level: 'review',
  score: 10,
  reason: 'Look at it.',
  when,
  ...changes,
});
const withRules = (...custom: CustomRule[]): RuleSet => ({ ...DEFAULT_RULE_SET, custom });
const speaks = (when: CustomConditions, changes: EvidenceChanges) =>
  judgeEvent(eventEvidence(changes), withRules(rule(when))).reasons.length > 0;

describe('a condition on', () => {
  const euros = (amountMinor: bigint) => ({ money: { amountMinor, currency: currency('EUR') } });
  const from = { amountFrom: { amount: '100.00', currency: 'EUR' } };
  const upTo = { amountTo: { amount: '100.00', currency: 'EUR' } };
  it.each<[string, CustomConditions, EvidenceChanges, boolean]>([
    ['the kind', { kinds: ['sale', 'deposit'] }, {}, true],
    ['another kind', { kinds: ['sale'] }, {}, false],
    ['the country', { places: ['BR'] }, { country: 'BR' }, true],
    ['the country of any region', { places: ['BR'] }, { country: 'BR', region: 'SP' }, true],
    ['another country', { places: ['BR'] }, { country: 'DE' }, false],
    ['a country that is unknown', { places: ['BR'] }, {}, false],
    ['the region', { places: ['BR-SP'] }, { country: 'BR', region: 'SP' }, true],
    ['another region', { places: ['BR-SP'] }, { country: 'BR', region: 'RJ' }, false],
    ['a region that is unknown', { places: ['BR-SP'] }, { country: 'BR' }, false],
    ['the currency', { currencies: ['USD', 'EUR'] }, euros(1n), true],
    ['another currency', { currencies: ['USD'] }, euros(1n), false],
    ['the currency of no money', { currencies: ['USD'] }, {}, false],
    ['the product, in other letters', { products: ['Slots'] }, { product: ' slots' }, true],
    ['another product', { products: ['slots'] }, { product: 'poker' }, false],
    ['the source', { sources: ['src_casino'] }, {}, true],
    ['another source', { sources: ['src_other'] }, {}, false],
    ['no less than an amount', from, euros(10_000n), true],
    ['less', from, euros(9_999n), false],
    ['no more than an amount', upTo, euros(10_000n), true],
    ['more', upTo, euros(10_001n), false],
    [
      'an amount of another currency',
      from,
      { money: { amountMinor: 99_999n, currency: currency('USD') } },
      false,
    ],
    ['an amount of no money', upTo, {}, false],
    ['two things that hold', { kinds: ['deposit'], ...from }, euros(10_000n), true],
    ['two things of which one holds', { kinds: ['sale'], ...from }, euros(10_000n), false],
  ])('%s', (_name, when, changes, expected) => {
    expect(speaks(when, changes)).toBe(expected);
  });
});

describe('a rule of somebody’s own', () => {
  const deposits = { kinds: ['deposit'] } as const;

  it('gives its reason as ours do', () => {
    expect(judgeEvent(eventEvidence(), withRules(rule(deposits)))).toEqual({
      outcome: 'review',
      score: 10,
      reasons: [
        {
          code: 'custom_mine',
          detail: 'Look at it.',
          family: 'custom',
          level: 'review',
          mode: 'active',
          score: 10,
        },
      ],
    });
  });

  it.each([
    ['off', 'allow', 0],
    ['suspicious', 'allow', 1],
    ['active', 'review', 1],
  ] as const)('%s', (mode, outcome, reasons) => {
    const verdict = judgeEvent(eventEvidence(), withRules(rule(deposits, { mode })));
    expect([verdict.outcome, verdict.reasons.length]).toEqual([outcome, reasons]);
  });

  it('blocks with evidence of another family, and never with another of its own', () => {
    const block = { level: 'block' } as const;
    const two = [rule(deposits, block), rule({ sources: ['src_casino'] }, { ...block, code: 'other' })];
    expect(judgeEvent(eventEvidence(), withRules(...two)).outcome).toBe('review');
    const fast = eventEvidence({ occurredAtMs: CLICKED_AT_MS + SECOND_MS });
    const { rules } = rulesWith({ fast_deposit: { mode: 'active' } });
    expect(judgeEvent(fast, { version: 2, rules, custom: [rule(deposits, block)] }).outcome).toBe('block');
  });
});

describe('customRuleProblems', () => {
  const span = (amountFrom: string, amountTo: string, currency = 'EUR') =>
    rule({ amountFrom: { amount: amountFrom, currency: 'EUR' }, amountTo: { amount: amountTo, currency } });
  it.each([
    ['nothing', [], []],
    ['a span', [span('1.00', '2.00')], []],
    ['one amount', [span('1.00', '1.00')], []],
    ['a span that ends before it begins', [span('2.00', '1.99')], ['0.when.amountTo']],
    ['a span of two currencies', [span('1.00', '2.00', 'USD')], ['0.when.amountTo']],
    ['a code twice', [rule({}), rule({}, { code: 'other' }), rule({})], ['2.code']],
  ])('%s', (_name, custom, paths) => {
    expect(customRuleProblems(custom).map(({ path }) => path)).toEqual(paths);
  });
});
