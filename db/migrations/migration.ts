import type { Knex } from 'knex';

/** One forward step of the schema. There is no way back: a mistake is mended by the next migration. */
export type Migration = {
  up(db: Knex): Promise<void>;
  readonly config?: { readonly transaction: false };
};
