import fc from 'fast-check';
import { OUTCOMES } from './fraud/verdict';
import { JOURNEY_STAGES, type JourneyFacts, journeyStage } from './journey-stage';

const END = Date.UTC(2026, 2, 31, 12, 0, 0, 123);
const facts = (changes: Partial<JourneyFacts> = {}): JourneyFacts => ({
  clickOutcome: 'allow',
  installed: false,
  registered: false,
  converted: false,
  expiresAtMs: END,
  ...changes,
});

describe('journeyStage', () => {
  it.each([
    ['a click alone', {}, END, 'waiting'],
    ['an install', { installed: true }, END, 'installed'],
    ['a registration', { registered: true }, END, 'registered'],
    ['install and registration', { installed: true, registered: true }, END, 'registered'],
    ['a first deposit', { registered: true, converted: true }, END, 'converted'],
    ['a first deposit, nothing known before it', { converted: true }, END, 'converted'],
    ['the last millisecond', {}, END, 'waiting'],
    ['one millisecond later', {}, END + 1, 'expired'],
    ['an install that led nowhere', { installed: true }, END + 1, 'expired'],
    ['a registration that led nowhere', { registered: true }, END + 1, 'expired'],
    ['a first deposit, before and after the end', { converted: true }, END + 1, 'converted'],
    ['a review holds nothing', { clickOutcome: 'review', registered: true }, END, 'registered'],
    ['a review may expire', { clickOutcome: 'review' }, END + 1, 'expired'],
    ['a block', { clickOutcome: 'block' }, END, 'blocked'],
    ['a block outranks a deposit', { clickOutcome: 'block', converted: true }, END, 'blocked'],
    ['a block outranks the end', { clickOutcome: 'block' }, END + 1, 'blocked'],
  ] as const)('%s', (_name, changes, nowMs, stage) => {
    expect(journeyStage(facts(changes), nowMs)).toBe(stage);
  });
});

describe('journeyStage, whatever the facts', () => {
  // The end of the window stands between registration and deposit: it may be overtaken by a deposit only.
  const order = ['waiting', 'installed', 'registered', 'expired', 'converted', 'blocked'];
  const anyFacts = fc.record({
    clickOutcome: fc.constantFrom(...OUTCOMES),
    installed: fc.boolean(),
    registered: fc.boolean(),
    converted: fc.boolean(),
    expiresAtMs: fc.constant(END),
  });
  const anyTime = fc.integer({ min: END - 2, max: END + 2 });

  it('is one of its states', () => {
    expect([...order].sort()).toEqual([...JOURNEY_STAGES].sort());
    fc.assert(
      fc.property(anyFacts, anyTime, (given, nowMs) => {
        expect(JOURNEY_STAGES).toContain(journeyStage(given, nowMs));
      }),
      { seed: 62, numRuns: 300 },
    );
  });

  it('never moves back when facts or time are added', () => {
    fc.assert(
      fc.property(anyFacts, anyFacts, anyTime, fc.nat(3), (before, added, nowMs, laterMs) => {
        const after: JourneyFacts = {
          clickOutcome: added.clickOutcome === 'block' ? 'block' : before.clickOutcome,
          installed: before.installed || added.installed,
          registered: before.registered || added.registered,
          converted: before.converted || added.converted,
          expiresAtMs: END,
        };
        const from = order.indexOf(journeyStage(before, nowMs));
        expect(order.indexOf(journeyStage(after, nowMs + laterMs))).toBeGreaterThanOrEqual(from);
      }),
      { seed: 63, numRuns: 1_000 },
    );
  });

  it('knows no expired journey before its end, and no open one after it', () => {
    fc.assert(
      fc.property(anyFacts, anyTime, (given, nowMs) => {
        const stage = journeyStage(given, nowMs);
        const isOver = nowMs > END;
        expect(stage === 'expired' && !isOver).toBe(false);
        expect(['waiting', 'installed', 'registered'].includes(stage) && isOver).toBe(false);
      }),
      { seed: 64, numRuns: 300 },
    );
  });
});
