import type { Router } from 'express';
import type { ApiDeps } from './deps';
import { clickRoutes as clickRedirectRoutes } from './hot/click';
import { impressionRoutes } from './hot/impression';
import { pixelRoutes } from './hot/pixel';
import { apiKeyRoutes } from './routes/api-keys';
import { auditRoutes } from './routes/audit';
import { campaignRoutes } from './routes/campaigns';
import { clickRoutes } from './routes/clicks';
import { conversionRoutes } from './routes/conversions';
import { conversionsTrackRoutes } from './routes/conversions-track';
import { dealRoutes } from './routes/deals';
import { destinationRoutes } from './routes/destinations';
import { documentationRoutes } from './routes/documentation';
import { fraudRuleRoutes } from './routes/fraud-rules';
import { gamingWebhookRoutes } from './routes/gaming-webhooks';
import { healthRoutes } from './routes/health';
import { ledgerRoutes } from './routes/ledger';
import { measurementCallbackRoutes } from './routes/measurement-callbacks';
import { metricsRoutes } from './routes/metrics';
import { offerRoutes } from './routes/offers';
import { partnerRoutes } from './routes/partners';
import { playerRoutes } from './routes/players';
import { postbackRoutes } from './routes/postbacks';
import { quarantineRoutes } from './routes/quarantine';
import { quarantineMatchRoutes } from './routes/quarantine-match';
import { s2sPostbackRoutes } from './routes/s2s-postback';
import { sourceRoutes } from './routes/sources';

export type Routes = (deps: ApiDeps) => Router;

/** Mounted before logging and security headers, for the paths that browsers take by the thousand. */
export const hotRoutes: readonly Routes[] = [clickRedirectRoutes, impressionRoutes, pixelRoutes];

/** Everything else. Each registers full paths and authenticates on its own. */
export const coldRoutes: readonly Routes[] = [
  gamingWebhookRoutes,
  conversionsTrackRoutes,
  s2sPostbackRoutes,
  measurementCallbackRoutes,
  offerRoutes,
  partnerRoutes,
  dealRoutes,
  campaignRoutes,
  sourceRoutes,
  destinationRoutes,
  apiKeyRoutes,
  fraudRuleRoutes,
  clickRoutes,
  conversionRoutes,
  playerRoutes,
  postbackRoutes,
  quarantineRoutes,
  quarantineMatchRoutes,
  ledgerRoutes,
  auditRoutes,
  healthRoutes,
  metricsRoutes,
  documentationRoutes,
];
