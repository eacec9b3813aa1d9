/** What a migrator says of its work; `migration` is a name. */
export type MigrationNews =
  /** Another process migrates this database. */
  | { readonly what: 'waits_for_turn' }
  | { readonly what: 'begun'; readonly migration: string }
  | { readonly what: 'under_way'; readonly migration: string; readonly progress: MigrationProgress }
  /** Somebody's lock was in the way; everything is tried again after a pause. */
  | {
      readonly what: 'lock_not_had';
      readonly migration: string;
      readonly attempt: number;
      readonly pauseMs: number;
      readonly blockedBy: readonly string[];
    }
  | { readonly what: 'done'; readonly migration: string; readonly tookMs: number };

export type MigrationProgress = {
  /** What the migration says itself, if anything. */
  readonly step: string | null;
  /** The statement that runs now, cut, and since when. */
  readonly statement: string;
  readonly sinceMs: number;
  /** Of an index: which part of the work, and how much of that part is done, from 0 to 1. */
  readonly phase: string | null;
  readonly share: number | null;
  /** Sessions whose locks or transactions it waits for, in words. */
  readonly blockedBy: readonly string[];
};

export type TellMigration = (news: MigrationNews) => void;

/** One line for a person. */
export function newsLine(news: MigrationNews): string {
  switch (news.what) {
    case 'waits_for_turn':
      return 'Another process migrates this database; waiting for it.';
    case 'begun':
      return `${news.migration}: begins`;
    case 'under_way':
      return `${news.migration}: ${progressText(news.progress)}`;
    case 'lock_not_had': {
      const who = news.blockedBy.length === 0 ? 'somebody' : news.blockedBy.join('; ');
      const pause = `again in ${news.pauseMs} ms`;
      return `${news.migration}: a lock is held by ${who}; attempt ${news.attempt} taken back, ${pause}`;
    }
    case 'done':
      return `${news.migration}: done after ${seconds(news.tookMs)}`;
  }
}

function progressText({ step, statement, sinceMs, phase, share, blockedBy }: MigrationProgress): string {
  const parts = [
    step,
    statement,
    `for ${seconds(sinceMs)}`,
    phase === null ? null : `${phase}${share === null ? '' : ` ${Math.floor(share * 100)} %`}`,
    blockedBy.length === 0 ? null : `waits for ${blockedBy.join('; ')}`,
  ];
  return parts.filter((part) => part !== null).join(', ');
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1_000)} s`;
}
