import type { Request, RequestHandler } from 'express';
import { AppError } from '../../domain/errors';
import { objectParameters, type Parameters, pairsToParameters } from '../inbound/parameters';
import { jsonBody, readBytes } from './json-body';

const FORM = /^application\/x-www-form-urlencoded(?:\s*;|$)/i;

/**
 * Reads a form or a JSON body; `bodyParameters` gives what it says. The bytes stay in `req.rawBody`. A form is
 * decoded as strictly as a query, JSON as by `jsonBody`.
 */
export const parametersBody: RequestHandler = (req, res, next) => {
  if (!FORM.test(req.headers['content-type'] ?? '')) {
    jsonBody(req, res, next);
    return;
  }
  readBytes(req, res, (error?: unknown) => {
    if (error !== undefined) {
      next(error);
      return;
    }
    const bytes: unknown = req.body;
    req.rawBody = Buffer.isBuffer(bytes) ? bytes : Buffer.alloc(0);
    try {
      req.body = pairsToParameters(req.rawBody.toString('latin1'));
    } catch (refusal) {
      next(refusal);
      return;
    }
    next();
  });
};

/** What the body says as flat text. Throws 400 for a body that is neither a form nor a JSON object. */
export function bodyParameters(req: Request): Parameters {
  if (req.body === undefined) return {};
  if (typeof req.body !== 'object' || req.body === null || Array.isArray(req.body)) {
    throw new AppError('invalid_request', 'Send one event as a form or as a JSON object.');
  }
  return objectParameters(req.body);
}
