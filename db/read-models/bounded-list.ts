/** The first rows of a list that is told in one piece, and whether there were more. */
export type BoundedList<Item> = { readonly items: readonly Item[]; readonly isCut: boolean };

/** Of `max + 1` fetched rows the surplus one only tells that there is more. */
export function boundedList<Row, Item>(
  rows: readonly Row[],
  max: number,
  toItem: (row: Row) => Item,
): BoundedList<Item> {
  return { items: rows.slice(0, max).map(toItem), isCut: rows.length > max };
}
