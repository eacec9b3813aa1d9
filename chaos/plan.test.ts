import { CATALOG, FAULT_IDS, type FaultId } from './catalog';
import { planOf } from './plan';

const drawn = { faults: null, seconds: 30 };
const seeds = (first: number, count: number) => Array.from({ length: count }, (_, index) => first + index);

describe('the plan of a round', () => {
  it('derives from the seed alone', () => {
    for (const seed of seeds(1, 20)) expect(planOf(seed, drawn)).toEqual(planOf(seed, drawn));
    expect(planOf(1, drawn)).not.toEqual(planOf(2, drawn));
  });

  it.each([1, 100, 4_711])('meets every fault within twenty seeds from %i on', (first) => {
    const met = seeds(first, 20).flatMap((seed) => planOf(seed, drawn).steps.map(({ fault }) => fault));
    expect(new Set(met)).toEqual(new Set(FAULT_IDS));
  });

  it('meets every variant of every fault sooner or later', () => {
    const met = seeds(1, 400).flatMap((seed) => planOf(seed, drawn).steps);
    const missing = FAULT_IDS.flatMap((fault) =>
      CATALOG[fault].variants.filter((variant) => {
        return !met.some((step) => step.fault === fault && step.variant === variant);
      }),
    );
    expect(missing).toEqual([]);
  });

  it('takes exactly the faults that are asked for', () => {
    const plan = planOf(5, { faults: ['F7', 'F1'], seconds: 20 });
    expect(plan.steps.map(({ fault }) => fault).sort()).toEqual(['F1', 'F7']);
    expect(plan.network).toBeNull();
  });

  it('puts a network between the processes only where one is broken', () => {
    expect(planOf(5, { faults: ['F25'], seconds: 20 }).network).not.toBeNull();
  });

  it('holds what is long by its nature as long in a short round', () => {
    const [step] = planOf(5, { faults: ['F26'], seconds: 5 }).steps;
    expect(step?.holdMs).toBeGreaterThanOrEqual(60_000);
  });

  it('makes ready what its faults need, and nothing else', () => {
    const needs = (faults: FaultId[]) => {
      const { hasSmallDisks, hasReleases, network } = planOf(5, { faults, seconds: 20 });
      return [hasSmallDisks, hasReleases, network !== null];
    };
    expect(needs(['F1'])).toEqual([false, false, false]);
    expect(needs(['F10'])).toEqual([true, false, false]);
    expect(needs(['F22'])).toEqual([false, true, false]);
    expect(needs(['F6', 'F10', 'F22'])).toEqual([true, true, true]);
  });

  it.each(seeds(1, 40))('of seed %i stays within its time', (seed) => {
    const { steps } = planOf(seed, drawn);
    // What is long by its nature comes on top.
    const totalMs = steps.reduce((sum, { fault, pauseMs, holdMs }) => {
      return sum + pauseMs + (CATALOG[fault].isLong ? 0 : holdMs);
    }, 0);
    expect(totalMs).toBeLessThan(60_000);
    expect(totalMs).toBeGreaterThan(5_000);
  });
});
