import type { Touch } from '../facts';
import { allocate, type Money } from '../money';

/** Weights are parts per million, so that those of one conversion can add up to exactly one. */
export const WHOLE_PPM = 1_000_000;

export type Credit = {
  readonly touch: Touch;
  readonly weightPpm: number;
  readonly amountMinor: bigint | null;
};

/**
 * Shares a conversion among touches by integer weights: the credits add up to exactly 1 and their amounts to
 * exactly the value, by largest remainder. Touches of no weight, or of less than a millionth, get no credit.
 */
export function shareCredit(
  shares: readonly { touch: Touch; weight: bigint }[],
  value: Money | null,
): readonly Credit[] {
  if (shares.every(({ weight }) => weight === 0n)) return [];
  const weights = allocate(
    BigInt(WHOLE_PPM),
    shares.map(({ weight }) => weight),
  );
  const amounts = value === null ? null : allocate(value.amountMinor, weights);
  return shares
    .map(({ touch }, index) => ({
      touch,
      weightPpm: Number(weights[index]),
      amountMinor: amounts?.[index] ?? null,
    }))
    .filter(({ weightPpm }) => weightPpm > 0);
}
