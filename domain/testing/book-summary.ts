import { touchIdOf } from '../attribution/touch';
import type { Books, DeservedConversion } from '../settlement/books';
import { testId } from './facts';

/** One line per conversion: what it is, how it stands and why, and what it pays. Click 1 is not spelt out. */
export function bookSummary(books: Books): string[] {
  return books.conversions.map(({ kind, transactionKey, status, reason, isFirstDeposit, credits, lines }) =>
    [
      `${kind} ${transactionKey}`,
      status,
      ...(reason === null ? [] : [reason]),
      ...(isFirstDeposit ? ['first'] : []),
      ...credits.map(({ touch }) =>
        touchIdOf(touch) === testId('clk', 1) ? 'credited' : `credited ${touchIdOf(touch)}`,
      ),
      ...lines.map(({ amountMinor, currency, reason: why }) => `${amountMinor} ${currency} ${why}`),
    ].join(', '),
  );
}

/** The conversion named "deposit d1"; throws when there is none. */
export function conversionIn(books: Books, name: string): DeservedConversion {
  const found = books.conversions.find(({ kind, transactionKey }) => `${kind} ${transactionKey}` === name);
  if (found === undefined) throw new Error(`no conversion ${name}`);
  return found;
}
