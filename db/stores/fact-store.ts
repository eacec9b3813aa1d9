import type { AttributionModel } from '../../domain/attribution/models';
import type { Currency } from '../../domain/currencies';
import type { Deal, DepositStatus, EventKind, Fact, Period, Touch } from '../../domain/facts';
import type { Outcome } from '../../domain/fraud/verdict';
import {
  type BrandId,
  type ClickId,
  type EventId,
  idFromUuid,
  type PartnerId,
  type PlayerId,
  uuidFromId,
  type WorkspaceId,
} from '../../domain/ids';
import type { Money } from '../../domain/money';
import type { Db } from '../knex';

/** What settlement has to know of an event before it may read facts: whose books it changes. */
export type EventSubject = {
  readonly eventId: EventId;
  readonly workspaceId: WorkspaceId;
  readonly brandId: BrandId;
  readonly kind: EventKind;
  readonly playerId: PlayerId | null;
  readonly isTest: boolean;
};

type FactRow = {
  event_id: string;
  kind: EventKind;
  transaction_key: string;
  sender_event_id: string;
  status: DepositStatus | null;
  refers_to: string | null;
  click_id: string | null;
  occurred_at: Date;
  amount_minor: bigint | null;
  currency: Currency | null;
  period_from: Date | null;
  period_to: Date | null;
  excluded_until: Date | null;
  outcome: Outcome;
};

const FACT_COLUMNS = `e.event_id, e.kind, e.transaction_key, e.sender_event_id, e.status, e.refers_to,
  coalesce(q.matched_click_id, e.click_id) AS click_id, e.occurred_at, e.amount_minor, e.currency,
  e.period_from, e.period_to, e.excluded_until, v.outcome`;

/** An event counts once it was assessed; while it is quarantined, or only a test, it decides nothing. */
const COUNTING = `FROM events AS e
  JOIN verdicts AS v ON v.subject_kind = 'event' AND v.subject_id = e.event_id
  LEFT JOIN quarantine AS q ON q.event_id = e.event_id
  WHERE NOT e.is_test AND (q.event_id IS NULL OR q.released_at IS NOT NULL)`;

export async function readEventSubject(db: Db, eventId: EventId): Promise<EventSubject | null> {
  type Row = {
    workspace_id: string;
    brand_id: string;
    kind: EventKind;
    player_id: string | null;
    is_test: boolean;
  };
  const { rows } = await db.raw<{ rows: Row[] }>(
    'SELECT workspace_id, brand_id, kind, player_id, is_test FROM events WHERE event_id = ?',
    [uuidFromId(eventId)],
  );
  const row = rows[0];
  if (row === undefined) return null;
  return {
    eventId,
    workspaceId: idFromUuid('wsp', row.workspace_id),
    brandId: idFromUuid('brd', row.brand_id),
    kind: row.kind,
    playerId: row.player_id === null ? null : idFromUuid('ply', row.player_id),
    isTest: row.is_test,
  };
}

export async function loadPlayerFacts(db: Db, playerId: PlayerId): Promise<Fact[]> {
  const { rows } = await db.raw<{ rows: FactRow[] }>(
    `SELECT ${FACT_COLUMNS} ${COUNTING} AND e.player_id = ?`,
    [uuidFromId(playerId)],
  );
  return rows.map(toFact);
}

export async function loadEventFact(db: Db, eventId: EventId): Promise<Fact | null> {
  const { rows } = await db.raw<{ rows: FactRow[] }>(
    `SELECT ${FACT_COLUMNS} ${COUNTING} AND e.event_id = ?`,
    [uuidFromId(eventId)],
  );
  return rows[0] === undefined ? null : toFact(rows[0]);
}

type TouchRow = {
  click_id: string;
  visitor_id: string;
  campaign_id: string;
  partner_id: string | null;
  attribution_model: AttributionModel;
  clicked_at: Date;
  expires_at: Date;
  outcome: Outcome | null;
};

