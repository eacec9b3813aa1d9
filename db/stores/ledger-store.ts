import { journalEntries } from '../../domain/commission/journal';
import type { DeservedLine, LineBasis, LineKind, LineStage } from '../../domain/commission/line';
import type { Currency } from '../../domain/currencies';
import {
  type ConversionId,
  type DealId,
  type EventId,
  type Id,
  idFromUuid,
  type PartnerId,
  type PlayerId,
  uuidFromId,
  type WorkspaceId,
} from '../../domain/ids';
import type { Money } from '../../domain/money';
import type { Db } from '../knex';
import { mintId } from '../mint-id';
import type { ConversionOwner } from './conversion-store';
import { type StoredMoney, selectPaid, toPaid } from './paid-lines';
import { rowBatch } from './row-batch';

/** A commission line as it stands: what is booked for it now. */
export type StoredLine = Omit<DeservedLine, 'dealVersion' | 'basis'> & {
  readonly basis: LineBasis | null;
  readonly lineId: Id<'lin'>;
  readonly conversionId: ConversionId;
  readonly revision: number;
  /** What payouts have paid for it, one sum per currency. */
  readonly paid: readonly Money[];
};

type LineRow = {
  line_id: string;
  conversion_id: string;
  partner_id: string;
  campaign_id: string;
  kind: LineKind;
  deal_id: string;
  amount_minor: bigint;
  currency: Currency;
  stage: LineStage;
  hold_until: Date | null;
  basis: StoredBasis | null;
  revision: number;
  reason: string;
  paid: StoredMoney[];
};

/** JSON has no bigint. */
export type StoredBasis = {
  of: StoredMoney;
  ratePpm: number | null;
  weightPpm: number;
};

export async function loadPlayerLines(db: Db, playerId: PlayerId): Promise<StoredLine[]> {
  const rows: LineRow[] = await db('commission_lines')
    .select('line_id', 'conversion_id', 'partner_id', 'campaign_id', 'kind', 'deal_id', 'amount_minor')
    .select(
      'currency',
      'stage',
      'hold_until',
      'basis',
      'revision',
      'reason',
      db.raw(`${selectPaid('commission_lines.line_id')} AS paid`),
    )
    .where('player_id', uuidFromId(playerId));
  return rows.map((row) => ({
    lineId: idFromUuid('lin', row.line_id),
    conversionId: idFromUuid('cnv', row.conversion_id),
    partnerId: idFromUuid('ptn', row.partner_id),
    campaignId: idFromUuid('cmp', row.campaign_id),
    kind: row.kind,
    dealId: idFromUuid('dea', row.deal_id),
    amountMinor: row.amount_minor,
    currency: row.currency,
    stage: row.stage,
    holdUntilMs: row.hold_until?.getTime() ?? null,
    basis: row.basis === null ? null : fromStoredBasis(row.basis),
    revision: row.revision,
    reason: row.reason,
    paid: toPaid(row.paid),
  }));
}

/** What a line's amount was computed from, as its row keeps it. */
export function fromStoredBasis({ of, ratePpm, weightPpm }: StoredBasis): LineBasis {
  return { of: { ...of, amountMinor: BigInt(of.amountMinor) }, ratePpm, weightPpm };
}

function toStoredBasis({ of, ratePpm, weightPpm }: LineBasis): StoredBasis {
  return { of: { ...of, amountMinor: of.amountMinor.toString() }, ratePpm, weightPpm };
}

/** What a line should say now, and why. */
export type LineChange = {
  readonly conversionId: ConversionId;
  readonly stored: StoredLine | null;
  readonly deserved: {
    readonly partnerId: PartnerId;
    readonly campaignId: DeservedLine['campaignId'];
    readonly kind: DeservedLine['kind'];
    readonly dealId: DealId;
    readonly amountMinor: bigint;
    readonly currency: Currency;
    readonly stage: LineStage;
    readonly holdUntilMs: number | null;
    readonly basis: LineBasis | null;
    readonly reason: string;
  };
};

