import type { RetentionKind } from '../domain/housekeeping/parts';
import { DAY_MS, MINUTE_MS } from '../domain/time';
import type { DayTable } from './partitions';

/** Personal data as it came in: addresses, user agents, bodies. */
const RAW_KEPT_DAYS = 30;

/** Each is a part of the housekeeping, so that nobody has to notice by himself that rows stay. */
type KeptTable = Exclude<RetentionKind, 'secrets'>;

/** From five minutes before its time to five minutes after it a signature can be sent; afterwards nobody takes it. */
export const SIGNED_MESSAGE_KEPT_MS = 10 * MINUTE_MS;

/** How the age of a row is told, and how rows go that are too old. */
type Expiry =
  /** By the v7 key; whole days are dropped, so a row lives up to a day longer. */
  | { readonly by: 'day'; readonly table: DayTable; readonly column: string }
  /** By the v7 key, row by row. */
  | { readonly by: 'key'; readonly table: KeptTable; readonly column: string }
  /** By a time of its own, row by row. */
  | { readonly by: 'time'; readonly table: KeptTable; readonly column: string };

export type Retention = Expiry & { readonly holds: string; readonly keptMs: number };

/**
 * Everything that is kept only for a time. What is not named here stays: facts hold pseudonymous ids and are what the
 * ledger was booked from, receipts (`inbox`) are how a repeated event is known, and rollups hold nobody.
 */
export const RETENTION: readonly Retention[] = [
  {
    ...{ by: 'day', table: 'click_raw', column: 'click_id', keptMs: RAW_KEPT_DAYS * DAY_MS },
    holds: 'IP address, user agent, referrer and query of a click',
  },
  {
    ...{ by: 'day', table: 'impression_raw', column: 'impression_id', keptMs: RAW_KEPT_DAYS * DAY_MS },
    holds: 'IP address, user agent, referrer and query of an impression',
  },
  {
    ...{ by: 'key', table: 'event_raw', column: 'event_id', keptMs: RAW_KEPT_DAYS * DAY_MS },
    holds: 'body, IP address and user agent of an event',
  },
  {
    ...{ by: 'key', table: 'unmapped_report_raw', column: 'report_id', keptMs: RAW_KEPT_DAYS * DAY_MS },
    holds: 'body, IP address and user agent of a report with an unknown word',
  },
  // Longer than any relay is away without somebody noticing; what is screened later than this is counted alone.
  {
    ...{ by: 'time', table: 'velocity_hits', column: 'minute_at', keptMs: DAY_MS },
    holds: 'salted hashes of addresses and user agents, counted for fraud rules',
  },
  {
    ...{ by: 'time', table: 'idempotency_keys', column: 'created_at', keptMs: DAY_MS },
    holds: 'answers to requests with an Idempotency-Key',
  },
  {
    ...{ by: 'time', table: 'signed_messages', column: 'used_at', keptMs: SIGNED_MESSAGE_KEPT_MS },
    holds: 'hashes of the ids of signed messages, with the path on which they came',
  },
];
