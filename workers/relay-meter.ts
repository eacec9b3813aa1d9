import type { MetricMeter } from '@temporalio/common';
import type { OutboxKind } from '../db/stores/outbox-store';

/** What a relay counts of its own work; what waits is read from Postgres, by the API's metrics. */
export type RelayMeter = {
  /** Calls to Temporal for rows of a kind. Starts of journeys are those of kind `click`. */
  called(kind: OutboxKind, calls: number): void;
  parked(kind: OutboxKind): void;
};

/** As Prometheus shows them. */
export const RELAY_COUNTERS = {
  calls: 'clickchain_relay_calls_total',
  parked: 'clickchain_relay_parked_total',
} as const;

/** Counts beside the SDK's own metrics, on the worker's port. */
export function createRelayMeter(meter: MetricMeter): RelayMeter {
  const calls = meter.createCounter(RELAY_COUNTERS.calls, undefined, 'Outbox rows given to Temporal.');
  const parked = meter.createCounter(RELAY_COUNTERS.parked, undefined, 'Outbox rows given up.');
  return {
    called: (kind, number) => calls.add(number, { kind }),
    parked: (kind) => parked.add(1, { kind }),
  };
}
