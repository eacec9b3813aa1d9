import { aDeal, CLICKED_AT_MS, money, testId } from '../testing/facts';
import { DAY_MS } from '../time';
import { type CapPeriod, dealInForce, hasCaps, holdEndMs, NO_CAPS } from './deal';

const deal = aDeal();

describe('dealInForce', () => {
  const at = CLICKED_AT_MS;
  const second = aDeal({ dealId: testId('dea', 2), version: 2, cpa: money('40.00 EUR'), validFromMs: at });
  const partner = testId('ptn', 1);

  it.each([
    ['before the second version begins', [deal, second], at - 1, deal],
    ['from its first millisecond', [deal, second], at, second],
    ['whatever the order of the list', [second, deal], at, second],
    ['and ever after', [deal, second], at + 100 * DAY_MS, second],
    ['none has begun yet', [second], at - 1, null],
    ['there is none', [], at, null],
    ['only other partners have one', [aDeal({ partnerId: testId('ptn', 2) })], at, null],
  ])('%s', (_name, deals, atMs, expected) => {
    expect(dealInForce(deals, partner, atMs)).toBe(expected);
  });

  it('takes the higher version of two that begin together, in any order', () => {
    const third = aDeal({ dealId: testId('dea', 3), version: 3, validFromMs: at });
    expect(dealInForce([second, third], partner, at)).toBe(third);
    expect(dealInForce([third, second], partner, at)).toBe(third);
  });

  it('takes the latest begun, even when a higher version began earlier', () => {
    const backdated = aDeal({ dealId: testId('dea', 3), version: 3, validFromMs: at - DAY_MS });
    expect(dealInForce([second, backdated], partner, at)).toBe(second);
  });

  it('counts a deal that began within the second that a whole-second time names', () => {
    const wholeSecond = Date.UTC(2026, 2, 1, 12, 0, 0);
    const begun = aDeal({ validFromMs: wholeSecond + 400 });
    expect(dealInForce([begun], partner, wholeSecond)).toBe(begun);
    expect(dealInForce([begun], partner, wholeSecond + 399)).toBeNull();
  });

  it('gives nobody without a partner a deal', () => {
    expect(dealInForce([deal], null, at)).toBeNull();
  });
});

describe('hasCaps', () => {
  it('is true of a cap for any period, be it none at all', () => {
    expect(hasCaps(aDeal({ caps: NO_CAPS }))).toBe(false);
    for (const period of ['day', 'month', 'total'] satisfies CapPeriod[]) {
      for (const cap of [0, 1, 500])
        expect(hasCaps(aDeal({ caps: { ...NO_CAPS, [period]: cap } }))).toBe(true);
    }
  });
});

describe('holdEndMs', () => {
  // Clocks in Berlin go forward on 29 March 2026.
  it.each([
    ['without a hold is the event’s own time', 0, '2026-03-28T12:00:00+01:00'],
    ['is that many times 24 hours later, whatever the clocks do', 2, '2026-03-30T13:00:00+02:00'],
    ['of thirty days', 30, '2026-04-27T13:00:00+02:00'],
  ])('%s', (_name, holdDays, endsAt) => {
    expect(holdEndMs(aDeal({ holdDays }), Date.parse('2026-03-28T12:00:00+01:00'))).toBe(Date.parse(endsAt));
  });
});
