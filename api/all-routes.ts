import type { Router } from 'express';
import type { ApiDeps } from './deps';
import { apiKeyRoutes } from './routes/api-keys';
import { campaignRoutes } from './routes/campaigns';
import { dealRoutes } from './routes/deals';
import { destinationRoutes } from './routes/destinations';
import { documentationRoutes } from './routes/documentation';
import { healthRoutes } from './routes/health';
import { metricsRoutes } from './routes/metrics';
import { offerRoutes } from './routes/offers';
import { partnerRoutes } from './routes/partners';
import { sourceRoutes } from './routes/sources';

export type Routes = (deps: ApiDeps) => Router;

/** Mounted before logging and security headers, for the paths that browsers take by the thousand. */
export const hotRoutes: readonly Routes[] = [];

/** Everything else. Each registers full paths and authenticates on its own. */
export const coldRoutes: readonly Routes[] = [
  healthRoutes,
  metricsRoutes,
  documentationRoutes,
  offerRoutes,
  partnerRoutes,
  dealRoutes,
  campaignRoutes,
  sourceRoutes,
  destinationRoutes,
  apiKeyRoutes,
];
