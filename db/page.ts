/** A page of a list that is ordered by its id, oldest first. `afterUuid` is the last id of the page before. */
export type PageRequest = { readonly limit: number; readonly afterUuid: string | null };

/**
 * Rows that hold what strangers have sent may be 16 kB each: a page has at most so many of them, whatever was asked for,
 * and is then shorter than its limit although others follow.
 */
export const WIDE_PAGE_MAX = 250;

/** `nextUuid` is the id to continue after; null on the last page. */
export type Page<T> = { readonly items: readonly T[]; readonly nextUuid: string | null };
