/**
 * The one registry of refusals: code → HTTP status and whether the same request may succeed later.
 * The API turns a code into problem+json, activities turn it into a retryable or final failure.
 */
export const ERROR_CODES = {
  malformed_json: { http: 400, retryable: false, title: 'The body is not valid JSON' },
  invalid_request: { http: 400, retryable: false, title: 'The request does not fit its schema' },
  unresolved_macro: { http: 400, retryable: false, title: 'A tracking macro was never filled in' },
  unauthorized: { http: 401, retryable: false, title: 'No valid credential' },
  bad_signature: { http: 401, retryable: false, title: 'The signature does not match' },
  stale_signature: { http: 401, retryable: false, title: 'The signature is too old or too new' },
  address_not_allowed: { http: 403, retryable: false, title: 'The source may not report from this address' },
  missing_scope: { http: 403, retryable: false, title: 'The key lacks the scope' },
  not_found: { http: 404, retryable: false, title: 'Nothing with this id' },
  event_conflict: { http: 409, retryable: false, title: 'The same event was reported with another content' },
  message_reused: { http: 409, retryable: false, title: 'The signed message was used for something else' },
  idempotency_conflict: {
    http: 409,
    retryable: false,
    title: 'The Idempotency-Key was used with another body',
  },
  stale_revision: { http: 409, retryable: false, title: 'Somebody has changed it meanwhile' },
  already_exists: { http: 409, retryable: false, title: 'The name is taken' },
  rate_conflict: { http: 409, retryable: false, title: 'Another rate of the same moment is known' },
  not_replayable: { http: 409, retryable: false, title: 'The postback cannot be replayed now' },
  nothing_payable: { http: 409, retryable: false, title: 'There is nothing to pay' },
  not_reviewable: { http: 409, retryable: false, title: 'Not for a person to decide' },
  body_too_large: { http: 413, retryable: false, title: 'The body exceeds the limit' },
  unsupported_media_type: { http: 415, retryable: false, title: 'The content type is not supported' },
  rate_limited: { http: 429, retryable: true, title: 'Too many requests' },
  internal: { http: 500, retryable: true, title: 'Something failed on our side' },
  unavailable: { http: 503, retryable: true, title: 'A needed service is away' },
  overloaded: { http: 503, retryable: true, title: 'More arrives than can be served' },
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;
export type FieldProblem = { path: string; message: string };

/** A refusal with a code of the registry. `detail` says what was wrong and what to do, in one sentence. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly errors: readonly FieldProblem[];
  /** When the same request may succeed; null when that is not known. */
  readonly retryAfterSeconds: number | null;

  constructor(
    code: ErrorCode,
    detail: string,
    options?: { errors?: readonly FieldProblem[]; cause?: unknown; retryAfterSeconds?: number },
  ) {
    super(detail, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.errors = options?.errors ?? [];
    this.retryAfterSeconds = options?.retryAfterSeconds ?? null;
  }
}
