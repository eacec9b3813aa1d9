import { Command } from 'commander';
import { type Config, parseConfig } from '../../config/config';
import { createDb, type Db } from '../../db/knex';
import { migrate } from '../../db/migrate';
import { type MigrationNews, newsLine } from '../../db/migration-news';
import { readInstanceFile } from '../../embedded/instance-file';
import { isAlive } from '../../embedded/process-table';
import { say } from '../output';

export function migrateCommand(): Command {
  return new Command('migrate')
    .description('bring the database schema up to date, and say how far it is')
    .option(
      '--before-start',
      'only what API and workers need before they start; a worker does the rest',
      false,
    )
    .action(async ({ beforeStart }: { beforeStart: boolean }) => {
      const databaseUrl = chooseDatabase(parseConfig(process.env));
      const scope = beforeStart ? 'before_start' : 'all';
      const tell = (news: MigrationNews): void => say(newsLine(news));
      const { applied } = await migrate(databaseUrl, Date.now(), { scope, tell });
      say(applied.length === 0 ? 'The schema is up to date.' : `Applied: ${applied.join(', ')}`);
    });
}

/**
 * Runs `work` on DATABASE_URL, or else on the database of the embedded instance in the data folder, which must be
 * running.
 */
export async function withDatabase<Result>(work: (db: Db) => Promise<Result>): Promise<Result> {
  const databaseUrl = chooseDatabase(parseConfig(process.env));
  const db = createDb(databaseUrl, { poolMax: 4, applicationName: 'clickchain-cli' });
  try {
    return await work(db);
  } finally {
    await db.destroy();
  }
}

function chooseDatabase(config: Config): string {
  if (config.databaseUrl !== null) return config.databaseUrl;
  const instance = readInstanceFile(config.dataDir);
  if (instance === null || instance.pids.postgres === null || !isAlive(instance.pids.postgres)) {
    throw new Error(
      `No embedded instance runs on ${config.dataDir}. Start it (\`clickchain start\`), or set DATABASE_URL.`,
    );
  }
  return instance.databaseUrl;
}
