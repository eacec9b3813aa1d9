import express, { type Request, type RequestHandler, type Response } from 'express';
import { AppError } from '../../domain/errors';
import { duplicateKey } from './duplicate-key';
import { localsOf } from './locals';
import { unsafeContent } from './unsafe-content';

declare module 'express-serve-static-core' {
  interface Request {
    /** The bytes of the body as they arrived; signatures are checked over them. */
    rawBody?: Buffer;
  }
}

/** What somebody known may send at once. */
const MAX_BODY_BYTES = 1_048_576;
/** What is only somewhat too large is taken in to its end: a sender that is cut off may never read the refusal. */
const MAX_READ_OFF_BYTES = 8 * MAX_BODY_BYTES;
/** More than any media type has with its parameters. */
const MAX_TYPE_LENGTH = 200;

/**
 * Reads the bytes of the body into `req.rawBody` and looks at none of them. 413 above `maxBytes`, which `say` names.
 * What announces itself as far too large is refused before it has come, and the connection with it: the reader would
 * take in a gigabyte, only to answer that it is too much.
 */
export function readBytes(maxBytes: number, say: string): RequestHandler {
  // Compressed bodies are refused: a signature is over the bytes sent, and a small bomb inflates to a large body.
  const readRaw = express.raw({ type: () => true, limit: maxBytes, inflate: false });
  const tooLarge = () => new AppError('body_too_large', say);
  return (req, res, next) => {
    if (Number(req.headers['content-length'] ?? 0) > MAX_READ_OFF_BYTES) {
      res.setHeader('connection', 'close');
      next(tooLarge());
      return;
    }
    readRaw(req, res, (error?: unknown) => {
      if (error !== undefined) {
        next(isTooLarge(error) ? tooLarge() : error);
        return;
      }
      const bytes: unknown = req.body;
      req.rawBody = Buffer.isBuffer(bytes) ? bytes : Buffer.alloc(0);
      req.body = undefined;
      next();
    });
  };
}

/** The bytes of a body whose sender is known, or has yet to prove himself by them. */
export const readKnownBytes = readBytes(MAX_BODY_BYTES, 'The body is larger than 1 MB.');

/**
 * Reads a JSON body into `req.body` and its bytes into `req.rawBody`, as `readKnownBytes` and `parseJsonBody` do. Put it
 * after authentication, so that strangers' bodies are never parsed.
 */
export const jsonBody: RequestHandler = (req, res, next) => {
  requireJson(req);
  readKnownBytes(req, res, (error?: unknown) => {
    if (error !== undefined) next(error);
    else payAndParse(req, res).then(() => next(), next);
  });
};

async function payAndParse(req: Request, res: Response): Promise<void> {
  await localsOf(res).payForBody?.(req.rawBody?.length ?? 0);
  parseJsonBody(req);
}

/**
 * Parses the bytes of the body into `req.body`. Throws 415 for another media type, 400 malformed_json for what is no
 * UTF-8 or no JSON, 400 invalid_request, with the path, for NUL characters, lone surrogates, keys that reach a
 * prototype, duplicate keys and depth above 32. An absent body is `undefined`.
 */
export function parseJsonBody(req: Request): void {
  requireJson(req);
  const bytes = req.rawBody ?? Buffer.alloc(0);
  req.body = bytes.length === 0 ? undefined : parseJson(bytes);
}

/** The value of a JSON text, after the checks that `parseJsonBody` promises. Throws AppError. */
export function parseJson(bytes: Buffer): unknown {
  const text = decodeUtf8(bytes);
  const value = parseText(text);
  const problem = unsafeContent(value) ?? duplicateKey(text, value);
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
    .slice(0, MAX_TYPE_LENGTH)
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

function isTooLarge(error: unknown): boolean {
  return (error as { type?: unknown }).type === 'entity.too.large';
}
