import type { Response } from 'express';
import type { ErrorCode } from '../../domain/errors';
import type { Principal } from './principal';

/** What middleware leaves behind for whoever answers or logs the same request. */
export type Locals = {
  requestId?: string;
  principal?: Principal;
  errorCode?: ErrorCode;
  /** Takes what the body adds to the share of whoever sends it. Rejects with rate_limited; asked before it is parsed. */
  payForBody?: (bytes: number) => Promise<void>;
  /** The request was counted against its address already. */
  isCounted?: true;
  /** The request was answered 503 while its work went on. */
  gaveUp?: boolean;
};

/** `res.locals`, typed: Express leaves it open to anything. */
export function localsOf(res: Response): Locals {
  return res.locals;
}
