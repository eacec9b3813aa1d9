import type { Request } from 'express';
import { AppError } from '../../domain/errors';

/**
 * Whoever says what he has read, in `If-Match` or by its version, changes that, and not what somebody else has made of
 * it meanwhile. Throws 409 stale_revision.
 */
export function requireVersion(current: number, req: Request, named: number | undefined): void {
  const match = req.headers['if-match'];
  const isMatched =
    match === undefined ||
    match === '*' ||
    match.split(',').some((tag) => tag.trim() === versionTag(current));
  if (isMatched && (named === undefined || named === current)) return;
  throw new AppError('stale_revision', `The rules are at version ${current} by now: read them again.`);
}

/** The ETag of a version. */
export function versionTag(version: number): string {
  return `"${version}"`;
}
