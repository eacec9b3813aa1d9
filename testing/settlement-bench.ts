import { createFraudActivities } from '../activities/fraud';
import { createSettlementActivities, type SettledEvent } from '../activities/settlement';
import type { Db } from '../db/knex';
import { mintId } from '../db/mint-id';
import { type Acceptance, acceptEvent } from '../db/stores/event-store';
import type { NewEvent } from '../db/stores/new-event';
import { releaseForClicks } from '../db/stores/quarantine-store';
import { type AcceptedRuling, acceptRuling } from '../db/stores/ruling-store';
import type { Currency } from '../domain/currencies';
import type { Decision, DepositStatus } from '../domain/facts';
import {
  type CampaignId,
  type ClickId,
  type DealId,
  type EventId,
  type ImpressionId,
  idFromUuid,
  type PartnerId,
  uuidFromId,
  type VisitorId,
} from '../domain/ids';
import type { Money } from '../domain/money';
import { type Clock, HOUR_MS, MINUTE_MS } from '../domain/time';
import { insertCampaign } from './builders/insert-campaign';
import { insertDeal, insertPartner } from './builders/insert-partner';
import { insertWorkspace, type WorkspaceFixture } from './builders/insert-workspace';
import { newEvent } from './builders/new-event';
import { recordTestClick } from './builders/record-test-click';
import { recordTestImpression } from './builders/record-test-impression';
import { findPlayer, type PlayerBooks, readPlayerBooks } from './player-books';

type EventGiven = {
  readonly player?: string;
  /** The sender's event id, and its transaction unless `transaction` is given. */
  readonly key: string;
  readonly click?: ClickId | undefined;
  /** Minutes after the bench's start, by the event's own time. */
  readonly atMin: number;
  readonly isTest?: boolean;
};

type MoneyGiven = EventGiven & { readonly amountMinor?: bigint; readonly currency?: string };

/** A campaign of one partner with a CPA of 50.00 EUR, whose events are assessed and settled by hand. */
export type SettlementBench = {
  readonly db: Db;
  readonly tenant: WorkspaceFixture;
  readonly partnerId: PartnerId;
  readonly dealId: DealId;
  readonly campaignId: CampaignId;
  readonly startMs: number;
  readonly clock: Clock;
  /** A click by a visitor of its own, on the bench's campaign and for its partner, unless they are given. */
  click(given?: {
    atMin?: number;
    clickId?: ClickId;
    visitorId?: VisitorId;
    campaignId?: CampaignId;
    partnerId?: PartnerId | null;
    windowMin?: number;
    adIds?: Readonly<Record<string, string>>;
    utm?: Readonly<Record<string, string>>;
    isTest?: boolean;
  }): Promise<ClickId>;
  /** An impression of the visitor, seen when it was shown unless another time, or never, is given. */
  view(given: {
    visitorId: VisitorId;
    atMin: number;
    seenAtMin?: number | null;
    campaignId?: CampaignId;
    partnerId?: PartnerId;
  }): Promise<ImpressionId>;
  visitor(): VisitorId;
  /** Another partner of the workspace, with a deal of its own unless null is given. */
  partner(deal?: DealGiven | null): Promise<PartnerId>;
  /** Records the click and does what the relay does then: lets waiting events go. */
  lateClick(
    clickId: ClickId,
    atMin?: number,
    given?: { visitorId?: VisitorId; partnerId?: PartnerId; isTest?: boolean },
  ): Promise<void>;
  install(given: EventGiven): Promise<Acceptance>;
  registration(given: EventGiven): Promise<Acceptance>;
  deposit(given: MoneyGiven & { transaction?: string; status?: DepositStatus }): Promise<Acceptance>;
  chargeback(given: MoneyGiven & { refersTo: string }): Promise<Acceptance>;
  accept(given: Partial<NewEvent> & { senderEventId: string }): Promise<Acceptance>;
  /** A person rules on the conversion of a transaction as it stands. */
  rule(transaction: string, decision: Decision, kind?: string): Promise<AcceptedRuling>;
  /** Assesses and settles one event, as a workflow does. */
  settle(eventId: EventId): Promise<SettledEvent>;
  assess(eventId: EventId): Promise<void>;
  settleAssessed(eventId: EventId): Promise<SettledEvent>;
  /** Settles every event that is not handled and not quarantined, until none is left; says how many that were. */
  settleAll(): Promise<number>;
  unhandled(): Promise<EventId[]>;
  /** The books of a player by the casino's id, P1 unless given. */
  books(player?: string): Promise<PlayerBooks>;
  /** The commission line of a transaction, as its row says it. */
  line(transaction: string): Promise<Row>;
  /** The conversion of a transaction; a deposit unless another kind is given. */
  conversion(transaction: string, kind?: string): Promise<Row>;
};

