import type { Request } from 'express';
import { AppError } from '../../domain/errors';
import { objectParameters, type Parameters, pairsToParameters } from '../inbound/parameters';
import { parseJsonBody } from './json-body';

const FORM = /^application\/x-www-form-urlencoded(?:\s*;|$)/i;

/**
 * Parses the bytes of a form or a JSON body into `req.body`; `bodyParameters` gives what it says. A form is decoded as
 * strictly as a query, JSON as by `parseJsonBody`.
 */
export function parseParametersBody(req: Request): void {
  if (!FORM.test(req.headers['content-type'] ?? '')) parseJsonBody(req);
  else req.body = pairsToParameters((req.rawBody ?? Buffer.alloc(0)).toString('latin1'));
}

/** What the body says as flat text. Throws 400 for a body that is neither a form nor a JSON object. */
export function bodyParameters(req: Request): Parameters {
  if (req.body === undefined) return {};
  if (typeof req.body !== 'object' || req.body === null || Array.isArray(req.body)) {
    throw new AppError('invalid_request', 'Send one event as a form or as a JSON object.');
  }
  return objectParameters(req.body);
}
