import fc from 'fast-check';
import { currency, testId } from '../testing/facts';
import { journalEntries } from './journal';
import { LINE_STAGES, type OwedCommission } from './line';

const EUR = currency('EUR');
const owed = (changes: Partial<OwedCommission> = {}): OwedCommission => ({
  partnerId: testId('ptn', 1),
  campaignId: testId('cmp', 1),
  amountMinor: 2_500n,
  currency: EUR,
  stage: 'approved',
  ...changes,
});
const expense = (campaign: number, amountMinor: bigint, code = EUR) => ({
  account: `expense:commission:${testId('cmp', campaign)}`,
  amountMinor,
  currency: code,
});
const held = (partner: number, amountMinor: bigint) => ({
  account: `held:${testId('ptn', partner)}`,
  amountMinor,
  currency: EUR,
});
const payable = (partner: number, amountMinor: bigint, code = EUR) => ({
  account: `payable:${testId('ptn', partner)}`,
  amountMinor,
  currency: code,
});

describe('journalEntries', () => {
  it.each([
    ['the first booking', null, owed(), [expense(1, 2_500n), payable(1, -2_500n)]],
    ['nothing owed, nothing booked', null, owed({ amountMinor: 0n }), []],
    ['nothing changed', owed(), owed(), []],
    ['taken back', owed(), owed({ amountMinor: 0n }), [expense(1, -2_500n), payable(1, 2_500n)]],
    ['raised', owed(), owed({ amountMinor: 3_000n }), [expense(1, 500n), payable(1, -500n)]],
    ['lowered', owed(), owed({ amountMinor: 2_000n }), [expense(1, -500n), payable(1, 500n)]],
    [
      'another campaign, the partner stays',
      owed(),
      owed({ campaignId: testId('cmp', 2) }),
      [expense(1, -2_500n), expense(2, 2_500n)],
    ],
    [
      'another partner, the campaign stays',
      owed(),
      owed({ partnerId: testId('ptn', 2) }),
      [payable(1, 2_500n), payable(2, -2_500n)],
    ],
    [
      'another campaign and amount',
      owed(),
      owed({ campaignId: testId('cmp', 2), amountMinor: 3_000n }),
      [expense(1, -2_500n), payable(1, -500n), expense(2, 3_000n)],
    ],
    [
      'the first booking, on hold',
      null,
      owed({ stage: 'qualified' }),
      [expense(1, 2_500n), held(1, -2_500n)],
    ],
    ['a hold that lasts', owed({ stage: 'qualified' }), owed({ stage: 'qualified' }), []],
    [
      'the end of a hold: nothing of the expense moves',
      owed({ stage: 'qualified' }),
      owed(),
      [held(1, 2_500n), payable(1, -2_500n)],
    ],
    [
      'taken back while on hold',
      owed({ stage: 'qualified' }),
      owed({ amountMinor: 0n }),
      [expense(1, -2_500n), held(1, 2_500n)],
    ],
    [
      'held again, for another partner',
      owed(),
      owed({ stage: 'qualified', partnerId: testId('ptn', 2) }),
      [payable(1, 2_500n), held(2, -2_500n)],
    ],
    [
      'the end of a hold, and less of it',
      owed({ stage: 'qualified' }),
      owed({ amountMinor: 2_000n }),
      [expense(1, -500n), held(1, 2_500n), payable(1, -2_000n)],
    ],
    [
      'another currency',
      owed(),
      owed({ currency: currency('USD') }),
      [
        expense(1, -2_500n),
        payable(1, 2_500n),
        expense(1, 2_500n, currency('USD')),
        payable(1, -2_500n, currency('USD')),
      ],
    ],
  ])('%s', (_name, booked, deserved, entries) => {
    expect(journalEntries(booked, deserved)).toEqual(entries);
  });
});

describe('journalEntries, for any two lines', () => {
  const line = fc.record({
    partnerId: fc.constantFrom(testId('ptn', 1), testId('ptn', 2)),
    campaignId: fc.constantFrom(testId('cmp', 1), testId('cmp', 2)),
    amountMinor: fc.oneof(fc.constantFrom(0n, 2_500n), fc.bigInt({ min: 0n, max: 10n ** 15n })),
    currency: fc.constantFrom(EUR, currency('USD'), currency('JPY')),
    stage: fc.constantFrom(...LINE_STAGES),
  });
  const sums = (
    lines: readonly (readonly { account: string; currency: string; amountMinor: bigint }[])[],
  ) => {
    const balances = new Map<string, bigint>();
    for (const { account, currency: code, amountMinor } of lines.flat()) {
      const key = `${account} ${code}`;
      balances.set(key, (balances.get(key) ?? 0n) + amountMinor);
    }
    return new Map([...balances].filter(([, sum]) => sum !== 0n));
  };

  it('sums to zero per currency, with no entry of zero and none twice on an account', () => {
    fc.assert(
      fc.property(fc.option(line), line, (booked, deserved) => {
        const entries = journalEntries(booked, deserved);
        for (const code of new Set(entries.map((entry) => entry.currency))) {
          const ofCode = entries.filter((entry) => entry.currency === code);
          expect(ofCode.reduce((sum, entry) => sum + entry.amountMinor, 0n)).toBe(0n);
        }
        expect(entries.every((entry) => entry.amountMinor !== 0n)).toBe(true);
        const accounts = entries.map((entry) => `${entry.account} ${entry.currency}`);
        expect(new Set(accounts).size).toBe(accounts.length);
      }),
      { seed: 51, numRuns: 1_000 },
    );
  });

  it('leaves the balances of the last line, however often the line changed', () => {
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 6 }), (history) => {
        const journals = history.map((deserved, index) =>
          journalEntries(history[index - 1] ?? null, deserved),
        );
        const last = history.at(-1);
        expect(sums(journals)).toEqual(sums(last === undefined ? [] : [journalEntries(null, last)]));
      }),
      { seed: 52, numRuns: 500 },
    );
  });
});
