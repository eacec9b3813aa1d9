import type { Currency } from '../../domain/currencies';
import type { Decision, DepositStatus, EventKind, Fact, Period, RulingFact, Trust } from '../../domain/facts';
import type { Outcome } from '../../domain/fraud/verdict';
import {
  type BrandId,
  type EventId,
  idFromUuid,
  type PlayerId,
  uuidFromId,
  type WorkspaceId,
} from '../../domain/ids';
import type { Money } from '../../domain/money';
import type { Db } from '../knex';
import { IS_TEST_EVENT, JOIN_WHOLE } from './event-terms';
import { parseSubjectKey, type SubjectKey } from './subject-lock';

/** What settlement has to know of an event before it may read facts: whose books it changes. */
export type EventSubject = {
  readonly eventId: EventId;
  readonly workspaceId: WorkspaceId;
  readonly brandId: BrandId;
  readonly kind: EventKind;
  readonly playerId: PlayerId | null;
  /** Whose conversion it is when there is no player: the event's own, or of a ruling that of the event it rules on. */
  readonly ownEventId: EventId;
  /**
   * Its sender said so, so nothing of it was ever booked. A test by its click is none here: it may have been booked
   * before its click was known, and the books are derived without it.
   */
  readonly isTest: boolean;
};

type FactRow = {
  event_id: string;
  kind: EventKind;
  trust: Trust;
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
  decision: Decision | null;
  ruled_revision: number | null;
  ruled_kind: EventKind | null;
  ruled_transaction_key: string | null;
  outcome: Outcome;
};

const FACT_COLUMNS = `e.event_id, e.kind, e.trust, coalesce(whole.transaction_key, e.transaction_key) AS transaction_key,
  e.sender_event_id, e.status, e.refers_to,
  coalesce(q.matched_click_id, e.click_id) AS click_id, e.occurred_at,
  coalesce(e.amount_minor, whole.amount_minor) AS amount_minor, coalesce(e.currency, whole.currency) AS currency,
  e.period_from, e.period_to, e.excluded_until, e.decision, e.ruled_revision, r.kind AS ruled_kind,
  r.transaction_key AS ruled_transaction_key, v.outcome`;

/** An event counts once it was assessed; while it is quarantined, or only a test, it decides nothing. */
const COUNTING = `FROM events AS e
  JOIN verdicts AS v ON v.subject_kind = 'event' AND v.subject_id = e.event_id
  LEFT JOIN quarantine AS q ON q.event_id = e.event_id
  LEFT JOIN conversions AS r ON r.conversion_id = e.ruled_conversion_id
  ${JOIN_WHOLE}
  WHERE NOT ${IS_TEST_EVENT} AND (q.event_id IS NULL OR q.released_at IS NOT NULL)
    AND (e.kind <> 'deposit' OR coalesce(e.amount_minor, whole.amount_minor) IS NOT NULL)`;

export async function readEventSubject(db: Db, eventId: EventId): Promise<EventSubject | null> {
  type Row = {
    workspace_id: string;
    brand_id: string;
    kind: EventKind;
    player_id: string | null;
    own_event_id: string;
    is_test: boolean;
  };
  const { rows } = await db.raw<{ rows: Row[] }>(
    `SELECT e.workspace_id, e.brand_id, e.kind, e.player_id, e.is_test, coalesce(r.event_id, e.event_id) AS own_event_id
     FROM events AS e LEFT JOIN conversions AS r ON r.conversion_id = e.ruled_conversion_id WHERE e.event_id = ?`,
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
    ownEventId: idFromUuid('evt', row.own_event_id),
    isTest: row.is_test,
  };
}

/** Whose books are settled together. */
export type Subject = Pick<EventSubject, 'workspaceId' | 'brandId' | 'playerId' | 'ownEventId'>;

/** The subject of a lock; null when there is none. */
export async function readSubject(db: Db, key: SubjectKey): Promise<Subject | null> {
  const subject = parseSubjectKey(key);
  if ('eventId' in subject) return readEventSubject(db, subject.eventId);
  type Row = { workspace_id: string; brand_id: string; event_id: string };
  const { rows } = await db.raw<{ rows: Row[] }>(
    `SELECT p.workspace_id, p.brand_id, e.event_id FROM players AS p
     JOIN LATERAL (SELECT event_id FROM events WHERE player_id = p.player_id ORDER BY occurred_at LIMIT 1) AS e ON true
     WHERE p.player_id = ?`,
    [uuidFromId(subject.playerId)],
  );
  const row = rows[0];
  if (row === undefined) return null;
  return {
    workspaceId: idFromUuid('wsp', row.workspace_id),
    brandId: idFromUuid('brd', row.brand_id),
    playerId: subject.playerId,
    ownEventId: idFromUuid('evt', row.event_id),
  };
}

export async function loadPlayerFacts(db: Db, playerId: PlayerId): Promise<Fact[]> {
  const { rows } = await db.raw<{ rows: FactRow[] }>(
    `SELECT ${FACT_COLUMNS} ${COUNTING} AND e.player_id = ?`,
    [uuidFromId(playerId)],
  );
  return rows.map(toFact);
}

/** The fact of an event that names no player, and the rulings on its conversion. */
export async function loadEventFacts(db: Db, eventId: EventId): Promise<Fact[]> {
  const id = uuidFromId(eventId);
  const { rows } = await db.raw<{ rows: FactRow[] }>(
    // A union and no OR: this way both halves go by an index.
    `SELECT ${FACT_COLUMNS} ${COUNTING} AND e.event_id IN (
       SELECT CAST(? AS uuid)
       UNION ALL SELECT ruling.event_id FROM conversions AS own
       JOIN events AS ruling ON ruling.ruled_conversion_id = own.conversion_id WHERE own.event_id = ?)`,
    [id, id],
  );
  return rows.map(toFact);
}

function toFact(row: FactRow): Fact {
  const base = {
    eventId: idFromUuid('evt', row.event_id),
    transactionKey: row.transaction_key,
    senderEventId: row.sender_event_id,
    clickId: row.click_id === null ? null : idFromUuid('clk', row.click_id),
    occurredAtMs: row.occurred_at.getTime(),
    trust: row.trust,
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
    case 'ruling':
      return { ...base, kind: 'ruling', ...rulingOf(row) };
    case 'chargeback':
      return { ...base, kind: 'chargeback', refersTo: present(row, 'refers_to'), money: requiredMoney(row) };
  }
}

function rulingOf(row: FactRow): Pick<RulingFact, 'decision' | 'on' | 'revision'> {
  return {
    decision: present(row, 'decision'),
    on: { kind: present(row, 'ruled_kind'), transactionKey: present(row, 'ruled_transaction_key') },
    revision: present(row, 'ruled_revision'),
  };
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
