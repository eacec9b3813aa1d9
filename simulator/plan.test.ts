import fc from 'fast-check';
import { createPlan, type Plan, type PlannedClick } from './plan';
import { SHAPES } from './script';

const plan = createPlan({ clicks: 200, seed: 7 });
const refusalsOf = (made: Plan) => made.clicks.flatMap(({ refusals }) => refusals);
const countBy = (test: (click: PlannedClick) => boolean) => plan.clicks.filter(test).length;

describe('a plan', () => {
  it('is the same for the same seed and number of clicks, and another one for another seed', () => {
    expect(createPlan({ clicks: 200, seed: 7 })).toEqual(plan);
    expect(createPlan({ clicks: 200, seed: 8 })).not.toEqual(plan);
  });

  it.each(SHAPES)('holds %s clicks for 200 clicks and seed 7', (shape) => {
    expect(countBy((click) => click.shape === shape)).toBeGreaterThan(0);
  });

  it('ends with waiting, registered and converted journeys', () => {
    expect(countBy(({ expected }) => expected.stage === 'waiting')).toBeGreaterThan(50);
    expect(countBy(({ expected }) => expected.stage === 'registered')).toBeGreaterThan(20);
    expect(countBy(({ expected }) => expected.stage === 'converted')).toBeGreaterThan(40);
  });

  it.each(['twice', 'five_at_once', 'contradicted'])('sends some events %s', (repetition) => {
    expect(countBy(({ events }) => events.some((event) => event.repetition === repetition))).toBeGreaterThan(
      1,
    );
  });

  it.each(['keyed', 'signed', 'snake_case', 'track'])('reports some events %s', (channel) => {
    expect(countBy(({ events }) => events.some((event) => event.channel === channel))).toBeGreaterThan(1);
  });

  it('races an event that arrives before its player', () => {
    const early = plan.clicks
      .flatMap(({ events }) => events)
      .filter(({ expect: wanted }) => wanted === 'quarantined');
    expect(early.map(({ repetition }) => repetition)).toContain('five_at_once');
  });

  it('refuses some postbacks for good and turns others away once', () => {
    const statuses = refusalsOf(plan).map((r) =>
      r.treatment === 'refuse' ? r.status : `once ${r.destination}`,
    );
    expect(new Set(statuses)).toEqual(new Set([400, 404, 'once partner_url', 'once webhook']));
  });

  it('has bots, clients without a name, double clicks, two currencies and ad platform ids', () => {
    expect(countBy(({ client }) => client === 'bot')).toBeGreaterThan(0);
    expect(countBy(({ client, userAgent }) => client === 'empty' && userAgent === '')).toBeGreaterThan(0);
    expect(countBy(({ repeats }) => repeats !== null)).toBeGreaterThan(0);
    expect(countBy(({ query }) => 'gclid' in query)).toBeGreaterThan(0);
    expect(countBy(({ query }) => 'fbclid' in query)).toBeGreaterThan(0);
    const currencies = plan.clicks.flatMap(({ events }) =>
      events.flatMap(({ money }) => money?.currency ?? []),
    );
    expect(new Set(currencies)).toEqual(new Set(['EUR', 'USD']));
    expect(new Set(plan.clicks.map(({ partner }) => partner))).toEqual(new Set(['alpha', 'beta']));
  });

  it('puts a double click on the same campaign, right after the first', () => {
    const pairs = plan.visitors.filter(({ length }) => length > 1);
    expect(pairs.length).toBeGreaterThan(0);
    for (const [first, second] of pairs) {
      expect(second).toMatchObject({
        campaign: first?.campaign,
        partner: first?.partner,
        repeats: first?.label,
      });
    }
  });

  it('for any seed and size: every click once, every label unique, events dated after the click, refusals on plain clicks', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 0, max: 1_000_000 }),
        (clicks, seed) => {
          const made = createPlan({ clicks, seed });
          expect(made.clicks).toHaveLength(clicks);
          expect(made.visitors.flat()).toHaveLength(clicks);
          expect(new Set(made.clicks.map(({ label }) => label)).size).toBe(clicks);
          for (const click of made.clicks) {
            expect(
              click.events.every(({ occursAfterMs }) => occursAfterMs > 0 && occursAfterMs < 60_000),
            ).toBe(true);
            expect(click.refusals.length === 0 || click.expected.reversed === 0).toBe(true);
          }
        },
      ),
      { numRuns: 50 },
    );
  });
});
