import { journalEntries, type LedgerEntry } from '../commission/journal';
import type { DeservedLine } from '../commission/line';
import type { Books, DeservedConversion } from '../settlement/books';

/**
 * What the database keeps of a player's books, in memory: conversions that are replaced only when their inputs
 * changed, lines that hold the amount now deserved, and a ledger to which differences are appended.
 */
export class StoredBooks {
  private readonly conversions = new Map<string, DeservedConversion>();
  private readonly lines = new Map<string, DeservedLine>();
  readonly journals: (readonly LedgerEntry[])[] = [];

  /** Writes the difference between these books and the stored ones; tells how many conversions changed. */
  write(books: Books): number {
    const changes = books.conversions.filter(
      (conversion) => this.conversions.get(conversionKey(conversion))?.inputs !== conversion.inputs,
    );
    for (const deserved of changes) {
      const key = conversionKey(deserved);
      const lineKeys = new Set(deserved.lines.map((line) => lineKey(key, line)));
      for (const [stored, line] of this.lines) {
        if (stored.startsWith(`${key}/`) && !lineKeys.has(stored))
          this.book(stored, { ...line, amountMinor: 0n });
      }
      for (const line of deserved.lines) this.book(lineKey(key, line), line);
      this.conversions.set(key, deserved);
    }
    return changes.length;
  }

  get storedConversions(): readonly DeservedConversion[] {
    return [...this.conversions.values()];
  }

  /** Balances per account and currency that are not zero. */
  get balances(): Record<string, bigint> {
    return balancesOf(this.journals.flat());
  }

  private book(key: string, deserved: DeservedLine): void {
    const entries = journalEntries(this.lines.get(key) ?? null, deserved);
    if (entries.length > 0) this.journals.push(entries);
    this.lines.set(key, deserved);
  }
}

/** The balances that the books deserve, were they booked at once. */
export function deservedBalances(books: Books): Record<string, bigint> {
  const lines = books.conversions.flatMap((conversion) => conversion.lines);
  return balancesOf(lines.flatMap((line) => journalEntries(null, line)));
}

/** Text that is equal for equal values; bigints keep their type in it. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part));
}

function conversionKey(conversion: DeservedConversion): string {
  return `${conversion.kind} ${conversion.transactionKey}`;
}

function lineKey(conversion: string, line: DeservedLine): string {
  return `${conversion}/${line.partnerId} ${line.kind}`;
}

function balancesOf(entries: readonly LedgerEntry[]): Record<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const { account, currency, amountMinor } of entries) {
    const key = `${account} ${currency}`;
    sums.set(key, (sums.get(key) ?? 0n) + amountMinor);
  }
  return Object.fromEntries([...sums].filter(([, sum]) => sum !== 0n));
}
