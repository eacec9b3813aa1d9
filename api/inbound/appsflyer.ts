import { AppError } from '../../domain/errors';
import { parseInstant, toIso } from '../../domain/time';
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
import { objectParameters, type Parameters, pairsToParameters } from './parameters';

const CLICK_NAMES = ['clickid', 'click_id'];
const SHARED_NAMES = ['af_sub', 'af_sub1', 'af_sub2', 'af_sub3', 'af_sub4', 'af_sub5'];
const PLAYER_NAMES = ['customer_user_id', 'player_id'];
const REASON_NAMES = ['reject_reason', 'rejected_reason', 'blocked_reason'];
const USED_NAMES = [
  ...[...CLICK_NAMES, ...SHARED_NAMES, ...PLAYER_NAMES, 'appsflyer_id', 'event_name', 'event_time'],
  ...['install_time', 'event_revenue', 'event_revenue_currency'],
];

/**
 * Translates a message of AppsFlyer's Push API: an install, or an in-app event whose name means one of ours. Times
 * come without a zone and are UTC; `event_value` is JSON in a text and may hold amount and transaction. AppsFlyer has
 * no id of a message: device, name, time and value make it. What Protect360 has rejected is another message than what
 * stands, because an install whose attribution is corrected brings both.
 */
export function translateAppsflyer(parameters: Parameters): IncomingEvent | Ignored {
  refusePlaceholders(parameters, USED_NAMES);
  const name = parameters.event_name ?? 'install';
  // Reinstalls and re-engagements are other stories than the one install that a click brings.
  const kind = name === 'organic-install' ? 'install' : measuredKindOf(name);
  if (kind === null) return { ignored: 'unknown_event' };
  const value = eventValue(parameters.event_value);
  const timeName =
    kind === 'install' && parameters.install_time !== undefined ? 'install_time' : 'event_time';
  const time = parameters[timeName];
  const rejectionReason = rejectionOf(parameters);
  const key = [parameters.appsflyer_id, name, time, parameters.event_value];
  if (rejectionReason !== undefined) key.push('rejected');
  const revenue = revenueOf(parameters, value);
  return toMeasured(
    {
      kind,
      eventId: callbackKey('appsflyer', key),
      transactionId: firstOf(value, ['transaction_id', 'af_order_id', 'order_id', 'af_receipt_id']),
      clickId: clickOf(parameters, CLICK_NAMES, SHARED_NAMES) ?? clickInUrl(parameters.original_url),
      playerId: firstOf(parameters, PLAYER_NAMES),
      occurredAt: time === undefined ? undefined : utcOf(timeName, time),
      installBeginAt: installBegin(parameters.gp_install_begin),
      rejectionReason,
      ...revenue,
      country: parameters.country_code,
      ip: parameters.ip,
      userAgent: parameters.user_agent,
    },
    parameters,
    {
      clickId: 'clickid',
      playerId: 'customer_user_id',
      amount: 'event_revenue',
      currency: 'event_revenue_currency',
    },
  );
}

/** Why it was rejected. A reason says so by itself, unless `is_rejected` says that it was not. */
function rejectionOf(parameters: Parameters): string | undefined {
  const flag = parameters.is_rejected ?? '';
  if (/^(?:0|false|no)$/i.test(flag)) return undefined;
  const reason = reasonOf(parameters, REASON_NAMES);
  return reason ?? (/^(?:1|true|yes)$/i.test(flag) ? 'no reason given' : undefined);
}

/** Amount and currency from one place: a revenue of the message must not take the currency of its value. */
function revenueOf(parameters: Parameters, value: Parameters) {
  const own = parameters.event_revenue;
  if (own !== undefined) return { amount: own, currency: parameters.event_revenue_currency };
  return { amount: value.af_revenue, currency: value.af_currency };
}

function eventValue(text: string | undefined): Parameters {
  if (text === undefined) return {};
  try {
    return objectParameters(JSON.parse(text));
  } catch {
    // Some apps send plain text; it stays in the raw body.
    return {};
  }
}

/** The link that was clicked repeats its parameters. */
function clickInUrl(url: string | undefined): string | undefined {
  const at = url?.indexOf('?') ?? -1;
  if (url === undefined || at < 0) return undefined;
  try {
    return clickOf(pairsToParameters(url.slice(at + 1)), [], [...CLICK_NAMES, ...SHARED_NAMES]);
  } catch {
    return undefined;
  }
}

function utcOf(name: string, text: string): string {
  const parsed = parseInstant(/^[\d-]+[ T][\d:.]+$/.test(text) ? `${text.replace(' ', 'T')}Z` : text);
  if (parsed.ok) return toIso(parsed.ms);
  throw new AppError('invalid_request', `${name} ${parsed.problem}.`, {
    errors: [{ path: name, message: parsed.problem }],
  });
}

/** What the store said, as a hint for fraud rules: one that cannot be read is worth no refusal. */
function installBegin(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    return utcOf('gp_install_begin', text);
  } catch {
    return undefined;
  }
}
