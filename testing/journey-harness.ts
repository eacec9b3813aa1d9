import { join } from 'node:path';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import {
  bundleWorkflowCode,
  DefaultLogger,
  Runtime,
  type Worker,
  type WorkflowBundle,
} from '@temporalio/worker';
import { createGuardedFetch } from '../clients/guarded-fetch';
import { createDb, type Db } from '../db/knex';
import { mintId } from '../db/mint-id';
import { recordClicks } from '../db/stores/click-store';
import { type JourneyTarget, loadJourneyTargets } from '../db/stores/dispatch-store';
import { type Acceptance, acceptEvent } from '../db/stores/event-store';
import type { NewEvent } from '../db/stores/new-event';
import { replayPostback } from '../db/stores/postback-replay-store';
import { windowEndMs } from '../domain/attribution/click-window';
import { parseCurrency } from '../domain/currencies';
import type { CampaignId, ClickId, EventId, OfferId, PartnerId } from '../domain/ids';
import { idFromUuid, uuidFromId } from '../domain/ids';
import type { Money } from '../domain/money';
import { createJourneyWorker } from '../workers/journey-worker';
import { createPostbackWorker, DELIVERY_POOL_MAX } from '../workers/postback-worker';
import { relayBatch } from '../workers/relay-batch';
import { createWorkflowStarter, type WorkflowStarter } from '../workers/workflow-starter';
import { clickJourneyWorkflowId } from '../workflows/click-journey/contract';
import { eventWorkflowId } from '../workflows/event/contract';
import { playerWorkflowId } from '../workflows/player/contract';
import { postbackWorkflowId } from '../workflows/postback/contract';
import { insertCampaign, insertOffer } from './builders/insert-campaign';
import { insertDeal, insertPartner } from './builders/insert-partner';
import { insertDestination } from './builders/insert-postback';
import { insertWorkspace, type WorkspaceFixture } from './builders/insert-workspace';
import { type Sink, startSink } from './sink';
import { createTestDb, type TestDb } from './test-db';
import { until } from './until';

export const EUR = (amountMinor: bigint): Money => {
  const currency = parseCurrency('EUR');
  if (currency === null) throw new Error('EUR is a currency');
  return { amountMinor, currency };
};

let bundle: Promise<WorkflowBundle> | null = null;

/** The workflow code as production bundles it, built once per test file. */
export function workflowBundle(): Promise<WorkflowBundle> {
  bundle ??= bundleWorkflowCode({
    workflowsPath: join(__dirname, '..', 'workflows', 'index.ts'),
    logger: new DefaultLogger('ERROR'),
  });
  return bundle;
}

/** Keeps the SDK quiet in tests; once per process. */
export function quietRuntime(): void {
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' }, forward: {} } },
  });
}

type EventGiven = Partial<Omit<NewEvent, 'kind'>> & { readonly kind: NewEvent['kind'] };

/**
 * The product's own parts wired around a Temporal test environment: real Postgres, real activities, real relay,
 * real HTTP deliveries to a loopback sink. Only the clock is the environment's, where that can skip time.
 */
export class JourneyHarness {
  /** What the product takes for now; follows the environment after `syncClock`. */
  private clockOffsetMs = 0;
  readonly clock = { nowMs: () => Date.now() + this.clockOffsetMs };
  private readonly running: { worker: Worker; done: Promise<void> }[] = [];
  /** As in the product: attempts that queue for one destination take no connection from anybody else. */
  private readonly deliveryDb: Db;
  private serial = 0;

  private constructor(
    /** The Temporal of now; another one after `moveTo`. */
    public env: TestWorkflowEnvironment,
    private readonly testDb: TestDb,
    readonly sink: Sink,
    readonly tenant: WorkspaceFixture,
    readonly partnerId: PartnerId,
    readonly offerId: OfferId,
    readonly campaignId: CampaignId,
    public starter: WorkflowStarter,
  ) {
    this.deliveryDb = createDb(testDb.url, { applicationName: 'test', poolMax: DELIVERY_POOL_MAX });
  }

  /** One tenant with a partner (CPA 50.00 EUR), an offer, a campaign of 30 days, and two running workers. */
  static async start(env: TestWorkflowEnvironment): Promise<JourneyHarness> {
    const testDb = await createTestDb({ poolMax: 30 });
    const { db } = testDb;
    const tenant = await insertWorkspace(db);
    const partnerId = await insertPartner(db, tenant);
    await insertDeal(db, { ...tenant, partnerId });
    const offerId = await insertOffer(db, tenant);
    const campaignId = await insertCampaign(db, { ...tenant, offerId, partnerId });
    const sink = await startSink();
    const starter = createWorkflowStarter(env.client);
    const harness = new JourneyHarness(env, testDb, sink, tenant, partnerId, offerId, campaignId, starter);
    await harness.startWorkers();
    return harness;
  }

