import { currency } from '../testing/facts';
import { type GoalPhase, type GoalTerms, goalProgress, MEASURES_OF, type RunningDay } from './goal';
import { ONE_PPM } from './quotients';
import { addMeasured, emptyTally, type Measured, type Tally } from './tally';

const [EUR, USD] = [currency('EUR'), currency('USD')];
const measured = (given: Partial<Measured>): Measured => ({
  measure: 'deposit',
  countPpm: 0n,
  firstPpm: 0n,
  valuablePpm: 0n,
  valuableFirstPpm: 0n,
  amounts: null,
  ...given,
});
/** Nothing is known but euros, which all goals are in. */
const amounts = (amountMinor: bigint, code: typeof EUR) => ({
  ...{ currency: code, amountMinor },
  convertedMinor: code === EUR ? amountMinor : 0n,
  missing: code === EUR ? 0 : 1,
});
const deposit = (amountMinor: bigint, code = EUR): Measured =>
  measured({
    countPpm: ONE_PPM,
    firstPpm: ONE_PPM,
    amounts: amounts(amountMinor, code),
  });
const spend = (amountMinor: bigint): Measured =>
  measured({ measure: 'spend', amounts: amounts(amountMinor, EUR) });

/** One day after the other, each with its facts. */
function progress(
  terms: GoalTerms,
  facts: Readonly<Record<string, readonly Measured[]>>,
  phase: GoalPhase = 'within',
) {
  let tally: Tally = emptyTally(terms.currency ?? USD);
  const days: RunningDay[] = Object.entries(facts).map(([day, list]) => {
    tally = list.reduce(addMeasured, tally);
    return { day, tally };
  });
  return goalProgress(terms, days, tally, phase);
}

const count = (target: bigint): GoalTerms => ({ metric: 'first_deposits', target, currency: null });
const total = (target: bigint): GoalTerms => ({ metric: 'deposit_total', target, currency: EUR });

describe('a goal that asks for at least something', () => {
  it('tells how far it is and on which day it got there', () => {
    const facts = { d1: [deposit(100n)], d2: [deposit(50n), deposit(50n)], d3: [deposit(1n)] };
    expect(progress(count(3n), facts)).toEqual({
      status: 'reached',
      value: 4n * ONE_PPM,
      ratio: '1.3333',
      isOnTarget: true,
      reachedOn: 'd2',
      missingRates: 0,
    });
    expect(progress(total(200n), facts)).toMatchObject({ status: 'reached', value: 201n, reachedOn: 'd2' });
    expect(progress(total(202n), facts)).toMatchObject({
      status: 'running',
      ratio: '0.9950',
      reachedOn: null,
    });
  });

  it('is back to where it was when a deposit is taken back', () => {
    expect(progress(count(1n), { d1: [] })).toMatchObject({ status: 'running', value: 0n, reachedOn: null });
  });

  it.each([
    ['before', 'upcoming'],
    ['within', 'running'],
    ['after', 'missed'],
  ] as const)('%s its days is %s while short of the target', (phase, status) => {
    expect(progress(count(9n), {}, phase).status).toBe(status);
  });

  it('cannot be told while a rate is missing', () => {
    expect(progress(total(10n), { d1: [deposit(100n), deposit(100n, USD)] })).toMatchObject({
      value: null,
      ratio: null,
      isOnTarget: null,
      status: 'running',
      missingRates: 1,
    });
  });
});

describe('a goal that asks for at most something', () => {
  const cpa = (target: bigint): GoalTerms => ({ metric: 'cpa_metric', target, currency: EUR });
  const facts = { d1: [spend(1_000n)], d2: [deposit(1n), deposit(1n)] };

  it('is on target, and reached only once nothing can spoil it', () => {
    const running = progress(cpa(500n), facts);
    expect(running).toMatchObject({ value: 500n, ratio: '1.0000', isOnTarget: true, status: 'running' });
    expect(progress(cpa(500n), facts, 'after')).toMatchObject({ status: 'reached', reachedOn: null });
    expect(progress(cpa(499n), facts, 'after')).toMatchObject({ status: 'missed', isOnTarget: false });
  });

  it('cannot be told without first depositors or without spend', () => {
    expect(progress(cpa(500n), { d1: [spend(1_000n)] })).toMatchObject({ value: null, isOnTarget: null });
    expect(progress(cpa(500n), { d1: [deposit(1n)] })).toMatchObject({ value: null, isOnTarget: null });
  });
});

it('every metric says what has to be measured for it', () => {
  expect(Object.values(MEASURES_OF).every((measures) => measures.length > 0)).toBe(true);
});
