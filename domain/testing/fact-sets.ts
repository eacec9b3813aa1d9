import fc from 'fast-check';
import type { Fact } from '../facts';
import type { Money } from '../money';
import { DAY_MS } from '../time';
import {
  aChargeback,
  aDeposit,
  aLead,
  anInstall,
  anNgr,
  aRegistration,
  aRuling,
  aSale,
  aSelfExclusion,
  aWithdrawal,
  CLICKED_AT_MS,
  eventKey,
  money,
  testId,
} from './facts';

// Few values each, so that equal times, shared keys and both edges of a window come up all the time.
const shape = {
  transactionKey: fc.constantFrom('t1', 't2', 't3'),
  senderEventId: fc.constantFrom('e1', 'e2', 'e3', 't1'),
  clickId: fc.constantFrom(
    null,
    testId('clk', 1),
    testId('clk', 1),
    testId('clk', 2),
    testId('clk', 3),
    testId('clk', 9),
  ),
  occurredAtMs: fc
    .constantFrom(-1, 0, DAY_MS, DAY_MS, 3 * DAY_MS, 5 * DAY_MS, 30 * DAY_MS, 30 * DAY_MS + 1, 40 * DAY_MS)
    .map((sinceClickMs) => CLICKED_AT_MS + sinceClickMs),
  outcome: fc.constantFrom('allow', 'allow', 'allow', 'review', 'block'),
} as const;

const amount: fc.Arbitrary<Money> = fc
  .constantFrom('5.00 EUR', '10.00 EUR', '20.00 EUR', '20.00 EUR', '20.00 USD')
  .map(money);

const anyFact: fc.Arbitrary<Fact> = fc.oneof(
  { weight: 2, arbitrary: fc.record(shape).map(aRegistration) },
  {
    weight: 4,
    arbitrary: fc
      .record({
        ...shape,
        status: fc.constantFrom('pending', 'failed', 'confirmed', 'confirmed', 'reversed'),
        money: amount,
      })
      .map(aDeposit),
  },
  {
    weight: 2,
    arbitrary: fc
      .record({ ...shape, refersTo: fc.constantFrom('t1', 't2', 'e1', 'e2', 'nothing'), money: amount })
      .map(aChargeback),
  },
  { weight: 1, arbitrary: fc.record(shape).map(anInstall) },
  { weight: 1, arbitrary: fc.record(shape).map(aLead) },
  { weight: 1, arbitrary: fc.record({ ...shape, money: fc.option(amount) }).map(aSale) },
  {
    weight: 1,
    arbitrary: fc
      .record({ ...shape, status: fc.constantFrom('pending', 'confirmed', 'reversed'), money: amount })
      .map(aWithdrawal),
  },
  {
    weight: 1,
    arbitrary: fc
      .record({ ...shape, money: fc.constantFrom('-5.00 EUR', '7.00 EUR', '7.00 USD').map(money) })
      .map(anNgr),
  },
  {
    weight: 1,
    arbitrary: fc
      .record({
        on: fc.record({
          kind: fc.constantFrom('deposit', 'registration'),
          transactionKey: shape.transactionKey,
        }),
        decision: fc.constantFrom('approve', 'reject'),
        revision: fc.integer({ min: 1, max: 3 }),
      })
      .map((given) =>
        aRuling({
          ...given,
          transactionKey: `${given.on.kind} ${given.on.transactionKey} ${given.revision}`,
        }),
      ),
  },
  {
    weight: 1,
    arbitrary: fc
      .record({ ...shape, lasts: fc.constantFrom(null, 1, 2 * DAY_MS) })
      .map(({ lasts, ...given }) =>
        aSelfExclusion({ ...given, untilMs: lasts === null ? null : given.occurredAtMs + lasts }),
      ),
  },
);

/** One to seven accepted events of one player: no two have the same kind, transaction and status. */
export const factSet: fc.Arbitrary<Fact[]> = fc.uniqueArray(anyFact, {
  selector: eventKey,
  minLength: 1,
  maxLength: 7,
});

/** The same items in another order. */
export function shuffled<T>(items: readonly T[]): fc.Arbitrary<T[]> {
  return fc.shuffledSubarray([...items], { minLength: items.length });
}

/** Every order of the items. */
export function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, index) =>
    permutations(items.filter((_, other) => other !== index)).map((rest) => [item, ...rest]),
  );
}

/** Every subset of the items, the empty one and the whole included. */
export function subsets<T>(items: readonly T[]): T[][] {
  const [first, ...others] = items;
  if (first === undefined) return [[]];
  return subsets(others).flatMap((subset) => [subset, [first, ...subset]]);
}
