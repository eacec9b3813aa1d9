import type { ConversionExplanation } from '../db/read-models/explain-conversion';
import { currency, testId } from '../domain/testing/facts';
import { explanationText } from './explain-text';

const at = (second: number) => `2026-03-01T12:00:${String(second).padStart(2, '0')}.000Z`;
const [partnerId, thief] = [testId('ptn', 1), testId('ptn', 2)];
const eur = (amount: string) => ({ amount, currency: currency('EUR') });

/** A first deposit of nobody's click, of which nothing else is known. */
function anExplanation(changes: Partial<ConversionExplanation> = {}): ConversionExplanation {
  return {
    conversion: {
      conversionId: testId('cnv', 1),
      revision: 1,
      clickId: null,
      playerId: 'casino-1',
      player: testId('ply', 1),
      brand: 'default',
      event: 'deposit',
      trust: 'keyed',
      firstDeposit: true,
      status: 'approved',
      reason: 'no_touch',
      occurredAt: at(1),
      campaignId: null,
      transactionId: 'D1',
      value: eur('100.00'),
      attribution: { model: 'last_touch', basis: 'none', credits: [], losing: [] },
      commission: [],
      verdict: null,
      postbackIds: [],
      scenarios: [],
    },
    facts: [],
    rulings: [],
    binding: null,
    deals: [],
    touches: [],
    commission: [],
    rates: [],
    ledger: [],
    deliveries: [],
    audit: [],
    cut: [],
    ...changes,
  };
}

const fact: ConversionExplanation['facts'][number] = {
  eventId: testId('evt', 1),
  role: 'standing',
  event: 'deposit',
  senderEventId: 'E1',
  transactionId: 'D1',
  status: 'confirmed',
  value: eur('100.00'),
  refersTo: null,
  until: null,
  clickId: testId('clk', 1),
  occurredAt: at(1),
  occurredAtSource: 'receipt',
  receivedAt: at(2),
  trust: 'signed',
  source: { name: 'casino', kind: 'gaming' },
  verdict: {
    outcome: 'review',
    score: 40,
    rulesVersion: 3,
    reasons: [
      { code: 'fast_deposit', detail: '4 s after the click.' },
      { code: 'new_rule', detail: 'Seen.', mode: 'suspicious' },
    ],
  },
  clickVerdict: { outcome: 'allow', score: 0, rulesVersion: 1, reasons: [] },
};

const line: ConversionExplanation['commission'][number] = {
  lineId: testId('lin', 1),
  revision: 2,
  partnerId,
  campaignId: testId('cmp', 1),
  kind: 'cpa',
  amount: eur('0.00'),
  reason: 'below_minimum_deposit',
  explanation: null,
  deal: { partnerId, dealId: testId('dea', 1), version: 4, terms: '50.00 EUR for a first deposit' },
  qualification: { minDeposit: eur('200.00'), until: at(9), outcome: 'below_minimum_deposit' },
  stage: 'approved',
  holdUntil: null,
  slot: null,
  payments: [],
};

const delivery: ConversionExplanation['deliveries'][number] = {
  postbackId: testId('pbk', 1),
  destination: { destinationId: testId('dst', 1), name: 'Partner', kind: 'partner_url' },
  event: 'first_deposit',
  corrects: null,
  withdrawal: false,
  status: 'delivered',
  createdAt: at(3),
  deliveredAt: at(5),
  deadAt: null,
  deadReason: null,
  attemptCount: 2,
  attempts: [
    { at: at(4), outcome: 'delivered', status: 200, reason: null },
    { at: at(3), outcome: 'retry', status: null, reason: 'timeout' },
  ],
};

