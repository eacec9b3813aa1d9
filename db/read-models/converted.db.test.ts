import fc from 'fast-check';
import { CURRENCY_CODES, parseCurrency } from '../../domain/currencies';
import { convert } from '../../domain/fx/convert';
import { applyRate } from '../../domain/fx/rate';
import { createTestDb, type TestDb } from '../../testing/test-db';
import { convertedSql } from './converted';

let testDb: TestDb;
beforeAll(async () => {
  testDb = await createTestDb();
});
afterAll(() => testDb.drop());

const SQL = `SELECT ${convertedSql({
  ...{ amount: 'CAST(:amount AS numeric)', from: 'CAST(:from AS text)', to: 'CAST(:to AS text)' },
  ...{ rate: 'CAST(:rate AS numeric)', rateFrom: 'CAST(:rateFrom AS text)' },
})}::text AS converted`;

async function inSql(bindings: Record<string, string | null>): Promise<bigint | null> {
  const { rows } = await testDb.db.raw<{ rows: { converted: string | null }[] }>(SQL, bindings);
  const [row] = rows;
  return row?.converted == null ? null : BigInt(row.converted);
}

const code = fc.constantFrom('EUR', 'USD', 'JPY', 'KWD');
const digits = (max: number) => fc.stringMatching(new RegExp(`^\\d{1,${max}}$`));

it('says what convert of the domain says, in both directions of a rate', async () => {
  const given = fc.record({
    amount: fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }),
    pair: fc.tuple(code, code).filter(([a, b]) => a !== b),
    rate: fc.tuple(digits(6), digits(18)).filter((parts) => /[1-9]/.test(parts.join(''))),
    isDirect: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(given, async ({ amount, pair: [a, b], rate: [whole, fraction], isDirect }) => {
      const [from, to] = [parseCurrency(a), parseCurrency(b)];
      if (from === null || to === null) throw new Error('no currency');
      const ends = isDirect ? { from, to } : { from: to, to: from };
      const rate = { ...ends, rate: `${whole}.${fraction}`, source: 'test', ratedAtMs: 0 };
      const { amountMinor } = convert({ amountMinor: amount, currency: from }, applyRate(rate, from, to));
      const bindings = { amount: String(amount), from, to, rate: rate.rate, rateFrom: ends.from };
      expect(await inSql(bindings)).toBe(amountMinor);
    }),
    { numRuns: 300 },
  );
});

it.each([
  [
    'half a unit goes away from zero',
    { amount: '-5', from: 'EUR', to: 'USD', rate: '0.1', rateFrom: 'EUR' },
    -1n,
  ],
  [
    'an amount of the same currency needs no rate',
    { amount: '7', from: 'EUR', to: 'EUR', rate: null, rateFrom: null },
    7n,
  ],
  [
    'and without one that is needed there is nothing',
    { amount: '7', from: 'EUR', to: 'USD', rate: null, rateFrom: null },
    null,
  ],
])('%s', async (_what, bindings, converted) => {
  expect(await inSql(bindings)).toBe(converted);
});

it('knows the minor unit of every currency', async () => {
  for (const from of CURRENCY_CODES) {
    const to = from === 'EUR' ? 'USD' : 'EUR';
    expect(await inSql({ amount: '100', from, to, rate: '1', rateFrom: from })).not.toBeNull();
  }
});
