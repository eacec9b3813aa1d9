import type { NextFunction, Request, Response } from 'express';
import { v7 } from 'uuid';
import { localsOf } from './locals';

const HEADER = 'x-request-id';
/** What an inbound id may look like; anything else could smuggle control characters or pages into the log. */
const SANE = /^[A-Za-z0-9._:-]{8,64}$/;

/** Gives every request an id, the sender's own when it is sane, and answers it back in `x-request-id`. */
export function requestId(req: Request, res: Response, next: NextFunction): void {
  const id = newRequestId(req.headers[HEADER]);
  localsOf(res).requestId = id;
  res.setHeader(HEADER, id);
  next();
}

/** The id of the request that `res` answers; empty before `requestId` has run. */
export function requestIdOf(res: Response): string {
  return localsOf(res).requestId ?? '';
}

/** The sender's own id when it is sane, else a new one. */
export function newRequestId(inbound: string | string[] | undefined): string {
  return typeof inbound === 'string' && SANE.test(inbound) ? inbound : `req-${v7()}`;
}
