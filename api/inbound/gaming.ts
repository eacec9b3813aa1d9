import { chargebackBody, depositBody, registrationBody } from '../schemas/event-bodies';
import { readEventBody } from './event-body';
import { type IncomingEvent, toIncomingEvent } from './incoming-event';

export type GamingKind = 'registration' | 'deposit' | 'chargeback';

const SCHEMAS = { registration: registrationBody, deposit: depositBody, chargeback: chargebackBody };
const ALIASES = { isTest: 'test', depositTransactionId: 'depositEventId' };

/** Translates what a casino platform reports. Throws AppError for what does not fit. */
export function translateGaming(kind: GamingKind, body: unknown): IncomingEvent {
  return toIncomingEvent(kind, readEventBody(SCHEMAS[kind], body, ALIASES));
}
