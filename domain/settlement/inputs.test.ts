import fc from 'fast-check';
import type { Fact, Touch } from '../facts';
import { conversionIn } from '../testing/book-summary';
import { FACT_SET_DEALS, FACT_SET_TOUCHES, factSet } from '../testing/fact-sets';
import {
  aChargeback,
  aDeal,
  aDeposit,
  aLead,
  aRegistration,
  aTouch,
  CLICKED_AT_MS,
  clicksOf,
  money,
  testId,
} from '../testing/facts';
import { canonical } from '../testing/stored-books';
import { DAY_MS } from '../time';
import { describeInputs } from './inputs';
import { settlePlayer } from './settle-player';

const day = (days: number) => CLICKED_AT_MS + days * DAY_MS;
const registration = aRegistration({ occurredAtMs: day(1) });
const first = aDeposit({ transactionKey: 'd1', occurredAtMs: day(2) });
const second = aDeposit({ transactionKey: 'd2', occurredAtMs: day(3) });
const click = aTouch();
const dealTwo = aDeal({ dealId: testId('dea', 2), version: 2, validFromMs: day(1) + 1 });
const deals = [aDeal(), dealTwo];

type Given = { facts: readonly Fact[]; clicks?: readonly Touch[] };
const inputsOf = (name: string, { facts, clicks = [click] }: Given) =>
  conversionIn(settlePlayer({ facts, clicks: clicksOf(...clicks), deals }), name).inputs;

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
    const clicks = fc.subarray([...FACT_SET_TOUCHES]);
    const settle = (facts: readonly Fact[], known: readonly Touch[]) =>
      settlePlayer({ facts, clicks: clicksOf(...known), deals: FACT_SET_DEALS }).conversions;
    fc.assert(
      fc.property(twoStages, clicks, ([all, some], known) => {
        const later = settle(all, FACT_SET_TOUCHES);
        for (const conversion of settle(some, known)) {
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
  it.each<[string, Partial<Parameters<typeof describeInputs>[0]>]>([
    ['another time', { facts: [aDeposit({ occurredAtMs: CLICKED_AT_MS })] }],
    ['another amount', { facts: [aDeposit({ money: money('100.01 EUR') })] }],
    ['another currency', { facts: [aDeposit({ money: money('100.00 USD') })] }],
    ['another status', { facts: [aDeposit({ status: 'pending' })] }],
    ['another verdict', { facts: [aDeposit({ outcome: 'review' })] }],
    ['another transaction', { facts: [aDeposit({ transactionKey: 'd2' })] }],
    ['one more fact', { facts: [aDeposit(), aChargeback()] }],
    ['another standing', { isStanding: false }],
    ['another touch', { touch: aTouch({ clickId: testId('clk', 2) }) }],
    ['no touch', { touch: null }],
    ['why there is no touch', { touch: null, noTouchReason: 'no_touch' }],
    ['another deal', { deal: dealTwo }],
    ['no deal', { deal: null }],
  ])('tells %s apart', (_name, changes) => {
    const inputs = {
      facts: [aDeposit()],
      isStanding: true,
      touch: click,
      noTouchReason: null,
      deal: aDeal(),
    };
    expect(describeInputs({ ...inputs, ...changes })).not.toBe(describeInputs(inputs));
  });
});
