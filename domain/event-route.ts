/** More events than this on one click are no journey of a person: the rest is settled one by one beside it. */
export const JOURNEY_EVENT_LIMIT = 200;

/** What decides where an accepted event goes; read from Postgres, never from Temporal. */
export type RouteFacts = {
  /** The click's journey, if the event belongs to a click; `isClosed` once the first deposit was settled. */
  readonly journey: { readonly expiresAtMs: number; readonly isClosed: boolean } | null;
  readonly hasPlayer: boolean;
  readonly clickEvents: number;
};

export type Route = 'journey' | 'player' | 'event';

/**
 * Before the end of the window, and while the journey has not closed, an event belongs to the click's journey;
 * after that to the player, and without a player to a workflow of its own. A flood takes the last way too, so that
 * one click cannot grow a history without end.
 */
export function routeEvent(facts: RouteFacts, nowMs: number): Route {
  if (facts.journey === null) return afterJourney(facts);
  if (facts.clickEvents > JOURNEY_EVENT_LIMIT) return 'event';
  if (facts.journey.isClosed || nowMs > facts.journey.expiresAtMs) return afterJourney(facts);
  return 'journey';
}

/** Where an event goes when its journey turns out to be over. */
export function afterJourney(facts: Pick<RouteFacts, 'hasPlayer'>): Route {
  return facts.hasPlayer ? 'player' : 'event';
}
