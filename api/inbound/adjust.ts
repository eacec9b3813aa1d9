import { AppError } from '../../domain/errors';
import { parseInstant, SECOND_MS, toIso } from '../../domain/time';
import type { IncomingEvent } from './incoming-event';
import {
  callbackKey,
  clickOf,
  firstOf,
  type Ignored,
  measuredKindOf,
  reasonOf,
  refusePlaceholders,
  toMeasured,
} from './measurement';
import type { Parameters } from './parameters';

const CLICK_NAMES = ['clickid', 'click_id'];
const SHARED_NAMES = ['label', 'click_label', 'sub1', 'external_click_id'];
const PLAYER_NAMES = ['player_id', 'customer_user_id', 'external_device_id', 'user_id'];
const EVENT_NAMES = ['event_name', 'event'];
const TRANSACTION_NAMES = ['transaction_id', 'order_id'];
const AMOUNT_NAMES = ['revenue_float', 'amount'];
const TIME_NAMES = ['created_at', 'installed_at'];
const USED_NAMES = [
  ...[...CLICK_NAMES, ...SHARED_NAMES, ...PLAYER_NAMES, ...EVENT_NAMES, ...TRANSACTION_NAMES],
  ...[...AMOUNT_NAMES, ...TIME_NAMES, 'adid', 'activity_kind', 'currency'],
];

/**
 * Translates a callback of Adjust, whose parameters are what its owner wrote into the URL beside `{adid}`,
 * `{activity_kind}`, `{event_name}` and `{created_at}`. Times are Unix seconds. A resent callback is told by device,
 * activity, event and time; a `{nonce}` may be another one and is left out. An install that the fraud suite has
 * rejected is taken when the URL asks for the `{rejection_reason}`: it names the click that was rejected, and the
 * same install may come once more for the click that was not.
 */
export function translateAdjust(parameters: Parameters): IncomingEvent | Ignored {
  refusePlaceholders(parameters, USED_NAMES);
  const eventName = firstOf(parameters, EVENT_NAMES);
  const activity = parameters.activity_kind ?? (eventName === undefined ? 'install' : 'event');
  const rejectionReason = reasonOf(parameters, ['rejection_reason']);
  const isRejected = /^rejected[ _]install$/.test(activity) && rejectionReason !== undefined;
  if (activity !== 'install' && activity !== 'event' && !isRejected) return { ignored: 'other_activity' };
  const kind = activity === 'event' ? measuredKindOf(eventName ?? '') : 'install';
  if (kind === null) return { ignored: 'unknown_event' };
  const time = firstOf(parameters, TIME_NAMES);
  return toMeasured(
    {
      kind,
      eventId: callbackKey('adjust', [parameters.adid, activity, eventName, time]),
      transactionId: firstOf(parameters, TRANSACTION_NAMES),
      clickId: clickOf(parameters, CLICK_NAMES, SHARED_NAMES),
      playerId: firstOf(parameters, PLAYER_NAMES),
      occurredAt: time === undefined ? undefined : unixTime('created_at', time),
      installBeginAt: installBegin(parameters.install_begin_time),
      rejectionReason,
      amount: firstOf(parameters, AMOUNT_NAMES),
      currency: parameters.currency,
      country: parameters.country,
      ip: firstOf(parameters, ['ip_address', 'ip']),
      userAgent: parameters.user_agent,
    },
    parameters,
    {
      clickId: CLICK_NAMES.find((name) => parameters[name] !== undefined) ?? 'clickid',
      playerId: 'player_id',
      amount: 'revenue_float',
      transactionId: 'transaction_id',
    },
  );
}

function unixTime(name: string, text: string): string {
  const parsed = /^\d{9,10}$/.test(text) ? parseInstant(toIso(Number(text) * SECOND_MS)) : parseInstant(text);
  if (parsed.ok) return toIso(parsed.ms);
  throw new AppError('invalid_request', `${name} ${parsed.problem}.`, {
    errors: [{ path: name, message: parsed.problem }],
  });
}

/** A hint for fraud rules: one that cannot be read is worth no refusal, and 0 means that the store said nothing. */
function installBegin(text: string | undefined): string | undefined {
  return text !== undefined && /^[1-9]\d{8,9}$/.test(text) ? toIso(Number(text) * SECOND_MS) : undefined;
}
