import type { NewEvent } from '../../db/stores/new-event';
import { parseMoney } from '../../domain/money';
import type { WorkspaceFixture } from './insert-workspace';

/** A deposit of 50.00 EUR by player P1 that names no click; everything can be given otherwise. */
export function newEvent(
  sender: WorkspaceFixture,
  given: Partial<NewEvent> & { senderEventId: string },
): NewEvent {
  const kind = given.kind ?? 'deposit';
  const money = parseMoney('50.00', 'EUR');
  const paid = kind === 'deposit' || kind === 'withdrawal' || kind === 'chargeback';
  return {
    ...sender,
    trust: 'keyed',
    kind,
    transactionKey: given.transactionKey ?? given.senderEventId,
    status: kind === 'deposit' || kind === 'withdrawal' ? 'confirmed' : null,
    refersTo: kind === 'chargeback' ? 'D1' : null,
    clickRef: null,
    playerExternalId: kind === 'install' ? null : 'P1',
    money: paid && money.ok ? money.money : null,
    occurredAtMs: null,
    attributes: { unknownFields: 0 },
    isTest: false,
    raw: { body: { eventId: given.senderEventId }, ip: null, userAgent: null },
    ...given,
  };
}
