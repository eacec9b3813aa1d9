/** A page of a list that is ordered by its id, oldest first. `afterUuid` is the last id of the page before. */
export type PageRequest = { readonly limit: number; readonly afterUuid: string | null };

/** `nextUuid` is the id to continue after; null on the last page. */
export type Page<T> = { readonly items: readonly T[]; readonly nextUuid: string | null };
