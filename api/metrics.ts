import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { scrapeAll } from './cluster-metrics';

/** The API's own registry, so that two apps in one process (as in tests) never share a number. */
export type ApiMetrics = {
  readonly registry: Registry;
  /** What Prometheus is told: of this process, or of all its siblings, each with its number as label `process`. */
  exposition(): Promise<string>;
  /** Labels: method, route (its pattern, never the raw path), status. Seconds. */
  readonly httpDuration: Histogram<'method' | 'route' | 'status'>;
  /** Clicks by outcome: recorded, untracked, unknown_campaign, paused, refused. */
  readonly clicks: Counter<'outcome'>;
  /** Impressions by outcome: recorded, unknown_campaign, paused, refused. */
  readonly impressions: Counter<'outcome'>;
  /** Event requests by outcome: accepted, duplicate, quarantined, ignored, conflict, refused, unavailable. */
  readonly events: Counter<'outcome'>;
  /** Requests that were refused unseen or uncounted, by what refused them. */
  readonly refusals: Counter<'reason'>;
  /** Requests beside clicks, impressions and pixels that are being worked on. */
  readonly inFlight: Gauge;
  readonly backlog: {
    readonly outboxDepth: Gauge<'lane' | 'kind'>;
    readonly outboxOldestSeconds: Gauge<'lane'>;
    readonly outboxParked: Gauge;
    readonly eventsUnhandled: Gauge;
    readonly quarantineWaiting: Gauge;
    readonly quarantineExpired: Gauge;
    readonly reviewsWaiting: Gauge;
    readonly postbacksPending: Gauge;
    readonly postbacksHeld: Gauge;
    readonly postbacksDead: Gauge;
    readonly destinationsFailing: Gauge<'state'>;
    readonly housekeepingAge: Gauge<'part'>;
    readonly housekeepingLate: Gauge<'part'>;
  };
};

/**
 * Creates the registry. `processMetrics` adds memory, CPU and event loop, which only a real process wants. `slot` is the
 * number of this process among several under one supervisor.
 */
export function createApiMetrics(
  options: { readonly processMetrics?: boolean; readonly slot?: number | null } = {},
): ApiMetrics {
  const { slot = null } = options;
  const registry = new Registry();
  if (options.processMetrics === true) collectDefaultMetrics({ register: registry });
  // A counter that were summed over processes would fall when one of them ends, and look like a burst when it is back.
  if (slot !== null) registry.setDefaultLabels({ process: String(slot) });
  const backlog = slot === null ? registry : new Registry();
  return {
    registry,
    exposition: expositionOf(registry, backlog),
    ...requestMetrics(registry),
    backlog: backlogMetrics(backlog),
  };
}

/** What backlogs there are is read from Postgres by the process that is scraped, so it is told once and without label. */
function expositionOf(registry: Registry, backlog: Registry): () => Promise<string> {
  if (backlog === registry) return () => registry.metrics();
  const ofAll = scrapeAll(registry);
  return async () => `${await ofAll()}\n${await backlog.metrics()}`;
}

function requestMetrics(registry: Registry) {
  return {
    httpDuration: new Histogram({
      name: 'clickchain_http_request_duration_seconds',
      help: 'Time from the request line to the last byte of the answer.',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5],
      registers: [registry],
    }),
    clicks: new Counter({
      name: 'clickchain_clicks_total',
      help: 'Clicks by outcome.',
      labelNames: ['outcome'],
      registers: [registry],
    }),
    impressions: new Counter({
      name: 'clickchain_impressions_total',
      help: 'Impressions by outcome.',
      labelNames: ['outcome'],
      registers: [registry],
    }),
    events: new Counter({
      name: 'clickchain_events_total',
      help: 'Reported events by outcome.',
      labelNames: ['outcome'],
      registers: [registry],
    }),
    refusals: new Counter({
      name: 'clickchain_refused_requests_total',
      help: 'Requests refused by a limit: address, key, auth_failures, clicks_per_second, event_loop, in_flight, workspace_reads, reads.',
      labelNames: ['reason'],
      registers: [registry],
    }),
    inFlight: new Gauge({
      name: 'clickchain_requests_in_flight',
      help: 'Requests that are being worked on, hot paths left out.',
      registers: [registry],
    }),
  };
}

function backlogMetrics(registry: Registry): ApiMetrics['backlog'] {
  const registers = [registry];
  const gauge = (name: string, help: string): Gauge => new Gauge({ name, help, registers });
  return {
    outboxDepth: new Gauge({
      name: 'clickchain_outbox_depth',
      help: 'Outbox rows that still have to reach Temporal, up to 100,000 of each lane.',
      labelNames: ['lane', 'kind'],
      registers,
    }),
    outboxOldestSeconds: new Gauge({
      name: 'clickchain_outbox_oldest_seconds',
      help: 'Age of the outbox row that is due longest, by lane.',
      labelNames: ['lane'],
      registers,
    }),
    outboxParked: gauge(
      'clickchain_outbox_parked',
      'Outbox rows that failed too often and wait for somebody to look.',
    ),
    eventsUnhandled: gauge(
      'clickchain_events_unhandled',
      'Events that wait for settlement, quarantine left out.',
    ),
    quarantineWaiting: gauge('clickchain_quarantine_waiting', 'Events that wait for their click or player.'),
    quarantineExpired: gauge(
      'clickchain_quarantine_expired',
      'Events that have waited for it until their end.',
    ),
    reviewsWaiting: gauge('clickchain_reviews_waiting', 'Conversions that wait for a person.'),
    postbacksPending: gauge(
      'clickchain_postbacks_pending',
      'Postbacks that are neither delivered nor dead nor held.',
    ),
    postbacksHeld: gauge('clickchain_postbacks_held', 'Postbacks that are kept for paused destinations.'),
    postbacksDead: gauge('clickchain_postbacks_dead', 'Dead letters that wait for a replay.'),
    destinationsFailing: new Gauge({
      name: 'clickchain_destinations_failing',
      help: 'Destinations that were warned about and still fail, and disabled ones.',
      labelNames: ['state'],
      registers,
    }),
    housekeepingAge: new Gauge({
      name: 'clickchain_housekeeping_age_seconds',
      help: 'Time since a part of the housekeeping succeeded last, by whichever worker.',
      labelNames: ['part'],
      registers,
    }),
    housekeepingLate: new Gauge({
      name: 'clickchain_housekeeping_late',
      help: '1 while a part of the housekeeping has not succeeded for more of its turns than it may miss.',
      labelNames: ['part'],
      registers,
    }),
  };
}
