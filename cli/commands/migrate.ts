import { Command } from 'commander';
import { ConfigError, parseConfig } from '../../config/config';
import { createDb, type Db } from '../../db/knex';
import { migrate } from '../../db/migrate';
import { readInstanceFile } from '../../embedded/instance-file';
import { say } from '../output';

export function migrateCommand(): Command {
  return new Command('migrate').description('bring the database schema up to date').action(async () => {
    const { applied } = await withDatabase((db) => migrate(db, Date.now()));
    say(applied.length === 0 ? 'The schema is up to date.' : `Applied: ${applied.join(', ')}`);
  });
}

/**
 * Runs `work` on DATABASE_URL, or else on the database of the embedded instance in the data folder, which must be
 * running.
 */
export async function withDatabase<Result>(work: (db: Db) => Promise<Result>): Promise<Result> {
  const config = parseConfig(process.env);
  const databaseUrl = config.databaseUrl ?? readInstanceFile(config.dataDir)?.databaseUrl;
  if (databaseUrl === undefined) {
    throw new ConfigError([`DATABASE_URL: expected, as no instance has been started in ${config.dataDir}`]);
  }
  const db = createDb(databaseUrl, { poolMax: 4, applicationName: 'clickchain-cli' });
  try {
    return await work(db);
  } finally {
    await db.destroy();
  }
}
