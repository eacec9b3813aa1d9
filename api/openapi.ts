import { OpenAPIRegistry, OpenApiGeneratorV31 } from '@asteasolutions/zod-to-openapi';
import { registerApiKeyPaths } from './schemas/api-keys';
import { registerAttributionReportPaths } from './schemas/attribution-report';
import { registerAuditPaths } from './schemas/audit';
import { registerCampaignPaths } from './schemas/campaigns';
import { registerClickPaths } from './schemas/clicks';
import { registerClickPaths as registerClickRedirectPaths } from './schemas/clicks-hot';
import { registerContestPaths } from './schemas/contests';
import { registerConversionPaths } from './schemas/conversions';
import { registerCostPaths } from './schemas/costs';
import { registerDealPaths } from './schemas/deals';
import { registerDestinationPaths } from './schemas/destinations';
import { registerEventPaths } from './schemas/events';
import { registerExplanationPaths } from './schemas/explanation';
import { registerFraudRulePaths } from './schemas/fraud-rules';
import { registerFxRatePaths } from './schemas/fx-rates';
import { registerGoalPaths } from './schemas/goals';
import { registerHealthPaths } from './schemas/health';
import { registerLedgerPaths } from './schemas/ledger';
import { registerMeasurementPaths } from './schemas/measurement';
import { registerOfferPaths } from './schemas/offers';
import { registerOutboxPaths } from './schemas/outbox';
import { registerOverviewPaths } from './schemas/overview';
import { registerPartnerPaths } from './schemas/partners';
import { registerPayoutPaths } from './schemas/payouts';
import { registerPlayerPaths } from './schemas/players';
import { registerPostbackPaths } from './schemas/postbacks';
import { registerQuarantinePaths } from './schemas/quarantine';
import { registerQuarantineMatchPaths } from './schemas/quarantine-match';
import { registerQuarantineRulePaths } from './schemas/quarantine-rules';
import { registerReportPaths } from './schemas/reports';
import { registerReviewPaths } from './schemas/reviews';
import { registerS2sPaths } from './schemas/s2s';
import { registerScenarioPaths } from './schemas/scenarios';
import { registerSegmentPaths } from './schemas/segments';
import { registerSourcePaths } from './schemas/sources';
import { registerStatusMappingPaths } from './schemas/status-mappings';
import { registerWorkspacePaths } from './schemas/workspace';

/** Every schemas file adds its paths here, in the order in which the documentation shows them. */
const REGISTRATIONS: readonly ((registry: OpenAPIRegistry) => void)[] = [
  registerClickRedirectPaths,
  registerEventPaths,
  registerS2sPaths,
  registerMeasurementPaths,
  registerOfferPaths,
  registerPartnerPaths,
  registerDealPaths,
  registerCampaignPaths,
  registerSourcePaths,
  registerDestinationPaths,
  registerApiKeyPaths,
  registerFraudRulePaths,
  registerWorkspacePaths,
  registerCostPaths,
  registerFxRatePaths,
  registerGoalPaths,
  registerScenarioPaths,
  registerSegmentPaths,
  registerReportPaths,
  registerOverviewPaths,
  registerClickPaths,
  registerConversionPaths,
  registerExplanationPaths,
  registerReviewPaths,
  registerPlayerPaths,
  registerPostbackPaths,
  registerOutboxPaths,
  registerQuarantinePaths,
  registerQuarantineMatchPaths,
  registerPayoutPaths,
  registerQuarantineRulePaths,
  registerStatusMappingPaths,
  registerLedgerPaths,
  registerAttributionReportPaths,
  registerContestPaths,
  registerAuditPaths,
  registerHealthPaths,
];

const ABOUT = `Clickchain turns clicks into durable journeys that end in booked money and delivered postbacks.

Bodies are JSON in camelCase. Refusals are RFC 9457 problems with a stable \`code\`. Lists are paged: \`?limit=\` and
\`?cursor=\` with the \`nextCursor\` of the page before. Money is \`{"amount": "49.90", "currency": "EUR"}\`. Creates
take an \`Idempotency-Key\`: the same key and body get the first answer again for 24 hours. 429 and 503 say by
\`Retry-After\` when to come again; \`RateLimit\` says how much of its share a key has left.`;

/** The contract's version: its first part is the `/v1` of the paths. */
const API_VERSION = '1.0.0';

/** The OpenAPI 3.1 document of the whole API, generated from the schemas that validate its requests. */
export function openApiDocument(): object {
  const registry = new OpenAPIRegistry();
  registry.registerComponent('securitySchemes', 'apiKey', {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key, sent as `Authorization: Bearer <key>`.',
  });
  for (const register of REGISTRATIONS) register(registry);
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'Clickchain',
      version: API_VERSION,
      description: ABOUT,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
  });
}
