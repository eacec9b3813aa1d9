import express, { type Request, type RequestHandler } from 'express';
import { AppError } from '../../domain/errors';
import { duplicateKey } from './duplicate-key';
import { unsafeContent } from './unsafe-content';

declare module 'express-serve-static-core' {
  interface Request {
    /** The bytes of the body as they arrived; signatures are checked over them. */
    rawBody?: Buffer;
  }
}

const MAX_BODY_BYTES = 1_048_576;
/** What is only somewhat too large is taken in to its end: a sender that is cut off may never read the refusal. */
const MAX_READ_OFF_BYTES = 8 * MAX_BODY_BYTES;

// Compressed bodies are refused: a signature is over the bytes sent, and a small bomb inflates to a large body.
const readRaw = express.raw({ type: () => true, limit: MAX_BODY_BYTES, inflate: false });

/**
 * Reads the bytes of the body into `req.body`. What announces itself as far too large is refused before it has come,
 * and the connection with it: the reader would take in a gigabyte, only to answer that it is too much.
 */
export const readBytes: RequestHandler = (req, res, next) => {
  if (Number(req.headers['content-length'] ?? 0) <= MAX_READ_OFF_BYTES) {
    readRaw(req, res, next);
    return;
  }
  res.setHeader('connection', 'close');
  next(new AppError('body_too_large', 'The body is larger than 1 MB.'));
};

/**
 * Reads a JSON body into `req.body` and its bytes into `req.rawBody`. 413 above 1 MB, 415 for another media type,
 * 400 malformed_json for what is no UTF-8 or no JSON, 400 invalid_request, with the path, for NUL characters,
 * lone surrogates, keys that reach a prototype, duplicate keys and depth above 32. An absent body is `undefined`.
 * Put it after authentication, so that strangers' bodies are never parsed.
 */
export const jsonBody: RequestHandler = (req, res, next) => {
  requireJson(req);
  readBytes(req, res, (error?: unknown) => {
    if (error !== undefined) {
      next(error);
      return;
    }
    try {
      acceptBody(req);
    } catch (refusal) {
      next(refusal);
      return;
    }
    next();
  });
};

function acceptBody(req: Request): void {
  const bytes: unknown = req.body;
  req.rawBody = Buffer.isBuffer(bytes) ? bytes : Buffer.alloc(0);
  req.body = req.rawBody.length === 0 ? undefined : parseJson(req.rawBody);
}

/** The value of a JSON text, after the checks that `jsonBody` promises. Throws AppError. */
export function parseJson(bytes: Buffer): unknown {
  const text = decodeUtf8(bytes);
  const value = parseText(text);
  const problem = unsafeContent(value) ?? duplicateKey(text);
  if (problem !== null) {
    throw new AppError('invalid_request', 'The body holds something unsafe: see errors.', {
      errors: [problem],
    });
  }
  return value;
}

function requireJson(req: Request): void {
  const type = req.headers['content-type'];
  if (type === undefined) return;
  const [mediaType = '', ...parameters] = type
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length);
  const isJson = mediaType === 'application/json' || /^application\/[a-z0-9.-]+\+json$/.test(mediaType);
  const isUtf8 = charset === undefined || charset.replaceAll('"', '') === 'utf-8';
  if (!isJson || !isUtf8) {
    throw new AppError('unsupported_media_type', 'Send the body as application/json in UTF-8.');
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

function decodeUtf8(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new AppError('malformed_json', 'The body is not valid UTF-8.');
  }
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new AppError('malformed_json', 'The body is not valid JSON.');
  }
}
