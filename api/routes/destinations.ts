import { type Request, type Response, Router } from 'express';
import { mintId } from '../../db/mint-id';
import { newSigningSecret } from '../../db/new-secret';
import {
  type Destination,
  type DestinationChange,
  findDestination,
  insertDestination,
  listDestinations,
  updateDestination,
} from '../../db/stores/destination-store';
import { insertTestPostback } from '../../db/stores/test-postback-store';
import { DEFAULT_FAILURE_LIMITS, type FailureLimits } from '../../domain/postback/failure-ladder';
import type { ApiDeps } from '../deps';
import { principalOf, requireScope } from '../middleware/authenticate';
import { runOnce, sendAnswer } from '../middleware/idempotency';
import { jsonBody } from '../middleware/json-body';
import { readRequest } from '../middleware/read-request';
import { fieldProblem, notFound, parseBody, parsePathId, parseQuery } from '../middleware/validate';
import {
  changeDestinationBody,
  createDestinationBody,
  destinationJson,
  targetProblems,
} from '../schemas/destinations';
import { pageAnswer, pageQuery, toPageRequest } from '../schemas/page';
import { changeBy } from './change';
import { requireReferences } from './references';
import { rotateDestinationSecret } from './rotate-destination-secret';
import { renderTestPostback } from './test-postback';

/** Destinations: where postbacks go. */
export function destinationRoutes(deps: ApiDeps): Router {
  const router = Router();
  const maySetUp = requireScope(deps, 'setup:write');

  router.post('/v1/destinations', maySetUp, jsonBody, (req, res) => createDestination(deps, req, res));

  router.get(
    '/v1/destinations',
    readRequest(deps, 'light', async (req, res) => {
      const page = toPageRequest(parseQuery(pageQuery('dst'), req));
      const destinations = await listDestinations(deps.readDb, principalOf(res).workspaceId, page);
      res.json(pageAnswer('dst', destinations, destinationJson));
    }),
  );

  router.get(
    '/v1/destinations/:destinationId',
    readRequest(deps, 'light', async (req, res) => {
      const destinationId = parsePathId('dst', req, 'destinationId');
      const destination = await findDestination(deps.readDb, principalOf(res).workspaceId, destinationId);
      if (destination === null) throw notFound();
      res.json(destinationJson(destination));
    }),
  );

  router.patch('/v1/destinations/:destinationId', maySetUp, jsonBody, (req, res) =>
    changeDestination(deps, req, res),
  );

  router.post('/v1/destinations/:destinationId/test', maySetUp, jsonBody, (req, res) =>
    testDestination(deps, req, res),
  );

  router.post('/v1/destinations/:destinationId/secret', maySetUp, jsonBody, (req, res) =>
    rotateDestinationSecret(deps, req, res),
  );

  return router;
}

async function createDestination(deps: ApiDeps, req: Request, res: Response): Promise<void> {
  const body = parseBody(createDestinationBody, req);
  const answer = await runOnce(deps, req, res, async (trx) => {
    const change = changeBy(deps, res);
    await requireReferences(trx, change.workspaceId, body);
    const destination: Destination = {
      destinationId: mintId('dst', change.nowMs),
      workspaceId: change.workspaceId,
      name: body.name,
      kind: body.kind,
      url: body.url,
      method: body.kind === 'webhook' ? 'POST' : (body.method ?? 'GET'),
      events: body.events,
      partnerId: body.partnerId ?? null,
      campaignId: body.campaignId ?? null,
      acceptsPublic: body.acceptsPublic,
      status: body.status,
      disabledAtMs: null,
      disabledReason: null,
      failureLimits: failureLimitsOf(body.failureLimits),
      consecutiveFailures: 0,
      failingSinceMs: null,
      warnedAtMs: null,
      previousSecretUntilMs: null,
      createdAtMs: change.nowMs,
    };
    const secret = body.kind === 'webhook' ? newSigningSecret() : null;
    await insertDestination(trx, { ...destination, secret });
    await change.record(trx, 'destination.created', destination.destinationId, body);
    return {
      status: 201,
      body: { ...destinationJson(destination), ...(secret !== null && { secret }) },
      location: `/v1/destinations/${destination.destinationId}`,
    };
  });
  sendAnswer(res, answer);
}

function failureLimitsOf(given: DestinationChange['failureLimits']): FailureLimits {
  const { warnEveryFailures, disableAfterFailures, disableAfterHours } = DEFAULT_FAILURE_LIMITS;
  return {
    warnEveryFailures: given?.warnEveryFailures ?? warnEveryFailures,
    disableAfterFailures: given?.disableAfterFailures ?? disableAfterFailures,
    disableAfterHours: given?.disableAfterHours ?? disableAfterHours,
  };
}

async function changeDestination(deps: ApiDeps, req: Request, res: Response): Promise<void> {
  const destinationId = parsePathId('dst', req, 'destinationId');
  const body = parseBody(changeDestinationBody, req);
  const change = changeBy(deps, res);
  const destination = await deps.db.transaction(async (trx) => {
    const current = await findDestination(trx, change.workspaceId, destinationId);
    if (current === null) throw notFound();
    const [problem] = targetProblems(current.kind, body);
    if (problem !== undefined) throw fieldProblem(problem.path, problem.message);
    await requireReferences(trx, change.workspaceId, body);
    const updated = await updateDestination(trx, change.workspaceId, destinationId, body);
    if (updated === null) throw notFound();
    await change.record(trx, 'destination.changed', destinationId, body);
    return updated;
  });
  res.json(destinationJson(destination));
}

async function testDestination(deps: ApiDeps, req: Request, res: Response): Promise<void> {
  const destinationId = parsePathId('dst', req, 'destinationId');
  const answer = await runOnce(deps, req, res, async (trx) => {
    const change = changeBy(deps, res);
    const { workspaceId, nowMs } = change;
    const destination = await findDestination(trx, workspaceId, destinationId);
    if (destination === null) throw notFound();
    const postbackId = mintId('pbk', nowMs);
    const request = renderTestPostback(destination, nowMs);
    await insertTestPostback(trx, { postbackId, workspaceId, destinationId, request }, nowMs);
    await change.record(trx, 'destination.tested', destinationId, { postbackId });
    return { status: 202, body: { postbackId }, location: `/v1/postbacks/${postbackId}` };
  });
  sendAnswer(res, answer);
}
