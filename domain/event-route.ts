/**
 * More events than this of one click are no journey of a person, and more at once than a player's workflow should have
 * before it: the rest is settled one by one beside it. Temporal ends a workflow whose history has grown too long, and
 * takes no more than 10,000 signals for one run.
 */
export const WORKFLOW_EVENT_LIMIT = 200;

/** What decides where an accepted event goes; read from Postgres, never from Temporal. */
export type RouteFacts = {
  /** The click's journey, if the event belongs to a click; `isClosed` once the first deposit was settled. */
  readonly journey: { readonly expiresAtMs: number; readonly isClosed: boolean } | null;
  readonly hasPlayer: boolean;
  /** Events that name the click. */
  readonly clickEvents: number;
  /** All that belong to the click's journey: those that name it, and those that name only a player whom it brought. */
  readonly journeyEvents: number;
  /** Events of the player that are not settled: so many his workflow may have before it. */
  readonly playerUnsettled: number;
};

export type Route = 'journey' | 'player' | 'event';

/**
 * Before the end of the window, and while the journey has not closed, an event belongs to the click's journey;
 * after that to the player, and without a player to a workflow of its own. A flood takes the last way too, whether its
 * events name the click or only the player, so that no workflow can grow a history without end.
 */
export function routeEvent(facts: RouteFacts, nowMs: number): Route {
  if (facts.journey === null) return afterJourney(facts);
  if (facts.clickEvents > WORKFLOW_EVENT_LIMIT) return 'event';
  if (facts.journey.isClosed || nowMs > facts.journey.expiresAtMs) return afterJourney(facts);
  return facts.journeyEvents > WORKFLOW_EVENT_LIMIT ? 'event' : 'journey';
}

/** Where an event goes when its journey turns out to be over. */
export function afterJourney(facts: Pick<RouteFacts, 'hasPlayer' | 'playerUnsettled'>): Route {
  return facts.hasPlayer && facts.playerUnsettled <= WORKFLOW_EVENT_LIMIT ? 'player' : 'event';
}