  get db(): Db {
    return this.testDb.db;
  }

  /** For what keeps a connection or a pool of its own, as another process would. */
  get databaseUrl(): string {
    return this.testDb.url;
  }

  /** Goes on with another Temporal, as after the loss of this one's database; its workers are stopped before. */
  moveTo(env: TestWorkflowEnvironment): void {
    if (this.running.length > 0) throw new Error('workers of the Temporal of before are running');
    this.env = env;
    this.starter = createWorkflowStarter(env.client);
  }

  async startWorkers(): Promise<void> {
    const { db, clock } = this;
    const connection = this.env.nativeConnection;
    const namespace = this.env.namespace ?? 'default';
    const http = createGuardedFetch({ allowedSink: this.sink.address });
    const delivering = { db: this.deliveryDb, clock, http, random01: () => 0.5 };
    const workers = [
      await createJourneyWorker({ connection, namespace, workflowBundle: await workflowBundle(), db, clock }),
      await createPostbackWorker({ connection, namespace, ...delivering }),
    ];
    for (const worker of workers) this.running.push({ worker, done: worker.run() });
  }

  async stopWorkers(): Promise<void> {
    for (const { worker } of this.running) worker.shutdown();
    await Promise.all(this.running.map(({ done }) => done));
    this.running.length = 0;
  }

  async stop(): Promise<void> {
    await this.endWorkflows();
    await this.stopWorkers();
    await this.sink.close();
    await this.deliveryDb.destroy();
    await this.testDb.drop();
  }

  /**
   * Leaves nothing behind in an environment that other tests use too: what stayed open would be run by their workers
   * against their database, and fail there again and again through every day that they skip.
   */
  private async endWorkflows(): Promise<void> {
    const { workspaceId } = this.tenant;
    const { rows } = await this.db.raw<{ rows: { kind: string; id: string }[] }>(
      `SELECT 'click' AS kind, click_id AS id FROM clicks UNION ALL SELECT 'player', player_id FROM players
       UNION ALL SELECT 'event', event_id FROM events`,
    );
    const workflowIds = rows.map(({ kind, id }) => {
      if (kind === 'click') return clickJourneyWorkflowId(workspaceId, idFromUuid('clk', id));
      if (kind === 'player') return playerWorkflowId(workspaceId, idFromUuid('ply', id));
      return eventWorkflowId(workspaceId, idFromUuid('evt', id));
    });
    const { workflow } = this.env.client;
    const isOver = (error: unknown): void => {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    };
    await Promise.all(
      workflowIds.map((id) => workflow.getHandle(id).terminate('the test is over').catch(isOver)),
    );
  }

  /** Takes over the environment's time, after it was skipped. */
  async syncClock(): Promise<number> {
    this.clockOffsetMs = (await this.env.currentTimeMs()) - Date.now();
    return this.clock.nowMs();
  }

  async addDestination(given: { url?: string; events?: readonly string[] } = {}) {
    return insertDestination(this.db, {
      workspaceId: this.tenant.workspaceId,
      url:
        given.url ??
        `${this.sink.origin}/pb?click={click_id}&event={event}&tx={transaction_id}&payout={payout}`,
      events: given.events ?? ['install', 'registration', 'first_deposit', 'deposit'],
      partnerId: this.partnerId,
    });
  }

  /** A click of the campaign, in Postgres and its outbox; the relay has not seen it yet. */
  async click(
    given: {
      atMs?: number;
      clickId?: ClickId;
      windowDays?: number;
      userAgent?: string;
      isTest?: boolean;
    } = {},
  ): Promise<ClickId> {
    const clickedAtMs = given.atMs ?? this.clock.nowMs();
    const clickId = given.clickId ?? mintId('clk', clickedAtMs);
    await recordClicks(this.db, [
      {
        clickId,
        workspaceId: this.tenant.workspaceId,
        campaignId: this.campaignId,
        campaignVersion: 1,
        offerId: this.offerId,
        partnerId: this.partnerId,
        partnerReason: null,
        visitorId: mintId('vis', clickedAtMs),
        clickedAtMs,
        expiresAtMs: windowEndMs(clickedAtMs, given.windowDays ?? 30),
        isTest: given.isTest ?? false,
        externalId: null,
        subs: {},
        adIds: {},
        utm: {},
        raw: {
          ip: '203.0.113.7',
          userAgent: given.userAgent ?? 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0',
          referrer: null,
          query: '',
        },
      },
    ]);
    return clickId;
  }