/**
 * Brings one line to what it deserves and appends the difference as one zero-sum journal. A line that says the
 * same as before keeps its revision and gets no journal. True when the amount is another than before.
 */
export async function bookLine(
  db: Db,
  owner: ConversionOwner & { readonly playerId: PlayerId },
  { conversionId, stored, deserved }: LineChange,
  causedBy: EventId,
  nowMs: number,
): Promise<boolean> {
  const entries = journalEntries(stored, deserved);
  if (stored !== null && entries.length === 0 && saysTheSame(stored, deserved)) return false;
  const lineId = stored?.lineId ?? mintId('lin', nowMs);
  const revision = (stored?.revision ?? 0) + 1;
  const row = {
    campaign_id: uuidFromId(deserved.campaignId),
    deal_id: uuidFromId(deserved.dealId),
    amount_minor: deserved.amountMinor,
    currency: deserved.currency,
    stage: deserved.stage,
    hold_until: deserved.holdUntilMs === null ? null : new Date(deserved.holdUntilMs),
    basis: deserved.basis === null ? null : JSON.stringify(toStoredBasis(deserved.basis)),
    revision,
    reason: deserved.reason,
    updated_at: new Date(nowMs),
  };
  if (stored === null) {
    await db('commission_lines').insert({
      ...row,
      line_id: uuidFromId(lineId),
      workspace_id: uuidFromId(owner.workspaceId),
      brand_id: uuidFromId(owner.brandId),
      conversion_id: uuidFromId(conversionId),
      player_id: uuidFromId(owner.playerId),
      partner_id: uuidFromId(deserved.partnerId),
      kind: deserved.kind,
    });
  } else {
    await db('commission_lines').where('line_id', uuidFromId(lineId)).update(row);
  }
  if (entries.length > 0) {
    const journal = { lineId, lineRevision: revision, reason: deserved.reason, causedBy };
    await appendJournal(db, owner.workspaceId, journal, entries, nowMs);
  }
  return (stored?.amountMinor ?? 0n) !== deserved.amountMinor || stored?.currency !== deserved.currency;
}

function saysTheSame(stored: StoredLine, deserved: LineChange['deserved']): boolean {
  return (
    stored.dealId === deserved.dealId &&
    stored.reason === deserved.reason &&
    stored.stage === deserved.stage &&
    stored.holdUntilMs === deserved.holdUntilMs &&
    isSameBasis(stored.basis, deserved.basis)
  );
}

function isSameBasis(a: LineBasis | null, b: LineBasis | null): boolean {
  if (a === null || b === null) return a === b;
  return (
    a.of.amountMinor === b.of.amountMinor &&
    a.of.currency === b.of.currency &&
    a.ratePpm === b.ratePpm &&
    a.weightPpm === b.weightPpm
  );
}

const ENTRIES = rowBatch<ReturnType<typeof journalEntries>[number]>([
  ['account', 'text', ({ account }) => account],
  ['amount_minor', 'bigint', ({ amountMinor }) => amountMinor.toString()],
  ['currency', 'text', ({ currency }) => currency],
]);

async function appendJournal(
  db: Db,
  workspaceId: WorkspaceId,
  journal: { lineId: Id<'lin'>; lineRevision: number; reason: string; causedBy: EventId },
  entries: ReturnType<typeof journalEntries>,
  nowMs: number,
): Promise<void> {
  const journalId = uuidFromId(mintId('jrn', nowMs));
  await db('ledger_journals').insert({
    journal_id: journalId,
    workspace_id: uuidFromId(workspaceId),
    line_id: uuidFromId(journal.lineId),
    line_revision: journal.lineRevision,
    reason: journal.reason,
    caused_by_event_id: uuidFromId(journal.causedBy),
    posted_at: new Date(nowMs),
  });
  await db.raw(
    `INSERT INTO ledger_entries (journal_id, workspace_id, account, amount_minor, currency)
     SELECT ?, ?, given.* FROM (${ENTRIES.select}) AS given`,
    [journalId, uuidFromId(workspaceId), ...ENTRIES.bindings(entries)],
  );
}
