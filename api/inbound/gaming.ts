import type { Period } from '../../domain/facts';
import { toIso } from '../../domain/time';
import {
  chargebackBody,
  depositBody,
  ngrBody,
  registrationBody,
  selfExclusionBody,
  withdrawalBody,
} from '../schemas/event-bodies';
import { type KnownFields, readEventBody } from './event-body';
import { type EventFields, type IncomingEvent, toIncomingEvent } from './incoming-event';

const SCHEMAS = {
  registration: registrationBody,
  deposit: depositBody,
  withdrawal: withdrawalBody,
  chargeback: chargebackBody,
  self_exclusion: selfExclusionBody,
};

export type GamingKind = keyof typeof SCHEMAS | 'ngr';

const ALIASES = { isTest: 'test', depositTransactionId: 'depositEventId' };

/** Translates what a casino platform reports. Throws AppError for what does not fit. */
export function translateGaming(kind: GamingKind, body: unknown): IncomingEvent {
  if (kind === 'ngr') return toIncomingEvent(kind, withEventId(readEventBody(ngrBody, body, ALIASES)));
  return toIncomingEvent(kind, readEventBody<EventFields>(SCHEMAS[kind], body, ALIASES));
}

type NgrFields = Omit<EventFields, 'eventId'> & {
  readonly eventId?: string | null | undefined;
  readonly period: Period;
};

/** A platform restates a period by reporting it again; what tells the reports apart is their time. */
function withEventId(known: KnownFields<NgrFields>): KnownFields<EventFields> {
  const { eventId, playerId, period, currency, occurredAt } = known.fields;
  const made = [playerId, toIso(period.fromMs), toIso(period.toMs), currency, toIso(occurredAt ?? 0)];
  return { ...known, fields: { ...known.fields, eventId: eventId ?? made.join(' ') } };
}
