import fc from 'fast-check';
import { ATTRIBUTION_MODELS } from '../attribution/models';
import { type Deal, type DealTerms, NO_CAPS } from '../commission/deal';
import { type Exchange, NO_RATES } from '../commission/exchange';
import type { ClickTouch, ViewTouch } from '../facts';
import type { DealId } from '../ids';
import type { SlotDecision } from '../settlement/caps';
import type { SettlementInput } from '../settlement/settle-player';
import { DAY_MS, HOUR_MS, SECOND_MS } from '../time';
import { aDeal, aTouch, aView, CLICKED_AT_MS, money, testId } from './facts';
import { LONG_AFTER_MS } from './settled';

/** Everything that decides a player's books beside his facts. */
export type Circumstances = Required<Omit<SettlementInput, 'facts' | 'clicks'>> & {
  readonly clicks: readonly ClickTouch[];
};

const model = fc.constantFrom(...ATTRIBUTION_MODELS);
const outcome = fc.constantFrom('allow', 'allow', 'allow', 'review', 'block');

/**
 * Three clicks, of which two or all are of one visitor: of partner 1, of partner 2 ten seconds before the usual time
 * of an event, and of partner 1 or nobody two days later, in a short window. A click id of number 9 has no row.
 */
const clicks: fc.Arbitrary<ClickTouch[]> = fc
  .record({
    models: fc.tuple(model, model, model),
    outcomes: fc.tuple(outcome, outcome, outcome),
    lastVisitor: fc.constantFrom(testId('vis', 1), testId('vis', 2)),
    lastPartner: fc.constantFrom(testId('ptn', 1), null),
    paysRegistrations: fc.boolean(),
  })
  .map(({ models, outcomes, lastVisitor, lastPartner, paysRegistrations }) => [
    aTouch({ model: models[0], outcome: outcomes[0], paysRegistrations }),
    aTouch({
      clickId: testId('clk', 2),
      campaignId: testId('cmp', 2),
      partnerId: testId('ptn', 2),
      clickedAtMs: CLICKED_AT_MS + DAY_MS - 10 * SECOND_MS,
      model: models[1],
      outcome: outcomes[1],
      paysRegistrations: true,
    }),
    aTouch({
      clickId: testId('clk', 3),
      visitorId: lastVisitor,
      partnerId: lastPartner,
      isDirect: lastPartner === null,
      clickedAtMs: CLICKED_AT_MS + 2 * DAY_MS,
      expiresAtMs: CLICKED_AT_MS + 9 * DAY_MS,
      model: models[2],
      outcome: outcomes[2],
    }),
  ]);

const views: fc.Arbitrary<readonly ViewTouch[]> = fc.subarray([
  aView({ viewedAtMs: CLICKED_AT_MS + DAY_MS - HOUR_MS }),
  aView({
    impressionId: testId('imp', 2),
    partnerId: testId('ptn', 2),
    viewedAtMs: CLICKED_AT_MS + 40 * DAY_MS - HOUR_MS,
  }),
]);

const terms: fc.Arbitrary<DealTerms> = fc.constantFrom<DealTerms[]>(
  { kind: 'cpa', cpa: money('25.00 EUR') },
  { kind: 'cpa', cpa: money('30.00 USD') },
  { kind: 'percent', ratePpm: 255_000 },
  { kind: 'hybrid', cpa: money('10.01 EUR'), ratePpm: 100_001 },
  { kind: 'cpl', cpl: money('3.00 EUR') },
);

const dealOf = (fixed: Partial<Deal>): fc.Arbitrary<Deal> =>
  fc
    .record({
      terms,
      minDeposit: fc.constantFrom(null, money('10.00 EUR'), money('10.00 USD')),
      qualificationDays: fc.constantFrom(null, null, 2),
      // Never, over by some of the times looked at, and never over.
      holdDays: fc.constantFrom(0, 3, 500),
      caps: fc.constantFrom(NO_CAPS, NO_CAPS, { ...NO_CAPS, total: 1 }),
    })
    .map((drawn) => aDeal({ ...drawn, ...fixed }));

const deals: fc.Arbitrary<Deal[]> = fc.tuple(
  dealOf({}),
  dealOf({ dealId: testId('dea', 2), version: 2, validFromMs: CLICKED_AT_MS + 3 * DAY_MS }),
  dealOf({ dealId: testId('dea', 3), partnerId: testId('ptn', 2) }),
);

const slot = fc.constantFrom<(SlotDecision | null)[]>(
  { isGranted: true },
  { isGranted: true },
  { isGranted: false, cap: 'month' },
  null,
);
const slots: fc.Arbitrary<ReadonlyMap<DealId, SlotDecision>> = fc
  .tuple(slot, slot, slot)
  .map(
    (decided) =>
      new Map(
        decided.flatMap((decision, index) =>
          decision === null ? [] : [[testId('dea', index + 1), decision]],
        ),
      ),
  );

/** Two dollars for a euro at any time; no other rate is known. */
export const TWO_DOLLARS_A_EURO: Exchange = ({ amountMinor, currency: from }, to, atMs) => {
  const rated = { source: 'test', ratedAtMs: atMs };
  if (from === 'EUR' && to === 'USD') {
    return { ...rated, money: { amountMinor: amountMinor * 2n, currency: to }, rate: '2' };
  }
  if (from === 'USD' && to === 'EUR') {
    return { ...rated, money: { amountMinor: amountMinor / 2n, currency: to }, rate: '0.5' };
  }
  return null;
};

export const circumstances: fc.Arbitrary<Circumstances> = fc.record({
  clicks,
  views,
  deals,
  slots,
  exchange: fc.constantFrom(NO_RATES, TWO_DOLLARS_A_EURO),
  nowMs: fc.constantFrom(CLICKED_AT_MS + 5 * DAY_MS, LONG_AFTER_MS),
});
