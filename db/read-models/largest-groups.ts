/** Keywords are as many as people type: a report tells the largest groups one by one, and the others together. */
export const MAX_GROUPS = 1_000;
/** A keyword is as long as its sender likes, and its beginning is all that a reader of a report looks for. */
export const MAX_KEY_CHARACTERS = 200;

/** SQL: a text as a group of a report is called. What is too long ends with `…`; texts that begin alike are one group. */
export function groupKeySql(text: string): string {
  return `CASE WHEN char_length(${text}) > ${MAX_KEY_CHARACTERS}
    THEN left(${text}, ${MAX_KEY_CHARACTERS - 1}) || '…' ELSE ${text} END`;
}

type Sums = {
  /** SQL: rows with a `key`, the columns beside it and what is added up; one group may have several. */
  readonly rows: string;
  /** What tells the rows of one group apart. */
  readonly beside: readonly string[];
  readonly metrics: readonly string[];
  /** SQL: by sums of what the largest groups come first; by none, they come in the order of their keys. */
  readonly sizes: readonly string[];
};

/**
 * SQL: the rows of the largest groups, largest first, and behind them the sums of all others as one more group. So
 * what leaves Postgres is bounded by MAX_GROUPS and by what is beside the key, and adds up to exactly what there is.
 */
export function largestGroupsSql({ rows, beside, metrics, sizes }: Sums): string {
  const sized = sizes.map(
    (size, nth) => `, coalesce(sum(${size}) OVER (PARTITION BY key), 0) AS size_${nth}`,
  );
  const order = [...sizes.map((_, nth) => `size_${nth} DESC`), 'key'].join(', ');
  const columns = beside.map((column) => `, ${column}`).join('');
  return `SELECT least(place, ${MAX_GROUPS + 1})::integer AS line, max(place)::integer AS place,
      max(key) FILTER (WHERE place <= ${MAX_GROUPS}) AS key${columns},
      ${metrics.map((metric) => `coalesce(sum(${metric}), 0)::text AS ${metric}`).join(', ')}
    FROM (
      SELECT s.*, dense_rank() OVER (ORDER BY ${order}) AS place FROM (
        SELECT every.*${sized.join('')} FROM (${rows}) AS every
      ) AS s
    ) AS ranked
    GROUP BY 1${columns} ORDER BY 1${columns}`;
}

/** What a row of such a statement says beside its sums. */
export type Placed = { readonly line: number; readonly place: number; readonly key: string | null };

export type Groups<Row> = {
  readonly groups: readonly { readonly key: string | null; readonly rows: readonly Row[] }[];
  /** Of the groups that are told together. */
  readonly rest: readonly Row[];
  readonly leftOut: number;
};

/** The rows by their groups, in the order of the statement. */
export function groupsOf<Row extends Placed>(rows: readonly Row[]): Groups<Row> {
  const byLine = new Map<number, Row[]>();
  for (const row of rows) {
    const known = byLine.get(row.line);
    if (known === undefined) byLine.set(row.line, [row]);
    else known.push(row);
  }
  const rest = byLine.get(MAX_GROUPS + 1) ?? [];
  byLine.delete(MAX_GROUPS + 1);
  return {
    groups: [...byLine.values()].map((own) => ({ key: own[0]?.key ?? null, rows: own })),
    rest,
    leftOut: rest.reduce((most, { place }) => Math.max(most, place - MAX_GROUPS), 0),
  };
}
