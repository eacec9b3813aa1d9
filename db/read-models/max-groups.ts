/** Keywords are as many as people type; a reader of a report takes this many lines at most. */
export const MAX_GROUPS = 1_000;