/** A row as Postgres has it; undefined when there is none. */
type Row = Readonly<Record<string, unknown>> | undefined;

type DealGiven = Omit<Parameters<typeof insertDeal>[1], 'workspaceId' | 'partnerId'>;
type CampaignGiven = Omit<Parameters<typeof insertCampaign>[1], 'workspaceId' | 'partnerId' | 'offerId'>;

export async function openSettlementBench(
  db: Db,
  {
    startMs = Date.now() - HOUR_MS,
    campaign = {},
    clock = { nowMs: () => Date.now() },
    ...deal
  }: DealGiven & { startMs?: number; campaign?: CampaignGiven; clock?: Clock } = {},
): Promise<SettlementBench> {
  const tenant = await insertWorkspace(db);
  const partnerId = await insertPartner(db, tenant);
  const dealId = await insertDeal(db, { ...tenant, partnerId, ...deal });
  const campaignId = await insertCampaign(db, { ...tenant, partnerId, ...campaign });
  const { assessEvent } = createFraudActivities({ db, clock });
  const { settleEvent } = createSettlementActivities({ db, clock, caller: () => 'bench' });
  const at = (minutes: number) => startMs + minutes * MINUTE_MS;
  const accept = (given: Partial<NewEvent> & { senderEventId: string }) =>
    acceptEvent(db, newEvent(tenant, given), clock.nowMs());
  const settle = async (eventId: EventId) => {
    await assessEvent({ eventId });
    return settleEvent({ eventId });
  };
  const click: SettlementBench['click'] = ({
    atMin = 0,
    windowMin,
    partnerId: of = partnerId,
    ...given
  } = {}) =>
    recordTestClick(db, {
      ...tenant,
      campaignId,
      clickedAtMs: at(atMin),
      ...(of === null ? {} : { partnerId: of }),
      ...(windowMin === undefined ? {} : { expiresAtMs: at(atMin + windowMin) }),
      ...given,
    });
  const unhandled = () => unhandledEvents(db, tenant);
  const readers = readersOf(db, tenant);
  const { conversion } = readers;
  return {
    ...{ db, tenant, partnerId, dealId, campaignId, startMs, clock },
    ...{ click, accept, settle, unhandled },
    visitor: () => mintId('vis', startMs),
    view: ({ atMin, seenAtMin = atMin, ...given }) =>
      recordTestImpression(db, {
        ...{ ...tenant, campaignId, partnerId, ...given },
        shownAtMs: at(atMin),
        viewableAtMs: seenAtMin === null ? undefined : at(seenAtMin),
      }),
    partner: async (given = {}) => {
      const other = await insertPartner(db, tenant);
      if (given !== null) await insertDeal(db, { ...tenant, partnerId: other, ...given });
      return other;
    },
    ...readers,
    assess: (eventId) => assessEvent({ eventId }),
    settleAssessed: (eventId) => settleEvent({ eventId }),
    rule: (...given) => ruleOn(db, tenant, conversion, clock, ...given),
    lateClick: async (clickId, atMin = 0, given = {}) => {
      await click({ clickId, atMin, ...given });
      await releaseForClicks(db, [clickId], clock.nowMs());
    },
    ...reportersOf(accept, at),
    settleAll: () => settleAll(unhandled, settle),
  };
}

