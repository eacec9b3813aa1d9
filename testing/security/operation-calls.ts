/**
 * How each operation of the API description is called so that its owner gets an answer and a stranger, asking for
 * the very same, has something to steal. A new operation needs a line here: `tenant-isolation.db.test.ts` fails
 * without it.
 */

type Ids = Readonly<Record<string, string>>;

export type OperationCall = {
  /** The body, with the owner's ids wherever it may refer to something; `tag` is new for each call. */
  readonly body?: (ids: Ids, tag: string) => Readonly<Record<string, unknown>>;
  /** The query; lists ask for what hangs on the owner's ids. */
  readonly query?: (ids: Ids) => string;
};

const MONEY = { amount: '10', currency: 'EUR' };
const DAYS = { from: '2026-01-01', to: '2026-01-31', timeZone: 'UTC' };
const PERIOD = 'from=2026-11-01&to=2026-11-20';
const PLAIN: OperationCall = {};
const renamed: OperationCall = { body: (_ids, tag) => ({ name: tag }) };
const reported = (more: Readonly<Record<string, unknown>> = {}): OperationCall => ({
  body: ({ clickId, externalId }, tag) => ({
    eventId: tag,
    transactionId: tag,
    playerId: externalId,
    clickId,
    occurredAt: '2026-11-01T00:00:00Z',
    ...more,
  }),
});
const of = (parameter: string, id: string): OperationCall => ({ query: (ids) => `${parameter}=${ids[id]}` });

/** By operationId; those that need a key. */
export const PROTECTED: Readonly<Record<string, OperationCall>> = {
  reportRegistration: reported(),
  reportDeposit: reported(MONEY),
  reportWithdrawal: reported(MONEY),
  reportNgr: reported({ ...MONEY, period: '2026-10' }),
  reportSelfExclusion: reported(),
  reportChargeback: reported({ ...MONEY, depositEventId: 'D-1' }),
  reportRefund: reported({ depositEventId: 'D-1' }),
  trackConversion: reported({ type: 'lead' }),
  createOffer: { body: (_ids, tag) => ({ name: tag, landingUrl: 'https://casino.example/' }) },
  listOffers: PLAIN,
  getOffer: PLAIN,
  changeOffer: renamed,
  createPartner: renamed,
  listPartners: PLAIN,
  getPartner: PLAIN,
  changePartner: renamed,
  createDeal: { body: () => ({ kind: 'cpa', cpa: MONEY }) },
  listDeals: PLAIN,
  createCampaign: { body: ({ offerId, partnerId }, tag) => ({ slug: tag, name: tag, offerId, partnerId }) },
  listCampaigns: PLAIN,
  getCampaign: PLAIN,
  changeCampaign: { body: ({ offerId, partnerId }, tag) => ({ name: tag, offerId, partnerId }) },
  createSource: { body: (_ids, tag) => ({ name: tag, kind: 'gaming' }) },
  listSources: PLAIN,
  getSource: PLAIN,
  changeSource: renamed,
  createDestination: {
    body: ({ partnerId, campaignId }, tag) => {
      const target = { kind: 'webhook', url: 'https://hook.example/', events: ['deposit'] };
      return { name: tag, ...target, partnerId, campaignId };
    },
  },
  listDestinations: PLAIN,
  getDestination: PLAIN,
  changeDestination: { body: ({ partnerId, campaignId }, tag) => ({ name: tag, partnerId, campaignId }) },
  testDestination: PLAIN,
  rotateDestinationSecret: { body: () => ({ overlapHours: 1 }) },
  createApiKey: { body: (_ids, tag) => ({ name: tag, scopes: ['read'] }) },
  listApiKeys: PLAIN,
  revokeApiKey: PLAIN,
  getFraudRules: PLAIN,
  changeFraudRules: { body: () => ({ rules: { bot_user_agent: { score: 41 } } }) },
  getWorkspace: PLAIN,
  changeWorkspace: { body: () => ({ reportingCurrency: 'SEK' }) },
  recordCost: {
    body: ({ campaignId, partnerId }) => ({ campaignId, partnerId, day: '2026-01-02', money: MONEY }),
  },
  listCosts: of('campaignId', 'campaignId'),
  getCost: PLAIN,
  createFxRate: {
    body: (_ids, tag) => ({
      from: 'EUR',
      to: 'SEK',
      rate: '11',
      source: tag,
      ratedAt: '2026-01-01T00:00:00Z',
    }),
  },
  listFxRates: PLAIN,
  createGoal: {
    body: ({ campaignId }, tag) => ({ name: tag, campaignId, metric: 'registrations', target: 5, ...DAYS }),
  },
  listGoals: of('campaignId', 'campaignId'),
  getGoal: PLAIN,
  changeGoal: renamed,
  createScenario: { body: (_ids, tag) => ({ name: tag, kind: 'weekend', tag: 'weekend', ...DAYS }) },
  listScenarios: PLAIN,
  getScenario: PLAIN,
  changeScenario: renamed,
  listScenarioTemplates: PLAIN,
  getSegments: PLAIN,
  changeSegments: { body: () => ({ rules: [{ segment: 'everybody', when: {} }] }) },
  getValueReport: { query: ({ campaignId }) => `${PERIOD}&campaignId=${campaignId}` },
  getFunnelReport: { query: ({ campaignId }) => `${PERIOD}&campaignId=${campaignId}` },
  listClicks: of('campaignId', 'campaignId'),
  getClick: PLAIN,
  listConversions: of('clickId', 'clickId'),
  getConversion: PLAIN,
  explainConversion: PLAIN,
  listReviews: of('partnerId', 'partnerId'),
  decideConversion: { body: () => ({ decision: 'reject', reason: 'a test', revision: 1 }) },
  listRulings: PLAIN,
  getReviewPolicy: PLAIN,
  setReviewPolicy: { body: () => ({ reminderHours: 12, timeout: null }) },
  getPlayer: PLAIN,
  listPostbacks: of('destinationId', 'destinationId'),
  sumUpDeadLetters: PLAIN,
  replayPostbacks: { body: ({ destinationId }) => ({ destinationId }) },
  getPostback: PLAIN,
  replayPostback: PLAIN,
  listQuarantine: of('sourceId', 'sourceId'),
  listUnmappedWords: PLAIN,
  matchQuarantinedEvent: { body: ({ clickId }) => ({ clickId }) },
  createPayout: { body: (_ids, tag) => ({ currency: 'EUR', reference: tag }) },
  listPayouts: PLAIN,
  getPartnerBalance: PLAIN,
  getPayout: PLAIN,
  createRule: {
    body: ({ sourceId }, tag) => ({ name: tag, sourceId, event: 'clickRef', click: 'externalId' }),
  },
  listRules: PLAIN,
  getRule: PLAIN,
  changeRule: renamed,
  createStatusMapping: { body: ({ sourceId }, tag) => ({ sourceId, word: tag, kind: 'registration' }) },
  listStatusMappings: of('sourceId', 'sourceId'),
  retireStatusMapping: PLAIN,
  listLedgerEntries: of('partnerId', 'partnerId'),
  getTrialBalance: PLAIN,
  getAttributionReport: { query: () => PERIOD },
  listContests: of('challengerPartnerId', 'partnerId'),
  getOverview: { query: ({ campaignId }) => `${PERIOD}&campaignId=${campaignId}` },
  listParkedRows: PLAIN,
  retryParkedRow: PLAIN,
  listAudit: of('subject', 'offerId'),
};

