import fc from 'fast-check';
import { CURRENCY_CODES, minorUnitExponent } from '../currencies';
import { currency } from '../testing/facts';
import { convert, exchangeBy } from './convert';
import { applyRate, type FxRate } from './rate';

const [EUR, USD, JPY, KWD] = [currency('EUR'), currency('USD'), currency('JPY'), currency('KWD')];
const rate = (from: FxRate['from'], to: FxRate['to'], text: string): FxRate => ({
  from,
  to,
  rate: text,
  source: 'test',
  ratedAtMs: 0,
});
const anyCurrency = fc.constantFrom(...CURRENCY_CODES).map(currency);
const anyPair = fc.tuple(anyCurrency, anyCurrency).filter(([a, b]) => a !== b);
const anyAmount = fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n });
const anyRate = fc
  .tuple(fc.integer({ min: 0, max: 9_999 }), fc.integer({ min: 1, max: 999_999 }))
  .map(([whole, decimals]) => `${whole}.${String(decimals).padStart(6, '0')}`);

describe('convert', () => {
  it.each([
    // 100.00 EUR at 1.0842
    [10_000n, EUR, USD, rate(EUR, USD, '1.0842'), 10_842n],
    // The same rate against its direction: 108.42 USD are 100.00 EUR.
    [10_842n, USD, EUR, rate(EUR, USD, '1.0842'), 10_000n],
    // Two decimals, none, three.
    [4_990n, EUR, JPY, rate(EUR, JPY, '162.35'), 8_101n],
    [8_101n, JPY, EUR, rate(EUR, JPY, '162.35'), 4_990n],
    [1_000n, KWD, EUR, rate(KWD, EUR, '3'), 300n],
    [300n, EUR, KWD, rate(KWD, EUR, '3'), 1_000n],
    // Half away from zero, in both directions of zero.
    [1n, EUR, USD, rate(EUR, USD, '0.5'), 1n],
    [-1n, EUR, USD, rate(EUR, USD, '0.5'), -1n],
    [1n, EUR, USD, rate(EUR, USD, '0.499999999999999999'), 0n],
    [3n, EUR, USD, rate(USD, EUR, '2'), 2n],
    // Far beyond what a float holds.
    [999_999_999_999_999n, EUR, USD, rate(EUR, USD, '1.000000000000000001'), 999_999_999_999_999n],
    [999_999_999_999_999n, EUR, USD, rate(EUR, USD, '999999999999'), 999_999_999_998_999_000_000_000_001n],
  ])('%s minor units of %s in %s', (amountMinor, from, to, known, expected) => {
    const converted = convert({ amountMinor, currency: from }, applyRate(known, from, to));
    expect(converted).toEqual({ amountMinor: expected, currency: to });
  });

  it('is as near to the exact quotient as a minor unit can be, and mirrors at zero', () => {
    fc.assert(
      fc.property(anyPair, anyAmount, anyRate, fc.boolean(), ([from, to], amountMinor, text, isDirect) => {
        const applied = applyRate(isDirect ? rate(from, to, text) : rate(to, from, text), from, to);
        const { amountMinor: got } = convert({ amountMinor, currency: from }, applied);
        const units = (code: typeof from) => 10n ** BigInt(minorUnitExponent(code));
        const numerator = amountMinor * applied.numerator * units(to);
        const denominator = applied.denominator * units(from);
        const twiceOff = 2n * (got * denominator - numerator);
        expect(twiceOff <= denominator && twiceOff >= -denominator).toBe(true);
        const mirrored = convert({ amountMinor: -amountMinor, currency: from }, applied);
        expect(mirrored.amountMinor).toBe(-got);
      }),
      { seed: 32, numRuns: 1_000 },
    );
  });

  it('never makes more of less', () => {
    fc.assert(
      fc.property(anyPair, anyAmount, anyAmount, anyRate, ([from, to], a, b, text) => {
        const applied = applyRate(rate(from, to, text), from, to);
        const [left, right] = [a, b].map((amountMinor) => convert({ amountMinor, currency: from }, applied));
        if (left === undefined || right === undefined) throw new Error('two amounts');
        expect(a <= b ? left.amountMinor <= right.amountMinor : left.amountMinor >= right.amountMinor).toBe(
          true,
        );
      }),
      { seed: 33, numRuns: 500 },
    );
  });

  it('leaves an amount alone between equal currencies', () => {
    fc.assert(
      fc.property(anyCurrency, anyAmount, (code, amountMinor) => {
        const money = { amountMinor, currency: code };
        expect(exchangeBy([])(money, code, 0)?.money).toEqual(money);
      }),
      { seed: 34, numRuns: 200 },
    );
  });

  it('refuses a rate of other currencies', () => {
    const applied = applyRate(rate(EUR, USD, '2'), EUR, USD);
    expect(() => convert({ amountMinor: 1n, currency: USD }, applied)).toThrow('USD by a rate of EUR');
    expect(() => applyRate(rate(EUR, USD, '2'), EUR, JPY)).toThrow('no rate of EUR/JPY');
  });
});

describe('exchangeBy', () => {
  const exchange = exchangeBy([{ ...rate(EUR, USD, '1.5'), ratedAtMs: 100, source: 'ECB' }]);

  it('says by what it converted', () => {
    expect(exchange({ amountMinor: 200n, currency: EUR }, USD, 100)).toEqual({
      money: { amountMinor: 300n, currency: USD },
      rate: '1.5',
      source: 'ECB',
      ratedAtMs: 100,
    });
    expect(exchange({ amountMinor: 300n, currency: USD }, EUR, 100)).toMatchObject({
      money: { amountMinor: 200n, currency: EUR },
      rate: '1/1.5',
    });
  });

  it('gives nothing while no rate is known', () => {
    expect(exchange({ amountMinor: 200n, currency: EUR }, USD, 99)).toBeNull();
    expect(exchange({ amountMinor: 200n, currency: EUR }, JPY, 100)).toBeNull();
  });
});
