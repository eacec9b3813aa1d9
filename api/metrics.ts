import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** The API's own registry, so that two apps in one process (as in tests) never share a number. */
export type ApiMetrics = {
  readonly registry: Registry;
  /** Labels: method, route (its pattern, never the raw path), status. Seconds. */
  readonly httpDuration: Histogram<'method' | 'route' | 'status'>;
  /** Clicks by outcome: recorded, untracked, unknown_campaign, paused, refused. */
  readonly clicks: Counter<'outcome'>;
  /** Impressions by outcome: recorded, unknown_campaign, paused, refused. */
  readonly impressions: Counter<'outcome'>;
  /** Event requests by outcome: accepted, duplicate, quarantined, ignored, conflict, refused, unavailable. */
  readonly events: Counter<'outcome'>;
  readonly backlog: {
    readonly outboxDepth: Gauge<'kind'>;
    readonly outboxOldestSeconds: Gauge;
    readonly eventsUnhandled: Gauge;
    readonly quarantineWaiting: Gauge;
    readonly reviewsWaiting: Gauge;
    readonly postbacksPending: Gauge;
    readonly postbacksDead: Gauge;
    readonly destinationsFailing: Gauge<'state'>;
  };
};

/** Creates the registry. `processMetrics` adds memory, CPU and event loop, which only a real process wants. */
export function createApiMetrics(options: { processMetrics?: boolean } = {}): ApiMetrics {
  const registry = new Registry();
  if (options.processMetrics === true) collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string): Gauge => new Gauge({ name, help, registers: [registry] });
  return {
    registry,
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
    backlog: {
      outboxDepth: new Gauge({
        name: 'clickchain_outbox_depth',
        help: 'Outbox rows that still have to reach Temporal.',
        labelNames: ['kind'],
        registers: [registry],
      }),
      outboxOldestSeconds: gauge(
        'clickchain_outbox_oldest_seconds',
        'Age of the outbox row that is due longest.',
      ),
      eventsUnhandled: gauge(
        'clickchain_events_unhandled',
        'Events that wait for settlement, quarantine left out.',
      ),
      quarantineWaiting: gauge(
        'clickchain_quarantine_waiting',
        'Events that wait for their click or player.',
      ),
      reviewsWaiting: gauge('clickchain_reviews_waiting', 'Conversions that wait for a person.'),
      postbacksPending: gauge(
        'clickchain_postbacks_pending',
        'Postbacks that are neither delivered nor dead.',
      ),
      postbacksDead: gauge('clickchain_postbacks_dead', 'Dead letters that wait for a replay.'),
      destinationsFailing: new Gauge({
        name: 'clickchain_destinations_failing',
        help: 'Destinations that were warned about and still fail, and disabled ones.',
        labelNames: ['state'],
        registers: [registry],
      }),
    },
  };
}
