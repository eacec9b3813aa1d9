import type { Touch } from '../facts';
import { allocate, type Money } from '../money';
import type { Share } from './attribute';

/** Weights are parts per million, so that those of one conversion can add up to exactly one. */
export const WHOLE_PPM = 1_000_000;

export type Credit = {
  readonly touch: Touch;
  readonly weightPpm: number;
  readonly amountMinor: bigint | null;
};

/**
 * Shares a conversion among touches by integer weights: the credits add up to exactly 1 and their amounts to
 * exactly the value, each by largest remainder over the exact weights. Ties go to the earlier touch. A touch of less
 * than a millionth gets neither.
 */
export function shareCredit(shares: readonly Share[], value: Money | null): readonly Credit[] {
  if (shares.every(({ weight }) => weight === 0n)) return [];
  const ppm = allocate(BigInt(WHOLE_PPM), weightsIn(shares));
  const counting = shares.flatMap((share, index) => {
    const weightPpm = Number(ppm[index]);
    return weightPpm === 0 ? [] : [{ ...share, weightPpm }];
  });
  const amounts = value === null ? null : allocate(value.amountMinor, weightsIn(counting));
  return counting.map(({ touch, weightPpm }, index) => ({
    touch,
    weightPpm,
    amountMinor: amounts?.[index] ?? null,
  }));
}

function weightsIn(shares: readonly Share[]): bigint[] {
  return shares.map(({ weight }) => weight);
}
