import type { Knex } from 'knex';
import type { Page, PageRequest } from '../page';
import { cutPage } from '../read-models/cut-page';

/** Runs a list query as one page. Ids are v7, so their order is that of creation, to the millisecond, and never changes. */
export async function pageOf<Row extends object, Item>(
  query: Knex.QueryBuilder,
  idColumn: keyof Row & string,
  page: PageRequest,
  toItem: (row: Row) => Item,
): Promise<Page<Item>> {
  const from = page.afterUuid === null ? query : query.where(idColumn, '>', page.afterUuid);
  const rows = (await from.orderBy(idColumn).limit(page.limit + 1)) as Row[];
  return cutPage(rows, page, (row) => String(row[idColumn]), toItem);
}
