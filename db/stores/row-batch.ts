/** What one row has in one column; a time is given in milliseconds, JSON as its text, bytes in hexadecimal. */
type Value = string | number | boolean | null;

/** A column of rows that travel as arrays: its name, its type in Postgres, and what a row has in it. */
export type BatchColumn<Row> = readonly [name: string, type: ColumnType, of: (row: Row) => Value];
type ColumnType =
  | ('uuid' | 'integer' | 'bigint' | 'boolean' | 'inet' | 'timestamptz')
  | ('text' | 'jsonb' | 'bytea');

export type RowBatch<Row> = {
  /** `SELECT * FROM unnest(…) AS given(…)`, for the start of a statement; it takes one binding per column. */
  readonly select: string;
  /** One array literal per column. Written here and not by the driver, which takes twice as long over it. */
  bindings(rows: readonly Row[]): string[];
};

/**
 * Rows as one array per column, so that a statement is the same whatever their number: Postgres plans it once per
 * connection, and a hundred rows cost one round trip and one commit.
 */
export function rowBatch<Row>(columns: readonly BatchColumn<Row>[]): RowBatch<Row> {
  const arrays = columns.map(([, type]) => `?::${type}[]`).join(', ');
  const names = columns.map(([name]) => name).join(', ');
  return {
    select: `SELECT * FROM unnest(${arrays}) AS given(${names})`,
    bindings: (rows) => columns.map(([, type, of]) => arrayLiteral(rows, of, WRITTEN[type])),
  };
}

function arrayLiteral<Row>(
  rows: readonly Row[],
  of: (row: Row) => Value,
  written: (value: string | number | boolean) => string,
): string {
  let literal = '{';
  for (const row of rows) {
    const value = of(row);
    if (literal.length > 1) literal += ',';
    literal += value === null ? 'NULL' : written(value);
  }
  return `${literal}}`;
}

const quoted = (value: string | number | boolean): string => `"${String(value).replace(/["\\]/g, '\\$&')}"`;

const WRITTEN: Readonly<Record<ColumnType, (value: string | number | boolean) => string>> = {
  uuid: String,
  integer: String,
  bigint: String,
  boolean: String,
  inet: String,
  text: quoted,
  jsonb: quoted,
  bytea: (value) => `"\\\\x${value}"`,
  timestamptz: (value) => new Date(Number(value)).toISOString(),
};
