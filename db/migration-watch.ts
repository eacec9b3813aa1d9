import { createDb, type Db } from './knex';
import type { MigrationProgress, TellMigration } from './migration-news';

/** Often enough to see who is in the way while a migration waits for its two seconds. */
const LOOK_EVERY_MS = 500;

/** Looks at the session of a migrator from outside, because its own connection is busy, and tells how far it is. */
export type MigrationWatch = {
  /** From now on the session works on this migration. */
  follow(migration: string): void;
  /** A word of the migration itself. */
  step(text: string): void;
  /** Who was last seen in the way. */
  blockedBy(): readonly string[];
  stop(): Promise<void>;
};

export async function watchMigrations(options: {
  readonly databaseUrl: string;
  readonly db: Db;
  readonly tell: TellMigration;
  readonly everyMs: number;
}): Promise<MigrationWatch> {
  const { rows } = await options.db.raw<{ rows: { pid: number }[] }>('SELECT pg_backend_pid() AS pid');
  const watcher = createDb(options.databaseUrl, {
    ...{ applicationName: 'clickchain-migrate-watch', poolMax: 1, statementTimeoutMs: 5_000 },
  });
  const watch = new Watch(watcher, rows[0]?.pid ?? 0, options.tell, options.everyMs);
  watch.start();
  return watch;
}

class Watch implements MigrationWatch {
  private migration: string | null = null;
  private stepText: string | null = null;
  private inTheWay: readonly string[] = [];
  private toldMs = Date.now();
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> = Promise.resolve();

  constructor(
    private readonly db: Db,
    private readonly pid: number,
    private readonly tell: TellMigration,
    private readonly everyMs: number,
  ) {}

  start(): void {
    const look = (): void => {
      this.looking = this.look();
      void this.looking.then(() => {
        if (this.timer !== undefined) this.timer = setTimeout(look, Math.min(LOOK_EVERY_MS, this.everyMs));
      });
    };
    this.timer = setTimeout(look, Math.min(LOOK_EVERY_MS, this.everyMs));
  }

  follow(migration: string): void {
    [this.migration, this.stepText, this.inTheWay] = [migration, null, []];
    this.toldMs = Date.now();
  }

  step(text: string): void {
    this.stepText = text;
  }

  blockedBy(): readonly string[] {
    return this.inTheWay;
  }

  async stop(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    await this.looking;
    await this.db.destroy();
  }

  private async look(): Promise<void> {
    // What only tells must not stop what works.
    const answer = await readProgress(this.db, this.pid).catch(() => null);
    if (answer === null || this.migration === null) return;
    // The step of now: it may have begun while the answer was on its way.
    const progress: MigrationProgress = { ...answer, step: this.stepText };
    if (progress.blockedBy.length > 0) this.inTheWay = progress.blockedBy;
    if (Date.now() - this.toldMs < this.everyMs) return;
    this.toldMs = Date.now();
    this.tell({ what: 'under_way', migration: this.migration, progress });
  }
}

type ProgressRow = {
  readonly statement: string;
  readonly since_ms: number;
  readonly phase: string | null;
  readonly share: number | null;
  readonly blocked_by: string[];
};

/** Null between two statements. */
async function readProgress(db: Db, pid: number): Promise<Omit<MigrationProgress, 'step'> | null> {
  const { rows } = await db.raw<{ rows: ProgressRow[] }>(PROGRESS, [pid]);
  const row = rows[0];
  if (row === undefined) return null;
  const { statement, since_ms: sinceMs, phase, share, blocked_by: blockedBy } = row;
  return { statement, sinceMs, phase, share, blockedBy };
}

const PROGRESS = `
  SELECT left(regexp_replace(trim(a.query), '\\s+', ' ', 'g'), 100) AS statement,
    (extract(epoch FROM clock_timestamp() - a.query_start) * 1000)::float8 AS since_ms,
    i.phase,
    coalesce(
      i.lockers_done::float8 / nullif(i.lockers_total, 0),
      i.tuples_done::float8 / nullif(i.tuples_total, 0),
      i.blocks_done::float8 / nullif(i.blocks_total, 0)) AS share,
    ARRAY(
      SELECT format('pid %s (%s, %s)', b.pid, coalesce(nullif(b.application_name, ''), 'unnamed'), b.state)
      FROM pg_stat_activity AS b WHERE b.pid = ANY (pg_blocking_pids(a.pid))) AS blocked_by
  FROM pg_stat_activity AS a
  LEFT JOIN pg_stat_progress_create_index AS i ON i.pid = a.pid
  WHERE a.pid = ? AND a.state = 'active'`;
