import type { Knex } from 'knex';

/** How a migration is applied. Without one it is a transaction of its own, and runs before the processes start. */
export type MigrationConfig = {
  /**
   * Statement by statement, for work on tables that are large already. An interruption repeats it from its beginning,
   * so every step is repeatable.
   */
  readonly transaction?: false;
  /**
   * The code lives without it for a while: an index, a validation, a backfill. It is applied after all others, while
   * the processes run. Always outside of a transaction.
   */
  readonly background?: true;
  /** What it leaves no longer serves a version that does not know it: such a version refuses to work on it. */
  readonly breaking?: true;
};

/** Says in words which step begins, and how far it is: `events of March, 3 of 12`. */
export type TellStep = (step: string) => void;

/** One forward step of the schema. There is no way back: a mistake is mended by the next migration. */
export type Migration = {
  up(db: Knex, tell: TellStep): Promise<void>;
  readonly config?: MigrationConfig;
};

export type NamedMigration = readonly [name: string, migration: Migration];
