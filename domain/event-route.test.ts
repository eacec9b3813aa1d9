import fc from 'fast-check';
import { afterJourney, type RouteFacts, routeEvent, WORKFLOW_EVENT_LIMIT } from './event-route';

const NOW = Date.UTC(2026, 2, 31, 12, 0, 0, 123);
const open = { expiresAtMs: NOW, isClosed: false };
const closed = { journey: { ...open, isClosed: true } };
const facts = (changes: Partial<RouteFacts> = {}): RouteFacts => ({
  journey: open,
  hasPlayer: true,
  clickEvents: 1,
  journeyEvents: 1,
  playerUnsettled: 1,
  ...changes,
});

describe('routeEvent', () => {
  it.each([
    ['an open journey', facts(), 'journey'],
    ['an open journey, without a player', facts({ hasPlayer: false }), 'journey'],
    ['the last millisecond of the window', facts({ journey: { ...open, expiresAtMs: NOW } }), 'journey'],
    ['one millisecond after it', facts({ journey: { ...open, expiresAtMs: NOW - 1 } }), 'player'],
    [
      'after the window, without a player',
      facts({ journey: { ...open, expiresAtMs: NOW - 1 }, hasPlayer: false }),
      'event',
    ],
    ['a closed journey', facts({ journey: { expiresAtMs: NOW + 1, isClosed: true } }), 'player'],
    [
      'a closed journey, without a player',
      facts({ journey: { expiresAtMs: NOW + 1, isClosed: true }, hasPlayer: false }),
      'event',
    ],
    ['no click', facts({ journey: null }), 'player'],
    ['neither click nor player', facts({ journey: null, hasPlayer: false }), 'event'],
    ['the last event of a journey', facts({ clickEvents: 200, journeyEvents: 200 }), 'journey'],
    ['one event too many', facts({ clickEvents: 201, journeyEvents: 201 }), 'event'],
    ['one event too many, by its player', facts({ journeyEvents: 201 }), 'event'],
    ['a closed journey that was full', facts({ ...closed, journeyEvents: 201 }), 'player'],
    ['a player with much before him', facts({ ...closed, playerUnsettled: 200 }), 'player'],
    ['a player with too much before him', facts({ ...closed, playerUnsettled: 201 }), 'event'],
    ['no click, and a player with too much', facts({ journey: null, playerUnsettled: 201 }), 'event'],
    [
      'a flood on a closed journey',
      facts({ journey: { ...open, isClosed: true }, clickEvents: 201 }),
      'event',
    ],
  ] as const)('%s', (_name, given, route) => {
    expect(routeEvent(given, NOW)).toBe(route);
  });

  it('has the limit that the state machine names', () => {
    expect(WORKFLOW_EVENT_LIMIT).toBe(200);
  });

  it('sends nothing to a journey that is over, and nothing to a player that there is not', () => {
    const anyFacts = fc.record({
      journey: fc.option(
        fc.record({
          expiresAtMs: fc.integer({ min: NOW - 2, max: NOW + 2 }),
          isClosed: fc.boolean(),
        }),
      ),
      hasPlayer: fc.boolean(),
      clickEvents: fc.integer({ min: 0, max: 400 }),
      journeyEvents: fc.integer({ min: 0, max: 400 }),
      playerUnsettled: fc.integer({ min: 0, max: 400 }),
    });
    fc.assert(
      fc.property(anyFacts, (given) => {
        const route = routeEvent(given, NOW);
        const { journey } = given;
        const isOpen = journey !== null && !journey.isClosed && journey.expiresAtMs >= NOW;
        const isFull = Math.max(given.clickEvents, given.journeyEvents) > WORKFLOW_EVENT_LIMIT;
        expect(route === 'journey').toBe(isOpen && !isFull);
        expect(route === 'player' && !given.hasPlayer).toBe(false);
        expect(route === 'player' && given.playerUnsettled > WORKFLOW_EVENT_LIMIT).toBe(false);
      }),
      { seed: 61, numRuns: 500 },
    );
  });
});

describe('afterJourney', () => {
  it('is the player, or the event alone', () => {
    expect(afterJourney({ hasPlayer: true, playerUnsettled: 1 })).toBe('player');
    expect(afterJourney({ hasPlayer: false, playerUnsettled: 1 })).toBe('event');
  });
});