describe('explanationText', () => {
  it('says of a conversion about which nothing is known that nothing is', () => {
    expect(explanationText(anExplanation())).toBe(`Conversion ${testId('cnv', 1)}, revision 1
What: first deposit of player ${testId('ply', 1)} at default, transaction D1
Status: approved: no_touch
Value: 100.00 EUR
Occurred: ${at(1)}
Trust: keyed, reported with a key

What it rests on
  Nothing that may be told.

Binding
  No player is bound.

Credit (last_touch)
  Nobody is credited.

Commission
  It earns nobody a commission.

Ledger
  Nothing was booked.

Deliveries
  Nobody was told.
`);
  });

  it.each<[name: string, changes: Partial<ConversionExplanation>, lines: string]>([
    [
      'a fact, who reported it and what the rules said',
      { facts: [fact] },
      `What it rests on
  ${at(1)} deposit confirmed of 100.00 EUR (the event itself)
    ${testId('evt', 1)}, the sender’s E1, transaction D1; names click ${testId('clk', 1)}
    from source casino (signed), counted as of its receipt, received ${at(2)}
    verdict: review, score 40, rule set 3; fast_deposit (4 s after the click.); new_rule (Seen., decides nothing)
    its click’s verdict: allow, score 0, rule set 1
`,
    ],
    [
      'a chargeback and a self-exclusion',
      {
        facts: [
          { ...fact, role: 'chargeback', event: 'chargeback', status: null, refersTo: 'E1' },
          {
            ...fact,
            role: 'self_exclusion',
            event: 'self_exclusion',
            status: null,
            value: null,
            until: at(9),
          },
        ],
      },
      `chargeback of 100.00 EUR of E1 (takes money back)`,
    ],
    [
      'a self-exclusion with an end',
      {
        facts: [
          {
            ...fact,
            role: 'self_exclusion',
            event: 'self_exclusion',
            status: null,
            value: null,
            until: at(9),
          },
        ],
      },
      `self_exclusion until ${at(9)} (the player excluded himself)`,
    ],
    [
      'a ruling that is on its way',
      {
        rulings: [
          {
            rulingId: testId('evt', 2),
            decision: 'reject',
            reason: 'same card',
            actor: 'key:key_1',
            revision: 1,
            ruledAt: at(3),
            settledAt: null,
          },
        ],
      },
      `Rulings
  ${at(3)} key:key_1 decided "reject" on revision 1: same card; not settled yet
`,
    ],
    [
      'a provisional binding and a contest that refused nobody',
      {
        binding: {
          eventId: testId('evt', 1),
          event: 'deposit',
          senderEventId: 'E1',
          conversionId: null,
          boundAt: at(1),
          provisional: true,
          reason: 'last_touch',
          clickId: testId('clk', 1),
          partnerId,
          revision: 1,
          contests: [
            {
              protectedClickId: testId('clk', 1),
              protectedPartnerId: partnerId,
              challengerClickId: testId('clk', 2),
              challengerPartnerId: thief,
              gapMs: 90_500,
              refused: false,
              reason: 'overwritten_before_registration',
            },
          ],
        },
      },
      `Contests
  click ${testId('clk', 2)} of ${thief} came 90.5 s before the binding event, after click ${testId('clk', 1)} of ${partnerId}: recorded, and not refused (overwritten_before_registration)
`,
    ],
    [
      'credited and losing touches',
      {
        touches: [
          {
            touchKind: 'click',
            touchId: testId('clk', 1),
            partnerId,
            campaignId: testId('cmp', 1),
            at: at(0),
            weight: 0.290001,
            amount: eur('29.00'),
            losingReason: null,
          },
          {
            touchKind: 'view',
            touchId: testId('imp', 1),
            partnerId: null,
            campaignId: null,
            at: null,
            weight: null,
            amount: null,
            losingReason: 'click_beats_view',
          },
        ],
      },
      `Credit (last_touch)
  ${at(0)} click ${testId('clk', 1)} of ${partnerId}: 29.0001 % of the credit, 29.00 EUR of the value
  at an unknown time view ${testId('imp', 1)} of no partner: not credited, click_beats_view
`,
    ],
    [
      'a line of before its arithmetic was kept, what it missed, and a payment that is to come back',
      {
        commission: [
          {
            ...line,
            slot: { granted: true, refusedBy: null, askedForAt: at(1), decidedAt: at(2) },
            payments: [
              { payoutId: testId('pay', 1), amount: eur('50.00'), reference: 'wire-1', paidAt: at(7) },
            ],
          },
        ],
      },
      `Commission
  ${partnerId}, cpa: 0.00 EUR: what stands of the first deposit is below the deal’s minimum (below_minimum_deposit).
    deal version 4: 50.00 EUR for a first deposit
    qualifies: a first deposit of at least 200.00 EUR, by ${at(9)}; outcome: what stands of the first deposit is below the deal’s minimum (below_minimum_deposit)
    capped deal: a slot was granted (asked for ${at(1)}, decided ${at(2)})
    approved; the deal holds nothing
    paid 50.00 EUR on ${at(7)} by ${testId('pay', 1)}, reference wire-1
`,
    ],
    [
      'a rate',
      { rates: [{ from: 'USD', to: 'EUR', rate: '0.9182', source: 'ecb', ratedAt: at(0) }] },
      `Exchange rates
  1 USD = 0.9182 EUR, ecb, ${at(0)}
`,
    ],
    [
      'a delivery that took two attempts, and a correction that was given up',
      {
        deliveries: [
          delivery,
          {
            ...delivery,
            event: 'correction',
            corrects: 'key-1',
            withdrawal: true,
            status: 'dead',
            deliveredAt: null,
            deadAt: at(9),
            deadReason: 'gave_up',
            attemptCount: 1,
            attempts: [],
          },
        ],
      },
      `Deliveries
  ${at(3)} first_deposit to Partner: delivered ${at(5)}, 2 attempts
    ${at(4)} delivered HTTP 200
    ${at(3)} retry timeout
  ${at(3)} correction that withdraws the report of key-1 to Partner: dead ${at(9)}, gave_up, 1 attempt
`,
    ],
    ['lists that were cut', { cut: ['facts', 'audit'] }, 'Only the beginning is told of: facts, audit.\n'],
  ])('tells of %s', (_name, changes, lines) => {
    expect(explanationText(anExplanation(changes))).toContain(lines);
  });

  it('keeps what others typed on its own line', () => {
    const senderEventId = 'E1\nLedger\n  payable:ptn_1 9999.00 EUR\u2028x';
    const text = explanationText(anExplanation({ facts: [{ ...fact, senderEventId }] }));
    expect(text.split('\n').filter((one) => one.startsWith('Ledger'))).toHaveLength(1);
    expect(text).toContain('the sender’s E1 Ledger   payable:ptn_1 9999.00 EUR x, transaction');
  });
});
