import type { Request, Response } from 'express';
import { newSigningSecret } from '../../db/new-secret';
import { rotateSecret } from '../../db/stores/destination-secret-store';
import { findDestination } from '../../db/stores/destination-store';
import { AppError } from '../../domain/errors';
import { HOUR_MS, toIso } from '../../domain/time';
import type { ApiDeps } from '../deps';
import { runOnce, sendAnswer } from '../middleware/idempotency';
import { notFound, parseBody, parsePathId } from '../middleware/validate';
import { rotateSecretBody } from '../schemas/destinations';
import { changeBy } from './change';

/** The new secret stands in this answer and nowhere else; a repeat under the same Idempotency-Key shows it again. */
export async function rotateDestinationSecret(deps: ApiDeps, req: Request, res: Response): Promise<void> {
  const destinationId = parsePathId('dst', req, 'destinationId');
  if (req.body === undefined) req.body = {};
  const { overlapHours } = parseBody(rotateSecretBody, req);
  const answer = await runOnce(deps, req, res, async (trx) => {
    const change = changeBy(deps, res);
    const destination = await findDestination(trx, change.workspaceId, destinationId);
    if (destination === null) throw notFound();
    const secret = newSigningSecret();
    const overlapEndsMs = overlapHours === 0 ? null : change.nowMs + overlapHours * HOUR_MS;
    if (!(await rotateSecret(trx, change.workspaceId, destinationId, secret, overlapEndsMs))) {
      throw new AppError('invalid_request', 'Only webhooks are signed; this destination has no secret.');
    }
    await change.record(trx, 'destination.secret_rotated', destinationId, { overlapHours });
    const previousSecretUntil = overlapEndsMs === null ? null : toIso(overlapEndsMs);
    return { status: 201, body: { destinationId, secret, previousSecretUntil } };
  });
  sendAnswer(res, answer);
}
