import type { Logger } from 'pino';
import type { Db } from '../db/knex';
import { applyMigrations } from '../db/migrate';
import { MIGRATIONS } from '../db/migrations';
import type { NamedMigration } from '../db/migrations/migration';
import { readSchemaState } from '../db/schema-state';
import { MINUTE_MS } from '../domain/time';
import { WakeUp } from './wake-up';

const LOOK_EVERY_MS = MINUTE_MS;

type SchemaDeps = {
  readonly db: Db;
  readonly databaseUrl: string;
  readonly logger: Logger;
  readonly migrations?: readonly NamedMigration[];
};

/** Looks every minute, and rejects as soon as a newer version has made the schema its own. */
export async function watchSchema(
  { db, logger }: Pick<SchemaDeps, 'db' | 'logger'>,
  signal: AbortSignal,
): Promise<void> {
  const timer = new WakeUp();
  while (!signal.aborted) {
    const refusal = await readSchemaState(db).then(
      (state) => state.refusal,
      (error: unknown) => {
        logger.debug({ err: error }, 'the schema could not be looked at');
        return null;
      },
    );
    if (refusal !== null) throw new Error(refusal);
    await timer.pause(LOOK_EVERY_MS, signal);
  }
}

/**
 * Applies what the code can live without, while everything runs: indexes, validations, backfills. One process does it;
 * the others look again in a minute. Ends when nothing is left to do.
 */
export async function runBackgroundMigrations(deps: SchemaDeps, signal: AbortSignal): Promise<void> {
  const { db, databaseUrl, logger, migrations = MIGRATIONS } = deps;
  const timer = new WakeUp();
  while (!signal.aborted) {
    try {
      const { needed, background } = await readSchemaState(db, migrations);
      if (needed.length === 0 && background.length === 0) return;
      // What the code needs was to be applied before it started, by somebody who waits for it.
      if (needed.length === 0) {
        await applyMigrations(databaseUrl, migrations, {
          ...{ ifBusy: 'leave', signal },
          tell: (news) => logger.info(news, 'migration in the background'),
        });
      }
    } catch (error) {
      if (!signal.aborted)
        logger.warn({ err: error }, 'a background migration stopped; it goes on in a minute');
    }
    await timer.pause(LOOK_EVERY_MS, signal);
  }
}