type Reporters = Pick<SettlementBench, 'install' | 'registration' | 'deposit' | 'chargeback'>;

/** What a casino reports, with the times counted from the bench's start. */
function reportersOf(accept: SettlementBench['accept'], at: (minutes: number) => number): Reporters {
  return {
    install: (given) =>
      accept({ ...base(given, at), kind: 'install', playerExternalId: given.player ?? null }),
    registration: (given) => accept({ ...base(given, at), kind: 'registration' }),
    deposit: (given) =>
      accept({
        ...base(given, at),
        kind: 'deposit',
        transactionKey: given.transaction ?? given.key,
        status: given.status ?? 'confirmed',
        money: moneyOf(given),
      }),
    chargeback: (given) =>
      accept({ ...base(given, at), kind: 'chargeback', refersTo: given.refersTo, money: moneyOf(given) }),
  };
}

async function ruleOn(
  db: Db,
  { workspaceId }: WorkspaceFixture,
  conversion: SettlementBench['conversion'],
  clock: Clock,
  ...[transaction, decision, kind]: Parameters<SettlementBench['rule']>
): Promise<AcceptedRuling> {
  const row = await conversion(transaction, kind);
  const seen = {
    conversionId: idFromUuid('cnv', String(row?.conversion_id)),
    revision: Number(row?.revision),
  };
  const ruling = { workspaceId, ...seen, decision, reason: 'A test says so.', actor: 'test' };
  return db.transaction((trx) => acceptRuling(trx, ruling, clock.nowMs()));
}

async function settleAll(
  unhandled: SettlementBench['unhandled'],
  settle: SettlementBench['settle'],
): Promise<number> {
  let settled = 0;
  for (;;) {
    const events = await unhandled();
    if (events.length === 0) return settled;
    for (const eventId of events) await settle(eventId);
    settled += events.length;
  }
}

function readersOf(db: Db, tenant: WorkspaceFixture): Pick<SettlementBench, 'books' | 'line' | 'conversion'> {
  return {
    books: async (player = 'P1') => readPlayerBooks(db, await findPlayer(db, tenant.workspaceId, player)),
    line: (transaction) =>
      db('commission_lines AS l')
        .join('conversions AS c', 'c.conversion_id', 'l.conversion_id')
        .where({ 'l.workspace_id': uuidFromId(tenant.workspaceId), 'c.transaction_key': transaction })
        .first('l.*'),
    conversion: (transaction, kind = 'deposit') =>
      db('conversions')
        .where({ workspace_id: uuidFromId(tenant.workspaceId), transaction_key: transaction, kind })
        .first(),
  };
}

function base(given: EventGiven, at: (minutes: number) => number) {
  return {
    senderEventId: given.key,
    clickRef: given.click ?? null,
    playerExternalId: given.player ?? 'P1',
    occurredAtMs: at(given.atMin),
    isTest: given.isTest ?? false,
  };
}

function moneyOf(given: MoneyGiven): Money {
  return { amountMinor: given.amountMinor ?? 10_000n, currency: (given.currency ?? 'EUR') as Currency };
}

async function unhandledEvents(db: Db, { workspaceId }: WorkspaceFixture): Promise<EventId[]> {
  const { rows } = await db.raw<{ rows: { event_id: string }[] }>(
    `SELECT e.event_id FROM events AS e LEFT JOIN quarantine AS q ON q.event_id = e.event_id
     WHERE e.workspace_id = ? AND e.handled_at IS NULL AND (q.event_id IS NULL OR q.released_at IS NOT NULL)
     ORDER BY e.event_id`,
    [uuidFromId(workspaceId)],
  );
  return rows.map((row) => idFromUuid('evt', row.event_id));
}
