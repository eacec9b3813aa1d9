import fc from 'fast-check';
import { createTestDb, type TestDb } from '../../testing/test-db';
import { rowBatch } from './row-batch';

type Row = {
  readonly name: string | null;
  readonly count: number | null;
  readonly json: string;
  readonly atMs: number | null;
  readonly isOn: boolean;
};

const BATCH = rowBatch<Row>([
  ['name', 'text', ({ name }) => name],
  ['count', 'integer', ({ count }) => count],
  ['json', 'jsonb', ({ json }) => json],
  ['at', 'timestamptz', ({ atMs }) => atMs],
  ['is_on', 'boolean', ({ isOn }) => isOn],
]);

describe('rowBatch', () => {
  let testDb: TestDb;
  beforeAll(async () => {
    testDb = await createTestDb();
  });
  afterAll(() => testDb.drop());

  it('brings every row to Postgres as it is, in its order', async () => {
    const text = fc.string({ unit: 'binary' }).map((value) => value.replaceAll('\0', ''));
    const odd = fc.constantFrom(
      '',
      'NULL',
      '"',
      '\\',
      '{}',
      '{a,b}',
      "it's",
      '\n',
      '\\"',
      ' ',
      '\u2028',
      '😀',
    );
    const row = fc.record<Row>({
      name: fc.option(fc.oneof(text, odd)),
      count: fc.option(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
      json: fc.dictionary(text, fc.oneof(text, odd)).map((value) => JSON.stringify(value)),
      atMs: fc.option(fc.integer({ min: 0, max: 4_000_000_000_000 })),
      isOn: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 20 }), async (rows) => {
        const stored = await testDb.db.raw(BATCH.select, BATCH.bindings(rows));
        expect(
          stored.rows.map((one: Record<string, unknown>) => ({
            ...one,
            at: (one.at as Date | null)?.getTime(),
          })),
        ).toEqual(
          rows.map(({ name, count, json, atMs, isOn }) => ({
            name,
            count,
            json: JSON.parse(json),
            at: atMs ?? undefined,
            is_on: isOn,
          })),
        );
      }),
      { numRuns: 100 },
    );
  });
});
