import { AppError } from '../domain/errors';

/** Named unique constraints that a client can run into, and what to tell it. */
const TAKEN: Readonly<Record<string, { path: string; message: string }>> = {
  campaigns_slug_key: { path: 'slug', message: 'is taken by another campaign' },
  partners_code_key: { path: 'code', message: 'is taken by another partner' },
  workspaces_name_key: { path: 'name', message: 'is taken by another workspace' },
};

const UNIQUE_VIOLATION = '23505';
// The text reached Postgres although it holds what no text column can: bad bytes, NUL, half a surrogate pair.
const UNSTORABLE_TEXT: ReadonlySet<string> = new Set(['22021', '22P05']);

/**
 * What a failure of the database says about trying again:
 *
 *   away      nobody is there, or has room: not now, whatever is asked
 *   again     Postgres is well and has given up this one try, for another's sake or for want of time: the same may
 *             succeed at once
 *   this_row  it is about what was asked, be it a row that cannot be or a defect of ours: the same fails again, and of
 *             several rows together another may be to blame
 */
export type DbTrouble = 'away' | 'again' | 'this_row';

/** The SQLSTATEs that are not about what was asked; the whole code, or its class. A defect of ours is never among them. */
const TROUBLE_BY_SQLSTATE: Readonly<Record<string, Exclude<DbTrouble, 'this_row'>>> = {
  // Connection lost or refused. Not 08P01: whoever breaks the protocol does so again.
  ...{ '08000': 'away', '08001': 'away', '08003': 'away', '08004': 'away', '08006': 'away', '08007': 'away' },
  // Shutting down, starting, or ending a session that did nothing for too long.
  ...{ '57P01': 'away', '57P02': 'away', '57P03': 'away', '57P05': 'away', '25P03': 'away' },
  // Out of connections, memory, disk or another resource.
  '53': 'away',
  // A serialisation failure, a deadlock.
  ...{ '40001': 'again', '40P01': 'again' },
  // Cancelled by a time limit: of the statement, or of its wait for a lock.
  ...{ '57014': 'again', '55P03': 'again' },
};
const AWAY_SYSTEM_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'ENOENT',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'EPIPE',
  'ECONNABORTED',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_WRITE_AFTER_END',
  // This process may open nothing more just now.
  'EMFILE',
  'ENFILE',
  'ENOBUFS',
  'EADDRNOTAVAIL',
]);
// pg, the pool and knex report these without a code; and knex puts the statement and " - " before them.
const AWAY_MESSAGES =
  /(?:^| - )(?:Connection terminated|timeout expired|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error|Client was closed and is not queryable|Transaction query already complete|Knex: Timeout acquiring a connection|Unable to acquire a connection|aborted$)/;

const AWAY = 'The database cannot be reached now; try again.';
const TOOK_TOO_LONG =
  'The database did not come to an end with this in time; try again, and ask a report for fewer days.';

/** What a database failure means to a client; null for an error that is none, or that is a bug of ours. */
export function translateDbError(error: unknown): AppError | null {
  if (!isFailure(error)) return null;
  switch (classifyDbError(error)) {
    case 'away':
      return new AppError('unavailable', AWAY, { cause: error });
    case 'again':
      return new AppError('unavailable', TOOK_TOO_LONG, { cause: error });
    case 'this_row':
      return translateFault(error);
  }
}

function translateFault(error: Failure): AppError | null {
  const taken = takenName(error);
  if (taken !== null) {
    return new AppError('already_exists', `${taken.path}: ${taken.message}.`, {
      errors: [taken],
      cause: error,
    });
  }
  if (UNSTORABLE_TEXT.has(codeOf(error))) {
    return new AppError('invalid_request', 'A text holds characters that cannot be stored.', {
      cause: error,
    });
  }
  return null;
}

/** What is thrown by anything but the database is about what was asked. */
export function classifyDbError(error: unknown): DbTrouble {
  if (!isFailure(error)) return 'this_row';
  // A host with several addresses fails once per address.
  if (Array.isArray(error.errors) && error.errors.some((one) => classifyDbError(one) === 'away'))
    return 'away';
  const code = codeOf(error);
  if (isServerError(error)) {
    return TROUBLE_BY_SQLSTATE[code] ?? TROUBLE_BY_SQLSTATE[code.slice(0, 2)] ?? 'this_row';
  }
  return AWAY_SYSTEM_CODES.has(code) || AWAY_MESSAGES.test(error.message) ? 'away' : 'this_row';
}

/** A lock that was not had in time, and two who wait for each other: what somebody else's end mends. */
const LOCK_NOT_HAD: ReadonlySet<string> = new Set(['55P03', '40P01']);

/** Whether nothing but a lock of somebody else was in the way. */
export function isLockNotHad(error: unknown): boolean {
  return isFailure(error) && isServerError(error) && LOCK_NOT_HAD.has(codeOf(error));
}

function takenName(error: Failure): { path: string; message: string } | null {
  if (codeOf(error) !== UNIQUE_VIOLATION) return null;
  return TAKEN[String(error.constraint)] ?? null;
}

function codeOf(error: Failure): string {
  return typeof error.code === 'string' ? error.code : '';
}

/** Errors that the server itself reported carry a severity. */
function isServerError(error: Failure): boolean {
  return typeof error.severity === 'string';
}

/** What pg, the pool and the sockets below throw. Told by shape: an error may come from another realm. */
type Failure = {
  readonly message: string;
  readonly code?: unknown;
  readonly constraint?: unknown;
  readonly severity?: unknown;
  readonly errors?: unknown;
};

function isFailure(error: unknown): error is Failure {
  return (
    typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string'
  );
}
