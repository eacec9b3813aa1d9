import type { ErrorRequestHandler, RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { translateDbError } from '../../db/pg-errors';
import { AppError, ERROR_CODES, type ErrorCode } from '../../domain/errors';
import { localsOf } from './locals';
import { requestIdOf } from './request-id';

/** Seconds after which a client may try again when a needed service was away, or had too much to do. */
export const RETRY_AFTER_SECONDS = 2;

/** Answers every refusal and failure as RFC 9457 problem+json. The last middleware of the app. */
export function problemHandler(logger: Logger): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    // The work went on after its answer was given up; whatever became of it, nobody listens any more.
    if (res.headersSent && localsOf(res).gaveUp === true) return;
    const refusal = toAppError(error);
    const { http } = ERROR_CODES[refusal.code];
    if (http >= 500) {
      const level = refusal.code === 'internal' ? 'error' : 'warn';
      logger[level]({ err: error, requestId: requestIdOf(res), method: req.method }, 'request failed');
    }
    // The status line is out: nothing can be said any more, so the connection is cut rather than left hanging.
    if (res.headersSent) {
      localsOf(res).errorCode = refusal.code;
      next(error);
      return;
    }
    sendProblem(res, refusal);
  };
}

/** Answers 404 for a path that no route knows. */
export const unknownRoute: RequestHandler = (req) => {
  throw new AppError('not_found', `There is no ${req.method} route at this path; see /docs.`);
};

/** Writes one problem document, with the headers that its status asks for. */
export function sendProblem(res: Response, refusal: AppError): void {
  const { http } = ERROR_CODES[refusal.code];
  localsOf(res).errorCode = refusal.code;
  if (http === 401) res.setHeader('www-authenticate', 'Bearer');
  const retryAfter = refusal.retryAfterSeconds ?? (http === 503 ? RETRY_AFTER_SECONDS : null);
  if (retryAfter !== null) res.setHeader('retry-after', String(retryAfter));
  res.setHeader('cache-control', 'no-store');
  res
    .status(http)
    .type('application/problem+json')
    .send(JSON.stringify(problemDocument(refusal, requestIdOf(res))));
}

/** The body of a refusal. Its `type` is a stable name of the code, not an address. */
export function problemDocument(refusal: AppError, requestId: string): object {
  const { http, title } = ERROR_CODES[refusal.code];
  return {
    type: `urn:clickchain:problem:${refusal.code}`,
    title,
    status: http,
    detail: refusal.message,
    code: refusal.code,
    requestId,
    ...(refusal.errors.length > 0 && { errors: refusal.errors }),
  };
}

/** What a thrown value means to the client. What nobody foresaw becomes `internal`, without its message. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const fromDb = translateDbError(error);
  if (fromDb !== null) return fromDb;
  return fromHttpLibrary(error) ?? new AppError('internal', 'The request failed on our side; it is logged.');
}

/** Express and its body reader throw errors that carry a status and a type. */
function fromHttpLibrary(error: unknown): AppError | null {
  if (typeof error !== 'object' || error === null) return null;
  const { status, type } = error as { status?: unknown; type?: unknown };
  if (typeof status !== 'number' || status < 400 || status > 499) return null;
  const code = LIBRARY_CODES[status] ?? 'invalid_request';
  return new AppError(code, LIBRARY_DETAILS[String(type)] ?? 'The request cannot be read.');
}

const LIBRARY_CODES: Readonly<Record<number, ErrorCode>> = {
  404: 'not_found',
  413: 'body_too_large',
  415: 'unsupported_media_type',
};

const LIBRARY_DETAILS: Readonly<Record<string, string>> = {
  'encoding.unsupported': 'Send the body without a content encoding.',
  'request.aborted': 'The connection ended before the whole body had arrived.',
  'request.size.invalid': 'The body does not have the announced length.',
};
