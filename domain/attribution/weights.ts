import { DAY_MS } from '../time';
import type { AttributionModel } from './models';

/** What a model must know of a touch to weigh it. */
export type Weighable = { readonly ageMs: number; readonly isDirect: boolean };

/** Weights of time decay are fixed-point numbers with this many binary places, exact at whole half-lives. */
const DECAY_BITS = 40;

/**
 * How a model weighs the touches of a path, oldest first: integers in the proportions of the shares, at least one of
 * them above zero. An empty path has no weights.
 *
 *   last_touch, first_touch   the whole to one end
 *   last_non_direct           the whole to the last that somebody sent; to the last when nobody sent any
 *   linear                    equal parts
 *   position_based            40 % to either end, 20 % to all between; of two, half each; of one, the whole
 *   time_decay                2^(-age / half-life); ages of 0, 7, 14 and 28 days at 7 days: 16, 8, 4 and 1 of 29
 */
export function weightsOf(
  model: AttributionModel,
  path: readonly Weighable[],
  halfLifeDays: number,
): readonly bigint[] {
  const last = path.length - 1;
  switch (model) {
    case 'last_touch':
      return path.map((_, index) => (index === last ? 1n : 0n));
    case 'first_touch':
      return path.map((_, index) => (index === 0 ? 1n : 0n));
    case 'last_non_direct': {
      const sent = path.findLastIndex(({ isDirect }) => !isDirect);
      return path.map((_, index) => (index === (sent === -1 ? last : sent) ? 1n : 0n));
    }
    case 'linear':
      return path.map(() => 1n);
    case 'position_based':
      return path.map((_, index) => positionWeight(index, path.length));
    case 'time_decay':
      return path.map(({ ageMs }) => decayWeight(ageMs, halfLifeDays * DAY_MS));
  }
}

/** Of n touches either end has 2(n-2) parts of 5(n-2), and each between has one. */
function positionWeight(index: number, count: number): bigint {
  if (count <= 2) return 1n;
  return index === 0 || index === count - 1 ? BigInt(2 * (count - 2)) : 1n;
}

/**
 * Whole half-lives halve exactly; only the rest of an age goes through a floating-point power, whose last bits are
 * cut off. An age below zero, which a whole-second time can give, counts as none.
 */
function decayWeight(ageMs: number, halfLifeMs: number): bigint {
  const age = Math.max(0, ageMs);
  const halvings = Math.floor(age / halfLifeMs);
  const rest = 2 ** -((age % halfLifeMs) / halfLifeMs);
  const weight = BigInt(Math.round(rest * 2 ** DECAY_BITS)) >> BigInt(halvings);
  return weight === 0n ? 1n : weight;
}
