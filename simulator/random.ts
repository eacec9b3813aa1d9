/** A seeded source of choices. The same seed gives the same sequence on every machine. */
export type Random = {
  /** An integer from `min` to `max`, both included. */
  int(min: number, max: number): number;
  pick<T>(items: readonly T[]): T;
  /** Picks by weight; at least one weight must be positive. */
  weighted<T>(choices: readonly (readonly [T, number])[]): T;
  /** A new array in another order. */
  shuffle<T>(items: readonly T[]): T[];
  /** Text over `alphabet`, for tokens that only have to look real. */
  text(length: number, alphabet: string): string;
};

/** Mulberry32: 32 bits of state are plenty for test traffic, and integer arithmetic is the same everywhere. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const int = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1));
  const pick = <T>(items: readonly T[]): T => {
    const item = items[int(0, items.length - 1)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  };
  return {
    int,
    pick,
    weighted: (choices) => pickWeighted(choices, next()),
    shuffle: (items) => {
      const rest = [...items];
      const shuffled: typeof rest = [];
      while (rest.length > 0) shuffled.push(...rest.splice(int(0, rest.length - 1), 1));
      return shuffled;
    },
    text: (length, alphabet) => Array.from({ length }, () => pick([...alphabet])).join(''),
  };
}

function pickWeighted<T>(choices: readonly (readonly [T, number])[], fraction: number): T {
  const total = choices.reduce((sum, [, weight]) => sum + weight, 0);
  let left = fraction * total;
  for (const [choice, weight] of choices) {
    left -= weight;
    if (left < 0) return choice;
  }
  throw new Error('weights must be positive');
}
