import fc from 'fast-check';
import { NO_RATES } from '../commission/exchange';
import type { ClickTouch, Fact } from '../facts';
import { conversionIn } from '../testing/book-summary';
import { circumstances } from '../testing/circumstances';
import { factSet } from '../testing/fact-sets';
import {
  aChargeback,
  aDeal,
  aDeposit,
  aLead,
  aRegistration,
  aRuling,
  aTouch,
  aView,
  CLICKED_AT_MS,
  money,
  testId,
} from '../testing/facts';
import { settled } from '../testing/settled';
import { canonical } from '../testing/stored-books';
import { DAY_MS } from '../time';
import { describeInputs } from './inputs';

const day = (days: number) => CLICKED_AT_MS + days * DAY_MS;
const registration = aRegistration({ occurredAtMs: day(1) });
const first = aDeposit({ transactionKey: 'd1', occurredAtMs: day(2) });
const second = aDeposit({ transactionKey: 'd2', occurredAtMs: day(3) });
const click = aTouch();
const dealTwo = aDeal({ dealId: testId('dea', 2), version: 2, validFromMs: day(1) + 1 });
const deals = [aDeal(), dealTwo];

type Given = { facts: readonly Fact[]; clicks?: readonly ClickTouch[] };
const inputsOf = (name: string, { facts, clicks = [click] }: Given) =>
  conversionIn(settled(facts, { clicks, deals }), name).inputs;

describe('the inputs of a decision', () => {
  const known = [registration, first, second];
  const chargebackOf = (refersTo: string) => aChargeback({ refersTo, money: money('1.00 EUR') });

  it.each<[string, string, Given, Given]>([
    ['a chargeback of it', 'deposit d1', { facts: known }, { facts: [...known, chargebackOf('d1')] }],
    [
      'a higher status of it',
      'deposit d1',
      { facts: known },
      { facts: [...known, aDeposit({ transactionKey: 'd1', status: 'reversed' })] },
    ],
    [
      'losing the first place to an earlier deposit',
      'deposit d1',
      { facts: known },
      { facts: [...known, aDeposit({ transactionKey: 'd0', occurredAtMs: day(1) + 1 })] },
    ],
    [
      'losing its place to an earlier registration',
      'registration registration-1',
      { facts: known },
      { facts: [...known, aRegistration({ transactionKey: 'r0', occurredAtMs: day(1) - 1 })] },
    ],
    [
      'a registration that pins another deal version',
      'deposit d1',
      { facts: [first, second] },
      { facts: known },
    ],
    ['the late row of its click', 'deposit d1', { facts: known, clicks: [] }, { facts: known }],
    [
      'the late row of its click',
      'registration registration-1',
      { facts: known, clicks: [] },
      { facts: known },
    ],
    [
      'the late row of a click whose window does not hold it: another reason',
      'registration registration-1',
      { facts: known, clicks: [] },
      { facts: known, clicks: [aTouch({ clickedAtMs: day(5) })] },
    ],
    [
      'the late row of a click whose window does not hold it: another reason',
      'deposit d1',
      { facts: known, clicks: [] },
      { facts: known, clicks: [aTouch({ clickedAtMs: day(5) })] },
    ],
    [
      'the late row of a click whose window does not hold it: another reason',
      'lead lead-1',
      { facts: [aLead()], clicks: [] },
      { facts: [aLead()], clicks: [aTouch({ clickedAtMs: day(5) })] },
    ],
  ])('change with %s (%s)', (_name, conversion, before, after) => {
    expect(inputsOf(conversion, after)).not.toBe(inputsOf(conversion, before));
  });

  it.each<[string, string, Given, Given]>([
    ['a later deposit', 'deposit d1', { facts: [registration, first] }, { facts: known }],
    ['a chargeback of another', 'deposit d1', { facts: known }, { facts: [...known, chargebackOf('d2')] }],
    [
      'another deal version, when it is not the first',
      'deposit d2',
      { facts: [first, second] },
      { facts: known },
    ],
    ['deposits', 'registration registration-1', { facts: [registration] }, { facts: known }],
    [
      'a later registration',
      'registration registration-1',
      { facts: known },
      { facts: [...known, aRegistration({ transactionKey: 'r2', occurredAtMs: day(5) })] },
    ],
    ['another order', 'deposit d1', { facts: known }, { facts: [...known].reverse() }],
  ])('do not change with %s (%s)', (_name, conversion, before, after) => {
    expect(inputsOf(conversion, after)).toBe(inputsOf(conversion, before));
  });

  it('are plain text that names what was decided on', () => {
    expect(JSON.parse(inputsOf('deposit d1', { facts: known }))).toEqual({
      facts: [['deposit', 'd1', 'confirmed', day(2), '10000 EUR', 'allow']],
      standing: true,
      touch: click.clickId,
      model: 'last_touch',
      deal: testId('dea', 1),
    });
  });

  it('tell the same decision whenever they are the same', () => {
    const twoStages = factSet.chain((facts) => fc.tuple(fc.constant(facts), fc.subarray(facts)));
    // What is known in the end, and what of it is known before.
    const twoCircumstances = circumstances.chain((last) =>
      fc.tuple(
        fc.constant(last),
        fc.record({
          deals: fc.constant(last.deals),
          clicks: fc.subarray([...last.clicks]),
          views: fc.subarray([...last.views]),
          slots: fc.constantFrom(last.slots, new Map()),
          exchange: fc.constantFrom(last.exchange, NO_RATES),
          nowMs: fc.constantFrom(last.nowMs, CLICKED_AT_MS + 2 * DAY_MS),
        }),
      ),
    );
    fc.assert(
      fc.property(twoStages, twoCircumstances, ([all, some], [last, before]) => {
        const later = settled(all, last).conversions;
        for (const conversion of settled(some, before).conversions) {
          const same = later.find(
            ({ kind, inputs }) => kind === conversion.kind && inputs === conversion.inputs,
          );
          expect(canonical(same ?? conversion)).toBe(canonical(conversion));
        }
      }),
      { seed: 96, numRuns: 3_000 },
    );
  });
});