/** The clicks of the workspace among the given ids; an id without a row is simply absent. */
export async function loadTouches(
  db: Db,
  workspaceId: WorkspaceId,
  clickIds: readonly ClickId[],
): Promise<Map<ClickId, Touch>> {
  if (clickIds.length === 0) return new Map();
  const { rows } = await db.raw<{ rows: TouchRow[] }>(
    `SELECT c.click_id, c.visitor_id, c.campaign_id, c.partner_id, v.attribution_model, c.clicked_at, c.expires_at,
       f.outcome
     FROM clicks AS c
     JOIN campaign_versions AS v ON v.campaign_id = c.campaign_id AND v.version = c.campaign_version
     LEFT JOIN verdicts AS f ON f.subject_kind = 'click' AND f.subject_id = c.click_id
     WHERE c.click_id = ANY(?) AND c.workspace_id = ?`,
    [clickIds.map(uuidFromId), uuidFromId(workspaceId)],
  );
  return new Map(rows.map((row) => [idFromUuid('clk', row.click_id), toTouch(row)]));
}

type DealRow = {
  deal_id: string;
  partner_id: string;
  version: number;
  cpa_minor: bigint;
  cpa_currency: Currency;
  min_deposit_minor: bigint | null;
  min_deposit_currency: Currency | null;
  valid_from: Date;
};

/** Every deal version of the partners. */
export async function loadDeals(db: Db, partnerIds: readonly PartnerId[]): Promise<Deal[]> {
  if (partnerIds.length === 0) return [];
  const { rows } = await db.raw<{ rows: DealRow[] }>(
    `SELECT deal_id, partner_id, version, cpa_minor, cpa_currency, min_deposit_minor, min_deposit_currency, valid_from
     FROM deals WHERE partner_id = ANY(?)`,
    [partnerIds.map(uuidFromId)],
  );
  return rows.map((row) => ({
    dealId: idFromUuid('dea', row.deal_id),
    partnerId: idFromUuid('ptn', row.partner_id),
    version: row.version,
    cpa: { amountMinor: row.cpa_minor, currency: row.cpa_currency },
    minDeposit: toMoney(row.min_deposit_minor, row.min_deposit_currency),
    validFromMs: row.valid_from.getTime(),
  }));
}

function toTouch(row: TouchRow): Touch {
  return {
    clickId: idFromUuid('clk', row.click_id),
    visitorId: idFromUuid('vis', row.visitor_id),
    campaignId: idFromUuid('cmp', row.campaign_id),
    partnerId: row.partner_id === null ? null : idFromUuid('ptn', row.partner_id),
    model: row.attribution_model,
    clickedAtMs: row.clicked_at.getTime(),
    expiresAtMs: row.expires_at.getTime(),
    outcome: row.outcome ?? 'allow',
  };
}

function toFact(row: FactRow): Fact {
  const base = {
    eventId: idFromUuid('evt', row.event_id),
    transactionKey: row.transaction_key,
    senderEventId: row.sender_event_id,
    clickId: row.click_id === null ? null : idFromUuid('clk', row.click_id),
    occurredAtMs: row.occurred_at.getTime(),
    outcome: row.outcome,
  };
  switch (row.kind) {
    case 'install':
    case 'lead':
    case 'registration':
      return { ...base, kind: row.kind };
    case 'sale':
      return { ...base, kind: 'sale', money: toMoney(row.amount_minor, row.currency) };
    case 'deposit':
      return { ...base, kind: 'deposit', status: present(row, 'status'), money: requiredMoney(row) };
    case 'withdrawal':
      return { ...base, kind: 'withdrawal', status: present(row, 'status'), money: requiredMoney(row) };
    case 'ngr':
      return { ...base, kind: 'ngr', period: periodOf(row), money: requiredMoney(row) };
    case 'self_exclusion':
      return { ...base, kind: 'self_exclusion', untilMs: row.excluded_until?.getTime() ?? null };
    case 'chargeback':
      return { ...base, kind: 'chargeback', refersTo: present(row, 'refers_to'), money: requiredMoney(row) };
  }
}

function toMoney(amountMinor: bigint | null, currency: Currency | null): Money | null {
  return amountMinor === null || currency === null ? null : { amountMinor, currency };
}

function requiredMoney(row: FactRow): Money {
  return { amountMinor: present(row, 'amount_minor'), currency: present(row, 'currency') };
}

function periodOf(row: FactRow): Period {
  return { fromMs: present(row, 'period_from').getTime(), toMs: present(row, 'period_to').getTime() };
}

/** A column that a CHECK of the table makes NOT NULL for this kind of event. */
function present<K extends keyof FactRow>(row: FactRow, column: K): NonNullable<FactRow[K]> {
  const value = row[column];
  if (value === null || value === undefined) throw new Error(`${row.kind} ${row.event_id} has no ${column}`);
  return value;
}
