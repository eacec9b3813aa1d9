import type { Request, RequestHandler, Response } from 'express';
import type { Scope } from '../../db/stores/api-key-store';
import { AppError } from '../../domain/errors';
import type { ApiDeps } from '../deps';
import type { ReadWeight } from '../overload/read-gate';
import { principalOf, requireScope } from './authenticate';

/**
 * The handlers of a route that only reads: on the connections of reads, its key included, and when it is its
 * workspace's turn. The turn ends with the work and not with the answer: a client that goes away leaves its question
 * behind, and Postgres works on it.
 */
export function readRequest(
  deps: ApiDeps,
  weight: ReadWeight,
  answer: (req: Request, res: Response) => Promise<void> | void,
  scope: Scope = 'read',
): RequestHandler[] {
  return [
    requireScope(deps, scope, deps.readDb),
    (req, res) =>
      inTurn(deps, res, weight, async () => {
        if (!res.destroyed) await answer(req, res);
      }),
  ];
}

/** Does work that reads when it is the turn of the asker's workspace; for routes that do not only read. */
export async function inTurn<Result>(
  deps: ApiDeps,
  res: Response,
  weight: ReadWeight,
  work: () => Promise<Result>,
): Promise<Result> {
  const leave = await turnOf(deps, res, weight);
  try {
    return await work();
  } finally {
    leave();
  }
}

async function turnOf(deps: ApiDeps, res: Response, weight: ReadWeight): Promise<() => void> {
  try {
    return await deps.reads.enter(principalOf(res).workspaceId, weight);
  } catch (error) {
    if (error instanceof AppError) {
      deps.metrics.refusals.inc({ reason: error.code === 'overloaded' ? 'reads' : 'workspace_reads' });
    }
    throw error;
  }
}
