import type { Request, RequestHandler, Response } from 'express';
import type { Db } from '../../db/knex';
import { hashApiKey } from '../../db/new-secret';
import { type ApiKey, findLiveApiKey, type Scope } from '../../db/stores/api-key-store';
import { AppError } from '../../domain/errors';
import type { ApiKeyId } from '../../domain/ids';
import type { ApiDeps } from '../deps';
import { keyCaller } from '../limits/caller';
import { refuseStranger, takeKeyShare } from '../limits/refuse';
import { localsOf } from './locals';
import type { Principal } from './principal';

const BEARER = /^Bearer +(\S.*)$/i;

/**
 * Lets a request pass whose Bearer key is live and has the scope (`admin` includes all) and puts the asker into
 * `res.locals.principal`. Otherwise 401 unauthorized, 403 missing_scope or 429 rate_limited. The key is looked up each time by its
 * SHA-256, so a revoked key is refused at once and no comparison takes longer for a better guess.
 */
export function requireScope(deps: ApiDeps, scope: Scope, db: Db = deps.db): RequestHandler {
  return async (req, res, next) => {
    const principal = await authenticateKey(deps, db, req);
    await takeKeyShare(deps, deps.limits.requests, principal.keyId, res);
    if (!hasScope(principal, scope)) {
      throw new AppError('missing_scope', `This key lacks the scope ${scope}.`);
    }
    setPrincipal(res, principal);
    next();
  };
}

/**
 * The asker named by the key, that of the Authorization header by default, looked up on the connections of what is asked
 * for. Throws 401 unauthorized for none.
 */
export async function authenticateKey(
  deps: ApiDeps,
  db: Db,
  req: Request,
  key: string | null = bearerKey(req),
): Promise<Principal & { keyId: ApiKeyId }> {
  if (key === null) throw new AppError('unauthorized', 'Send an API key as Authorization: Bearer <key>.');
  const row = await provenBy(deps, db, req, hashApiKey(key));
  return {
    workspaceId: row.workspaceId,
    keyId: row.keyId,
    scopes: row.scopes,
    sourceId: row.sourceId,
    actor: `key:${row.keyId}`,
  };
}

/** The key's row. A wrong key counts against the address that sent it. */
async function provenBy(deps: ApiDeps, db: Db, req: Request, keyHash: Buffer): Promise<ApiKey> {
  const { failures } = deps.limits;
  const caller = keyCaller(keyHash);
  refuseStranger(deps, req, caller);
  const row = await findLiveApiKey(db, keyHash);
  if (row === null) {
    failures.forget(caller);
    failures.failed(deps.limits.addressOf(req), deps.clock.nowMs());
    throw new AppError('unauthorized', 'The API key is unknown or was revoked.');
  }
  failures.accepted(caller);
  return row;
}

/** The key of the Authorization header, or null when there is none. */
export function bearerKey(req: Pick<Request, 'headers'>): string | null {
  const match = BEARER.exec(req.headers.authorization ?? '');
  return match?.[1]?.trim() ?? null;
}

export function hasScope(principal: Principal, scope: Scope): boolean {
  return principal.scopes.includes('admin') || principal.scopes.includes(scope);
}

export function setPrincipal(res: Response, principal: Principal): void {
  localsOf(res).principal = principal;
}

/** The asker that `requireScope` found. Throws when the route forgot to require one. */
export function principalOf(res: Response): Principal {
  const { principal } = localsOf(res);
  if (principal === undefined) throw new Error('the route does not authenticate');
  return principal;
}
