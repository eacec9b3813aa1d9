import type { RequestListener } from 'node:http';
import express from 'express';
import { apiPools } from '../config/api-pool';
import { coldRoutes, hotRoutes } from './all-routes';
import type { ApiDeps, AppDeps } from './deps';
import { hotListener } from './hot/hot-listener';
import { createEventIntake } from './inbound/event-intake';
import { measureDuration } from './middleware/measure-duration';
import { problemHandler, unknownRoute } from './middleware/problem';
import { requestId } from './middleware/request-id';
import { requestLog } from './middleware/request-log';
import { securityHeaders } from './middleware/security-headers';
import { coldGate } from './overload/cold-gate';
import { giveUpWithoutDatabase } from './overload/give-up';
import { createReadGate, readShares } from './overload/read-gate';

/**
 * The whole HTTP side, without a port. What browsers take by the thousand is answered in front of Express
 * and pays for nothing but its id and its measurement. Every routes file registers full paths, so that a metric can name the pattern.
 */
export function createApp(given: AppDeps): RequestListener {
  const { db, clickDb = db, intakeDb = db, readDb = db } = given;
  const deps: ApiDeps = {
    ...given,
    ...{ clickDb, intakeDb, readDb },
    intake: createEventIntake(intakeDb, given.clock),
    reads: createReadGate(readShares(apiPools(given.config).reads)),
  };
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.use(requestId, measureDuration(deps));
  app.use(requestLog(deps), securityHeaders, giveUpWithoutDatabase(deps));
  for (const routes of coldRoutes) app.use(routes(deps));
  app.use(unknownRoute);
  app.use(problemHandler(deps.logger));
  return hotListener(
    deps,
    hotRoutes.map((route) => route(deps)),
    coldGate(deps, app),
  );
}
