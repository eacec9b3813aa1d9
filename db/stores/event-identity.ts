import { createHash } from 'node:crypto';
import { isToldOnce } from '../../domain/report/public-fact';
import type { NewEvent } from './new-event';

/**
 * What makes two reports the same fact: kind, transaction and, where a transaction passes through several, status.
 * Unambiguous although a transaction may hold colons, because kind and status never do.
 */
export function eventKey(event: Pick<NewEvent, 'kind' | 'transactionKey' | 'status'>): string {
  const status = event.status === null ? '' : `:${event.status}`;
  return `${event.kind}:${event.transactionKey}${status}`;
}

/**
 * SHA-256 of what the sender said, in one canonical order. Left out is what may differ between two deliveries of one
 * fact: when and where from it arrived, the id of the delivery, fields that we do not know, words that only explain,
 * personal data. Of a public report that counts once per click everything is: whatever else a stranger says of it, it is
 * the same report again.
 */
export function eventBodyHash(event: NewEvent): Buffer {
  if (event.trust === 'public' && isToldOnce(event)) return digest([event.kind, event.transactionKey]);
  const { unknownFields: _unknownFields, reason: _reason, ...attributes } = event.attributes;
  const canonical = [
    event.kind,
    event.transactionKey,
    event.status,
    event.refersTo,
    event.clickRef,
    event.playerExternalId,
    event.money === null ? null : `${event.money.amountMinor} ${event.money.currency}`,
    event.occurredAtMs,
    event.isTest,
    Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1)),
    // Only where they are: kinds without them keep the hashes that are stored.
    ...(event.period === undefined ? [] : [event.period.fromMs, event.period.toMs]),
    ...(event.untilMs === undefined ? [] : [event.untilMs]),
  ];
  return digest(canonical);
}

function digest(canonical: readonly unknown[]): Buffer {
  return createHash('sha256').update(JSON.stringify(canonical)).digest();
}
