import { AppError } from '../domain/errors';

/** Named unique constraints that a client can run into, and what to tell it. */
const TAKEN: Readonly<Record<string, { path: string; message: string }>> = {
  campaigns_slug_key: { path: 'slug', message: 'is taken by another campaign of this instance' },
  partners_code_key: { path: 'code', message: 'is taken by another partner' },
  workspaces_name_key: { path: 'name', message: 'is taken by another workspace' },
};

const UNIQUE_VIOLATION = '23505';
// The text reached Postgres although it holds what no text column can: bad bytes, NUL, half a surrogate pair.
const UNSTORABLE_TEXT: ReadonlySet<string> = new Set(['22021', '22P05']);

/**
 * SQLSTATEs that mean "not now": connection lost or refused (08), shutting down or starting (57P0x), too many
 * connections or out of another resource (53), cancelled by a timeout (57014, 55P03), and a deadlock or
 * serialisation failure (40), which the same request survives when it is sent again.
 */
const AWAY_SQLSTATE = /^(08...|57P0.|53...|57014|55P03|40001|40P01|25P03)$/;
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
  if (isDatabaseAway(error)) {
    return new AppError('unavailable', isStatementRefused(error) ? TOOK_TOO_LONG : AWAY, { cause: error });
  }
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

/** Whether the failure says that Postgres is away or overloaded, so that the same request may succeed later. */
export function isDatabaseAway(error: unknown): boolean {
  if (!isFailure(error)) return false;
  // A host with several addresses fails once per address.
  if (Array.isArray(error.errors) && error.errors.some(isDatabaseAway)) return true;
  const code = codeOf(error);
  if (AWAY_SQLSTATE.test(code) && isServerError(error)) return true;
  return AWAY_SYSTEM_CODES.has(code) || AWAY_MESSAGES.test(error.message);
}

// Too long, a lock not had in time, a deadlock, a serialisation failure.
const REFUSED_STATEMENT: ReadonlySet<string> = new Set(['57014', '55P03', '40P01', '40001']);

/** Whether Postgres answers and has given up only this one statement, which another one may survive. */
export function isStatementRefused(error: unknown): boolean {
  return isFailure(error) && isServerError(error) && REFUSED_STATEMENT.has(codeOf(error));
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