/** Operations whose key stands in the URL, with what they are told. */
export const KEYED_BY_URL: Readonly<Record<string, (key: string, ids: Ids) => string>> = {
  reportByQuery: (key, { clickId }) => `/postback?key=${key}&event=lead&click_id=${clickId}`,
  reportByForm: (key, { clickId }) => `/postback?key=${key}&event=sale&click_id=${clickId}`,
  getAppsFlyerCallback: (key, { clickId }) => `/webhooks/appsflyer/${key}?clickid=${clickId}`,
  postAppsFlyerCallback: (key, { clickId }) => `/webhooks/appsflyer/${key}?clickid=${clickId}`,
  getAdjustCallback: (key, { clickId }) => `/webhooks/adjust/${key}?activity_kind=install&clickid=${clickId}`,
  postAdjustCallback: (key, { clickId }) =>
    `/webhooks/adjust/${key}?activity_kind=install&clickid=${clickId}`,
};

/** Operations that anybody may ask for, with a path of the owner's. */
export const PUBLIC: Readonly<Record<string, (ids: Ids) => string>> = {
  followClickLink: ({ slug }) => `/c/${slug}`,
  followWorkspaceLink: ({ workspaceId, slug }) => `/c/${workspaceId}/${slug}`,
  loadImpression: ({ slug }) => `/i/${slug}.gif`,
  loadWorkspaceImpression: ({ workspaceId, slug }) => `/i/${workspaceId}/${slug}.gif`,
  reportByPixel: ({ clickId }) => `/px/lead.gif?click_id=${clickId}`,
  getLiveness: () => '/healthz',
  getReadiness: () => '/readyz',
  getMetrics: () => '/metrics',
};
