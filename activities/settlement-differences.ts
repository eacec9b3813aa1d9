import { createHash } from 'node:crypto';
import type { Db } from '../db/knex';
import { recordAudit } from '../db/stores/audit-store';
import {
  type ConversionOwner,
  causeOf,
  clearFirstDeposit,
  type StoredConversion,
  saveConversion,
} from '../db/stores/conversion-store';
import { bookLine, type LineChange, loadPlayerLines, type StoredLine } from '../db/stores/ledger-store';
import { isPaidInFull, type LinePayment } from '../domain/commission/payout';
import type { ConversionId, PartnerId } from '../domain/ids';
import type { Books, DeservedConversion } from '../domain/settlement/books';
import { withdrawnConversion } from './withdrawn-conversion';

/** A conversion whose inputs changed in this settlement. */
export type ChangedConversion = {
  readonly conversionId: ConversionId;
  readonly revision: number;
  readonly deserved: DeservedConversion;
  /** Partners whose commission for it changed. */
  readonly repaidPartners: ReadonlySet<PartnerId>;
};

type Change = { deserved: DeservedConversion; before: StoredConversion | null; inputsHash: string };

/**
 * Compares the deserved books with the stored ones and writes the difference. A conversion whose inputs hash is
 * unchanged is left alone, lines included. What loses is written before what gains, because two unique indexes
 * allow one first deposit and one paying CPA per player at any moment.
 */
export async function bookDifferences(
  trx: Db,
  owner: ConversionOwner,
  books: Books,
  stored: readonly StoredConversion[],
  nowMs: number,
): Promise<ChangedConversion[]> {
  const found = findChanges(books, stored);
  if (found.length === 0) return [];
  for (const { before, deserved } of found) {
    if (before?.isFirstDeposit && !deserved.isFirstDeposit) await clearFirstDeposit(trx, before.conversionId);
  }
  const lines = owner.playerId === null ? [] : await loadPlayerLines(trx, owner.playerId);
  const changes = found.map((change) => ({ ...change, deserved: withPayments(change, lines) }));
  const ledger: Ledger = { trx, owner, lines, nowMs, repaid: new Map() };
  await takeBackLines(ledger, changes);
  const changed: ChangedConversion[] = [];
  for (const { deserved, before, inputsHash } of changes) {
    const saved = await saveConversion(trx, owner, before, deserved, inputsHash, nowMs);
    await grantLines(ledger, saved.conversionId, deserved);
    await recordAudit(trx, {
      workspaceId: owner.workspaceId,
      actor: 'settlement',
      action: 'conversion.settled',
      subject: saved.conversionId,
      cause: causeOf(owner, deserved),
      detail: {
        revision: saved.revision,
        status: deserved.status,
        reason: deserved.reason,
        firstDeposit: deserved.isFirstDeposit,
      },
      nowMs,
    });
    changed.push({ ...saved, deserved, repaidPartners: ledger.repaid.get(saved.conversionId) ?? new Set() });
  }
  return changed;
}

function findChanges(books: Books, stored: readonly StoredConversion[]): Change[] {
  const storedByKey = new Map(stored.map((row) => [keyOf(row), row]));
  const deservedKeys = new Set(books.conversions.map(keyOf));
  const withdrawn = stored.filter((row) => !deservedKeys.has(keyOf(row))).map(withdrawnConversion);
  return [...withdrawn, ...books.conversions].flatMap((deserved) => {
    const before = storedByKey.get(keyOf(deserved)) ?? null;
    const inputsHash = createHash('sha256').update(deserved.inputs).digest('hex');
    return before?.inputsHash === inputsHash ? [] : [{ deserved, before, inputsHash }];
  });
}

function keyOf({ kind, transactionKey }: { kind: string; transactionKey: string }): string {
  return `${kind} ${transactionKey}`;
}

/**
 * Approved conversions are `paid` while payouts have paid exactly what their lines say, whatever changed besides; what
 * is raised or lowered waits for the next payout.
 */
function withPayments({ before, deserved }: Change, lines: readonly StoredLine[]): DeservedConversion {
  if (deserved.status !== 'approved' || before === null) return deserved;
  const own = lines.filter((line) => line.conversionId === before.conversionId);
  const standing = own.map(({ paid, ...line }): LinePayment => {
    const kept = deserved.lines.find((d) => d.partnerId === line.partnerId && d.kind === line.kind);
    return { ...(kept ?? { ...line, ...NOTHING }), paid };
  });
  const fresh = deserved.lines.filter(
    (line) => !own.some((stored) => stored.partnerId === line.partnerId && stored.kind === line.kind),
  );
  const isPaid = isPaidInFull([...standing, ...fresh.map((line) => ({ ...line, paid: [] }))]);
  return isPaid ? { ...deserved, status: 'paid' } : deserved;
}

type Ledger = {
  readonly trx: Db;
  readonly owner: ConversionOwner;
  /** The player's lines as they stood before this settlement. */
  readonly lines: readonly StoredLine[];
  readonly nowMs: number;
  readonly repaid: Map<ConversionId, Set<PartnerId>>;
};

/** Sets to zero every line of a changed conversion that it deserves no more. */
async function takeBackLines(ledger: Ledger, changes: readonly Change[]): Promise<void> {
  for (const { before, deserved } of changes) {
    for (const line of ledger.lines) {
      if (line.conversionId !== before?.conversionId || line.amountMinor === 0n) continue;
      const kept = deserved.lines.find((d) => d.partnerId === line.partnerId && d.kind === line.kind);
      if (kept !== undefined && kept.amountMinor > 0n) continue;
      const reason = deserved.reason ?? 'not_first_deposit';
      const nothing = kept ?? { ...line, ...NOTHING, reason };
      await book(ledger, { conversionId: line.conversionId, stored: line, deserved: nothing }, deserved);
    }
  }
}

async function grantLines(
  ledger: Ledger,
  conversionId: ConversionId,
  deserved: DeservedConversion,
): Promise<void> {
  for (const line of deserved.lines) {
    const isSame = (s: StoredLine) =>
      s.conversionId === conversionId && s.partnerId === line.partnerId && s.kind === line.kind;
    const stored = ledger.lines.find(isSame) ?? null;
    // A line that was paying and now deserves zero was taken back above.
    if (stored !== null && stored.amountMinor > 0n && line.amountMinor === 0n) continue;
    await book(ledger, { conversionId, stored, deserved: line }, deserved);
  }
}

/** A line that is deserved no more; what it was computed from stays readable. */
const NOTHING = { amountMinor: 0n, stage: 'approved', holdUntilMs: null } as const;

async function book(
  { trx, owner, nowMs, repaid }: Ledger,
  change: LineChange,
  deserved: DeservedConversion,
): Promise<void> {
  if (owner.playerId === null) throw new Error('only a player’s conversions earn commission');
  const causedBy = causeOf(owner, deserved);
  const hasMoved = await bookLine(trx, { ...owner, playerId: owner.playerId }, change, causedBy, nowMs);
  if (!hasMoved) return;
  const partners = repaid.get(change.conversionId) ?? new Set();
  repaid.set(change.conversionId, partners.add(change.deserved.partnerId));
}
