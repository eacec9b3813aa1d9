import { setTimeout as delay } from 'node:timers/promises';
import type { Db } from './knex';
import type { TellMigration } from './migration-news';
import { withMigrationSession } from './migration-session';
import { type MigrationWatch, watchMigrations } from './migration-watch';
import { MIGRATIONS } from './migrations';
import type { NamedMigration } from './migrations/migration';
import { ensurePartitions } from './partitions';
import { isLockNotHad } from './pg-errors';
import { assertServed, readSchemaState } from './schema-state';

/** Everybody who comes after a migration that waits for a lock waits for as long, so it gives up soon and comes again. */
const LOCK_TIMEOUT_MS = 2_000;
const LONGEST_PAUSE_MS = 30_000;
const PROGRESS_EVERY_MS = 10_000;

export type MigrateOptions = {
  /** `before_start`: only what the processes need before they start. All, unless it is given. */
  readonly scope?: 'all' | 'before_start';
  /** What to do while another process migrates: come when it is done, or leave it to that one. */
  readonly ifBusy?: 'wait' | 'leave';
  readonly tell?: TellMigration;
  /** Gives up at once. A statement that runs then is brought to its end by the server, and found done the next time. */
  readonly signal?: AbortSignal;
  readonly lockTimeoutMs?: number;
  readonly progressEveryMs?: number;
};

/**
 * Brings the schema up to date and makes the coming months' partitions: first what the code needs, then what it can
 * live without, each in order. Safe when several processes begin at once: one applies, the others wait and find
 * nothing to do. One that was killed midway leaves nothing locked, and the next goes on after what is done.
 *
 * Nobody waits behind a migration for longer than its short wait for a lock: it gives up then, takes everything back,
 * and tries again after a pause, for as long as it takes.
 *
 * @throws when a newer version has changed the database so that it does not serve this one.
 */
export function migrate(
  databaseUrl: string,
  nowMs: number,
  options: MigrateOptions = {},
): Promise<{ applied: string[] }> {
  return applyMigrations(databaseUrl, MIGRATIONS, {
    ...options,
    beforeBackground: (db) => ensurePartitions(db, nowMs),
  });
}

/** As `migrate`, with migrations of one's own choice. */
export async function applyMigrations(
  databaseUrl: string,
  migrations: readonly NamedMigration[],
  options: MigrateOptions & { readonly beforeBackground?: (db: Db) => Promise<void> } = {},
): Promise<{ applied: string[] }> {
  const { tell = () => undefined, signal, beforeBackground = () => Promise.resolve() } = options;
  const applied: string[] = [];
  const lockTimeoutMs = options.lockTimeoutMs ?? LOCK_TIMEOUT_MS;
  const turn = { databaseUrl, tell, signal, lockTimeoutMs, ifBusy: options.ifBusy ?? 'wait' };
  await withMigrationSession(turn, async (db) => {
    await assertServed(db, migrations);
    const everyMs = options.progressEveryMs ?? PROGRESS_EVERY_MS;
    const watch = await watchMigrations({ databaseUrl, db, tell, everyMs });
    const runner = { db, watch, tell, signal, lockTimeoutMs };
    try {
      await keepTrying(runner, 'knex_migrations', () => ensureBooks(db));
      const { needed, background } = await readSchemaState(db, migrations);
      for (const name of needed) applied.push(await apply(runner, migrations, name));
      await keepTrying(runner, 'partitions', () => beforeBackground(db));
      if (options.scope === 'before_start') return;
      for (const name of background) applied.push(await apply(runner, migrations, name));
    } finally {
      await watch.stop();
    }
  });
  return { applied };
}

type Runner = {
  readonly db: Db;
  readonly watch: MigrationWatch;
  readonly tell: TellMigration;
  readonly signal: AbortSignal | undefined;
  readonly lockTimeoutMs: number;
};

async function apply(runner: Runner, migrations: readonly NamedMigration[], name: string): Promise<string> {
  const { db, watch, tell } = runner;
  const step = (text: string): void => watch.step(text);
  const migration = migrations.find(([other]) => other === name)?.[1];
  if (migration === undefined) throw new Error(`there is no migration ${name}`);
  const beganMs = Date.now();
  tell({ what: 'begun', migration: name });
  watch.follow(name);
  const breaking = migration.config?.breaking === true;
  const isStepwise = migration.config?.transaction === false || migration.config?.background === true;
  await keepTrying(runner, name, async () => {
    if (isStepwise) {
      await migration.up(db, step);
      await record(db, name, breaking);
      return;
    }
    await db.transaction(async (trx) => {
      await migration.up(trx, step);
      await record(trx, name, breaking);
    });
  });
  tell({ what: 'done', migration: name, tookMs: Date.now() - beganMs });
  return name;
}

/** For as long as nothing but locks of others is in the way. */
async function keepTrying(
  { watch, tell, signal, lockTimeoutMs }: Runner,
  what: string,
  work: () => Promise<void>,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await work();
      return;
    } catch (error) {
      if (!isLockNotHad(error)) throw error;
      const pauseMs = pauseAfter(attempt, lockTimeoutMs);
      tell({ what: 'lock_not_had', migration: what, attempt, pauseMs, blockedBy: watch.blockedBy() });
      await delay(pauseMs, undefined, signal === undefined ? {} : { signal });
    }
  }
}

/** At first about as long as it has waited. Jitter, so that two who are in each other's way do not meet again. */
function pauseAfter(attempt: number, waitedMs: number): number {
  const longest = Math.min(LONGEST_PAUSE_MS, waitedMs * 2 ** Math.min(attempt - 1, 10));
  return Math.round(longest / 2 + (Math.random() * longest) / 2);
}

/**
 * The list of what was applied, in the form in which it always was kept, so that versions of before read it too.
 * `breaking` stands beside the name for those that do not know the migration itself.
 */
async function ensureBooks(db: Db): Promise<void> {
  await db.raw(
    `CREATE TABLE IF NOT EXISTS knex_migrations (
       id integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
       name text,
       batch integer,
       migration_time timestamptz
     )`,
  );
  const { rows } = await db.raw<{ rows: unknown[] }>(
    `SELECT 1 FROM pg_attribute WHERE attrelid = 'knex_migrations'::regclass AND attname = 'breaking'`,
  );
  if (rows.length > 0) return;
  await db.raw('ALTER TABLE knex_migrations ADD COLUMN breaking boolean NOT NULL DEFAULT false');
}

async function record(db: Db, name: string, breaking: boolean): Promise<void> {
  await db.raw(
    `INSERT INTO knex_migrations (name, batch, migration_time, breaking)
     SELECT ?, coalesce(max(batch), 0) + 1, now(), ? FROM knex_migrations`,
    [name, breaking],
  );
}
