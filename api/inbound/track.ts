import { AppError } from '../../domain/errors';
import type { EventKind } from '../../domain/facts';
import { TRACK_TYPES, trackBody } from '../schemas/event-bodies';
import { readEventBody } from './event-body';
import { type IncomingEvent, toIncomingEvent } from './incoming-event';

const ALIASES = { isTest: 'test', conversionType: 'type' };

/** Translates a generic conversion. Throws AppError for what does not fit, or names neither click nor player. */
export function translateTrack(body: unknown): IncomingEvent {
  const known = readEventBody(trackBody, body, ALIASES);
  const kind = TRACK_TYPES[known.fields.type];
  refuseWithout(kind, known.fields);
  return toIncomingEvent(kind, known);
}

function refuseWithout(
  kind: EventKind,
  fields: { clickId?: string | null | undefined; playerId?: string | null | undefined },
): void {
  const hasClick = typeof fields.clickId === 'string';
  const hasPlayer = typeof fields.playerId === 'string';
  if (kind === 'install') {
    if (!hasClick) throw missing('clickId', 'is needed by an install');
  } else if (kind !== 'lead' && kind !== 'sale') {
    if (!hasPlayer) throw missing('playerId', `is needed by a ${kind}`);
  } else if (!hasClick && !hasPlayer) {
    throw missing('clickId', `or playerId is needed: a ${kind} without both can belong to nobody`);
  }
}

function missing(path: string, message: string): AppError {
  return new AppError('invalid_request', `${path} ${message}.`, { errors: [{ path, message }] });
}