describe('describeInputs', () => {
  const whole = { touch: click, weight: 1n };
  const other = aTouch({ clickId: testId('clk', 2) });
  const rated = { money: money('50.00 EUR'), rate: '0.5', source: 'ecb', ratedAtMs: day(1) };
  const inputs = {
    facts: [aDeposit()],
    isStanding: true,
    shares: [whole],
    model: 'last_touch',
    noTouchReason: null,
    dealIds: [testId('dea', 1)],
  };
  type Changes = Partial<Parameters<typeof describeInputs>[0]>;
  const described = (changes: Changes) => describeInputs({ ...inputs, ...changes });

  it.each<[string, Changes]>([
    ['another time', { facts: [aDeposit({ occurredAtMs: CLICKED_AT_MS })] }],
    ['another amount', { facts: [aDeposit({ money: money('100.01 EUR') })] }],
    ['another currency', { facts: [aDeposit({ money: money('100.00 USD') })] }],
    ['another status', { facts: [aDeposit({ status: 'pending' })] }],
    ['another verdict', { facts: [aDeposit({ outcome: 'review' })] }],
    ['another transaction', { facts: [aDeposit({ transactionKey: 'd2' })] }],
    ['one more fact', { facts: [aDeposit(), aChargeback()] }],
    ['another standing', { isStanding: false }],
    ['another touch', { shares: [{ touch: other, weight: 1n }] }],
    ['a view', { shares: [{ touch: aView(), weight: 1n }] }],
    ['one more touch', { shares: [whole, { touch: other, weight: 1n }] }],
    ['no touch', { shares: [] }],
    ['why there is no touch', { shares: [], noTouchReason: 'no_touch' }],
    ['another model', { model: 'first_touch' }],
    ['another deal', { dealIds: [dealTwo.dealId] }],
    ['one more deal', { dealIds: [testId('dea', 1), dealTwo.dealId] }],
    ['no deal', { dealIds: [] }],
    ['a rate', { exchanged: [rated] }],
  ])('tells %s apart', (_name, changes) => {
    expect(described(changes)).not.toBe(described({}));
  });

  it.each<[string, Changes, Changes]>([
    [
      'the weights of two touches',
      { shares: [whole, { touch: other, weight: 1n }] },
      { shares: [whole, { touch: other, weight: 2n }] },
    ],
    ['the rate', { exchanged: [rated] }, { exchanged: [{ ...rated, rate: '0.51' }] }],
    [
      'the converted amount',
      { exchanged: [rated] },
      { exchanged: [{ ...rated, money: money('51.00 EUR') }] },
    ],
    [
      'a ruling of the same effect',
      { facts: [aDeposit()] },
      { facts: [{ ...aDeposit(), ruledBy: aRuling() }] },
    ],
    [
      'which touch lost',
      { losing: [{ touch: other, reason: 'assisted' }] },
      { losing: [{ touch: aTouch({ clickId: testId('clk', 3) }), reason: 'assisted' }] },
    ],
    [
      'why a touch lost',
      { losing: [{ touch: other, reason: 'assisted' }] },
      { losing: [{ touch: other, reason: 'contested' }] },
    ],
    ['the time of the binding where it counts', { boundAtMs: day(1) }, { boundAtMs: day(2) }],
  ])('tells by %s', (_name, one, another) => {
    expect(described(another)).not.toBe(described(one));
  });

  it('tells nothing by the order of the deals', () => {
    const [one, two] = [testId('dea', 1), testId('dea', 2)];
    expect(described({ dealIds: [two, one] })).toBe(described({ dealIds: [one, two] }));
  });
});
