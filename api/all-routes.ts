import type { Router } from 'express';
import type { ApiDeps } from './deps';
import { clickRoute } from './hot/click';
import type { HotRoute } from './hot/hot-listener';
import { impressionRoute } from './hot/impression';
import { pixelRoute } from './hot/pixel';
import { apiKeyRoutes } from './routes/api-keys';
import { attributionReportRoutes } from './routes/attribution-report';
import { auditRoutes } from './routes/audit';
import { campaignRoutes } from './routes/campaigns';
import { clickRoutes } from './routes/clicks';
import { conversionRoutes } from './routes/conversions';
import { conversionsTrackRoutes } from './routes/conversions-track';
import { costRoutes } from './routes/costs';
import { dealRoutes } from './routes/deals';
import { destinationRoutes } from './routes/destinations';
import { documentationRoutes } from './routes/documentation';
import { explanationRoutes } from './routes/explanation';
import { fraudRuleRoutes } from './routes/fraud-rules';
import { fxRateRoutes } from './routes/fx-rates';
import { gamingWebhookRoutes } from './routes/gaming-webhooks';
import { goalRoutes } from './routes/goals';
import { healthRoutes } from './routes/health';
import { ledgerRoutes } from './routes/ledger';
import { measurementCallbackRoutes } from './routes/measurement-callbacks';
import { metricsRoutes } from './routes/metrics';
import { offerRoutes } from './routes/offers';
import { outboxRoutes } from './routes/outbox';
import { partnerRoutes } from './routes/partners';
import { payoutRoutes } from './routes/payouts';
import { playerRoutes } from './routes/players';
import { postbackRoutes } from './routes/postbacks';
import { quarantineRoutes } from './routes/quarantine';
import { quarantineMatchRoutes } from './routes/quarantine-match';
import { quarantineRuleRoutes } from './routes/quarantine-rules';
import { reportRoutes } from './routes/reports';
import { reviewRoutes } from './routes/reviews';
import { s2sPostbackRoutes } from './routes/s2s-postback';
import { scenarioRoutes } from './routes/scenarios';
import { segmentRoutes } from './routes/segments';
import { sourceRoutes } from './routes/sources';
import { statusMappingRoutes } from './routes/status-mappings';
import { workspaceRoutes } from './routes/workspace';

export type Routes = (deps: ApiDeps) => Router;

/** Answered in front of Express, for the paths that browsers take by the thousand; the most frequent first. */
export const hotRoutes: readonly ((deps: ApiDeps) => HotRoute)[] = [clickRoute, impressionRoute, pixelRoute];

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
  workspaceRoutes,
  costRoutes,
  fxRateRoutes,
  goalRoutes,
  scenarioRoutes,
  segmentRoutes,
  reportRoutes,
  clickRoutes,
  conversionRoutes,
  explanationRoutes,
  reviewRoutes,
  playerRoutes,
  postbackRoutes,
  outboxRoutes,
  quarantineRoutes,
  quarantineMatchRoutes,
  payoutRoutes,
  quarantineRuleRoutes,
  statusMappingRoutes,
  ledgerRoutes,
  attributionReportRoutes,
  auditRoutes,
  healthRoutes,
  metricsRoutes,
  documentationRoutes,
];
