import type { Page, PageRequest } from '../page';

/** Makes a page of `limit + 1` fetched rows: the surplus row only tells that there is more. */
export function cutPage<Row, Item>(
  rows: readonly Row[],
  page: PageRequest,
  uuidOf: (row: Row) => string,
  toItem: (row: Row) => Item,
): Page<Item> {
  const kept = rows.slice(0, page.limit);
  const last = rows.length > page.limit ? kept.at(-1) : undefined;
  return { items: kept.map(toItem), nextUuid: last === undefined ? null : uuidOf(last) };
}
