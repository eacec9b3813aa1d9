import { AppError } from '../../domain/errors';
import type { Period } from '../../domain/facts';
import { readRefund } from '../../domain/report/refund';
import { toIso } from '../../domain/time';
import {
  chargebackBody,
  depositBody,
  ngrBody,
  refundBody,
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

export type GamingKind = keyof typeof SCHEMAS | 'ngr' | 'refund';

const ALIASES = { isTest: 'test', depositTransactionId: 'depositEventId' };

/** Translates what a casino platform reports. Throws AppError for what does not fit. */
export function translateGaming(kind: GamingKind, body: unknown): IncomingEvent {
  if (kind === 'ngr') return toIncomingEvent(kind, withEventId(readEventBody(ngrBody, body, ALIASES)));
  if (kind === 'refund') return translateRefund(body);
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

function translateRefund(body: unknown): IncomingEvent {
  const known = readEventBody(refundBody, body, ALIASES);
  const refund = readRefund<EventFields>(known.fields);
  if (!refund.ok) {
    const { path, message } = refund.problem;
    throw new AppError('invalid_request', `${known.spelling(path)} ${message}.`, {
      errors: [{ path: known.spelling(path), message }],
    });
  }
  const { kind, status, fields } = refund;
  return toIncomingEvent(kind, { ...known, fields: { ...fields, status } });
}