  /** Accepts an event of the tenant's built-in source, as the API would. */
  async accept(given: EventGiven): Promise<Acceptance> {
    this.serial += 1;
    const senderEventId = given.senderEventId ?? `event-${this.serial}`;
    const event: NewEvent = {
      workspaceId: this.tenant.workspaceId,
      brandId: this.tenant.brandId,
      sourceId: this.tenant.sourceId,
      trust: 'keyed',
      senderEventId,
      transactionKey: senderEventId,
      status: given.kind === 'deposit' || given.kind === 'withdrawal' ? 'confirmed' : null,
      refersTo: null,
      clickRef: null,
      playerExternalId: null,
      money: null,
      occurredAtMs: this.clock.nowMs(),
      attributes: {},
      isTest: false,
      raw: { body: {}, ip: null, userAgent: null },
      ...given,
    };
    return acceptEvent(this.db, event, this.clock.nowMs());
  }

  /** Carries the outbox to Temporal until nothing is due. */
  async relay(): Promise<void> {
    for (;;) {
      let claimed = 0;
      for (const group of ['events', 'duties', 'starts'] as const) {
        const share = { group, rows: 200, concurrency: 24 };
        const result = await relayBatch(this.db, this.starter, share, this.clock.nowMs());
        if (result.failures[0] !== undefined) throw result.failures[0].error;
        if (result.temporalAway) throw new Error('Temporal is away', { cause: result.awayBecause });
        claimed += result.claimed;
      }
      if (claimed === 0) return;
    }
  }

  /** Relays until every released event is settled. */
  async settleAll(): Promise<void> {
    await until('every event to be settled', async () => {
      await this.relay();
      const { rows } = await this.db.raw<{ rows: unknown[] }>(
        `SELECT 1 FROM events AS e LEFT JOIN quarantine AS q ON q.event_id = e.event_id
         WHERE e.handled_at IS NULL AND (q.event_id IS NULL OR q.released_at IS NOT NULL) LIMIT 1`,
      );
      return rows.length === 0;
    });
  }

  /** What the relay knows of a click when it starts or signals its journey. */
  async target(clickId: ClickId): Promise<JourneyTarget> {
    const target = (await loadJourneyTargets(this.db, [uuidFromId(clickId)])).get(uuidFromId(clickId));
    if (target === undefined) throw new Error(`no click ${clickId}`);
    return target;
  }

  /** Replays the one dead postback as an operator would; gives the id of the workflow that will deliver it. */
  async replayDeadPostback(): Promise<string> {
    const { workspaceId } = this.tenant;
    const row: { postback_id: string } = await this.db('postbacks').where('status', 'dead').first();
    const postbackId = idFromUuid('pbk', row.postback_id);
    const nowMs = this.clock.nowMs();
    const replayed = await this.db.transaction((trx) => replayPostback(trx, workspaceId, postbackId, nowMs));
    if (replayed.kind !== 'replayed') throw new Error(`not replayed: ${replayed.kind}`);
    return postbackWorkflowId(workspaceId, postbackId, replayed.run);
  }

  journey(clickId: ClickId) {
    return this.env.client.workflow.getHandle(clickJourneyWorkflowId(this.tenant.workspaceId, clickId));
  }

  async historyLength(workflowId: string): Promise<number> {
    const { events } = await this.env.client.workflow.getHandle(workflowId).fetchHistory();
    return events?.length ?? 0;
  }

  async playerWorkflowIds(): Promise<string[]> {
    const rows: { player_id: string }[] = await this.db('players').select('player_id');
    return rows.map((row) => `player:${this.tenant.workspaceId}:${idFromUuid('ply', row.player_id)}`);
  }

  async conversion(eventId: EventId) {
    return this.db('conversions').where('event_id', uuidFromId(eventId)).first();
  }

  /** Net balance per account and currency, zero ones left out: what finance would pay by. */
  async balances(): Promise<Record<string, string>> {
    const { rows } = await this.db.raw<{ rows: { account: string; currency: string; total: bigint }[] }>(
      `SELECT account, currency, sum(amount_minor)::bigint AS total FROM ledger_entries
       GROUP BY account, currency HAVING sum(amount_minor) <> 0 ORDER BY account, currency`,
    );
    return Object.fromEntries(rows.map((row) => [`${row.account} ${row.currency}`, String(row.total)]));
  }
}
