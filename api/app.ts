import express, { type Express } from 'express';
import { coldRoutes, hotRoutes } from './all-routes';
import type { ApiDeps } from './deps';
import { measureDuration } from './middleware/measure-duration';
import { problemHandler, unknownRoute } from './middleware/problem';
import { requestId } from './middleware/request-id';
import { requestLog } from './middleware/request-log';
import { securityHeaders } from './middleware/security-headers';

/**
 * The whole HTTP side, without a port. Hot routes come first: a click pays for nothing but its id and its
 * measurement. Every routes file registers full paths, so that a metric can name the pattern.
 */
export function createApp(deps: ApiDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.use(requestId, measureDuration(deps));
  for (const routes of hotRoutes) app.use(routes(deps));
  app.use(requestLog(deps), securityHeaders);
  for (const routes of coldRoutes) app.use(routes(deps));
  app.use(unknownRoute);
  app.use(problemHandler(deps.logger));
  return app;
}
