import { WHOLE_PPM } from '../attribution/credits';
import type { Currency } from '../currencies';
import { formatMinor } from '../money';
import { explainReason } from './explain-reason';
import type { LineBasis, LineKind } from './line';

/** How a line's amount came about, as one sentence for the people who pay by it. */
export function explainLine({
  kind,
  amountMinor,
  currency,
  reason,
  basis,
}: {
  readonly kind: LineKind;
  readonly amountMinor: bigint;
  readonly currency: Currency;
  readonly reason: string;
  readonly basis: LineBasis;
}): string {
  const amount = `${formatMinor(amountMinor, currency)} ${currency}`;
  const of = `${formatMinor(basis.of.amountMinor, basis.of.currency)} ${basis.of.currency}`;
  const share =
    basis.weightPpm === WHOLE_PPM
      ? ''
      : `, of which ${percentText(basis.weightPpm)} % of the credit is the partner’s`;
  if (amountMinor === 0n) return `${amount}: ${explainReason(reason)}.`;
  return `${amount}: ${grantText(kind, of, basis.ratePpm)}${share}.`;
}

function grantText(kind: LineKind, of: string, ratePpm: number | null): string {
  switch (kind) {
    case 'cpa':
      return `${of} for a first deposit`;
    case 'cpl':
      return `${of} for a registration`;
    case 'percent':
      return `${percentText(ratePpm ?? 0)} % of what stands of the deposit, ${of}`;
  }
}

/** Parts per million as percent, without trailing zeros. */
export function percentText(ppm: number): string {
  return String(ppm / 10_000);
}
