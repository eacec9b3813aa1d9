/**
 * How each operation that only reads is asked when its cost is counted: as queries, with ids in braces. Lists are asked
 * without a filter, and with each that is not just another column of the same rows. A new operation needs a line here:
 * `tenant-cost.db.test.ts` fails without it.
 */

const DAYS = 'from=2026-01-01&to=2026-12-31';
const SPAN = 'from=2026-01-01T00:00:00Z&to=2026-12-31T00:00:00Z';
const groupedBy = (range: string, groupings: readonly string[]) => [
  range,
  ...groupings.map((groupBy) => `${range}&groupBy=${groupBy}`),
];
const PLAIN = [''];

/** By operationId. */
export const READ_CALLS: Readonly<Record<string, readonly string[]>> = {
  listOffers: PLAIN,
  getOffer: PLAIN,
  listPartners: PLAIN,
  getPartner: PLAIN,
  listDeals: PLAIN,
  listCampaigns: PLAIN,
  getCampaign: PLAIN,
  listSources: PLAIN,
  getSource: PLAIN,
  listDestinations: PLAIN,
  getDestination: PLAIN,
  listApiKeys: PLAIN,
  getFraudRules: PLAIN,
  getWorkspace: PLAIN,
  listCosts: ['', 'campaignId={campaignId}', DAYS],
  getCost: PLAIN,
  listFxRates: PLAIN,
  listGoals: ['', 'campaignId={campaignId}'],
  getGoal: PLAIN,
  listScenarios: PLAIN,
  getScenario: PLAIN,
  listScenarioTemplates: PLAIN,
  getSegments: PLAIN,
  getValueReport: groupedBy(DAYS, ['campaign', 'partner', 'keyword', 'country', 'day', 'hour', 'scenario']),
  getFunnelReport: groupedBy(DAYS, ['campaign', 'partner', 'keyword', 'day']),
  getOverview: groupedBy(DAYS, ['campaign', 'partner', 'country', 'device', 'day', 'hour']),
  getAttributionReport: groupedBy(SPAN, ['partner', 'campaign', 'model']),
  listContests: ['', 'challengerPartnerId={partnerId}', 'protectedPartnerId={partnerId}'],
  listClicks: ['', 'campaignId={campaignId}', 'limit=1'],
  getClick: PLAIN,
  listConversions: ['', 'clickId={clickId}', 'playerId={externalId}', 'campaignId={campaignId}', SPAN],
  getConversion: PLAIN,
  explainConversion: PLAIN,
  listReviews: ['', 'partnerId={partnerId}', 'campaignId={campaignId}'],
  listRulings: PLAIN,
  getReviewPolicy: PLAIN,
  getPlayer: PLAIN,
  listPostbacks: [
    '',
    'status=dead',
    'clickId={clickId}',
    'conversionId={conversionId}',
    'destinationId={destinationId}',
  ],
  sumUpDeadLetters: PLAIN,
  getPostback: PLAIN,
  listQuarantine: ['', 'status=released', 'status=all', 'sourceId={sourceId}'],
  listUnmappedWords: PLAIN,
  listPayouts: PLAIN,
  getPartnerBalance: PLAIN,
  getPayout: PLAIN,
  listRules: PLAIN,
  getRule: PLAIN,
  listStatusMappings: ['', 'sourceId={sourceId}', 'retired=true'],
  listLedgerEntries: ['', 'partnerId={partnerId}', 'account=payable:{partnerId}', SPAN],
  getTrialBalance: PLAIN,
  listParkedRows: PLAIN,
  listAudit: ['', 'subject={offerId}'],
};
