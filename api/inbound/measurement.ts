import { createHash } from 'node:crypto';
import { AppError } from '../../domain/errors';
import type { EventKind } from '../../domain/facts';
import { parseId } from '../../domain/ids';
import { measuredBody } from '../schemas/event-bodies';
import { checkFields } from './event-body';
import { type IncomingEvent, toIncomingEvent } from './incoming-event';
import type { Parameters } from './parameters';
import { eventKindOf } from './s2s-words';
import { isUnresolvedMacro } from './unresolved-macro';

/** A callback that says nothing for a conversion chain. Answered 200, because it is no mistake; counted, not kept. */
export type Ignored = { readonly ignored: 'no_click' | 'unknown_event' | 'other_activity' };

/** A callback of a mobile measurement partner under the names of our own events. Absent and empty are the same. */
export type MeasuredEvent = {
  readonly kind: EventKind;
  readonly eventId: string;
  readonly transactionId: string | undefined;
  readonly clickId: string | undefined;
  readonly playerId: string | undefined;
  readonly occurredAt: string | undefined;
  readonly installBeginAt: string | undefined;
  /** Why the partner has rejected it; undefined of what it has not. */
  readonly rejectionReason: string | undefined;
  readonly amount: string | undefined;
  readonly currency: string | undefined;
  readonly country: string | undefined;
  readonly ip: string | undefined;
  readonly userAgent: string | undefined;
};

/**
 * The fact that a callback states. `spelling` says under which of the partner's names a field stands. An install
 * without a click and a player is organic, which is none of our business. Throws 400 for what does not fit.
 */
export function toMeasured(
  event: MeasuredEvent,
  parameters: Parameters,
  spelling: Readonly<Partial<Record<string, string>>>,
): IncomingEvent | Ignored {
  const { kind, ...known } = event;
  if (known.clickId === undefined && known.playerId === undefined) return { ignored: 'no_click' };
  if ((kind === 'deposit' || kind === 'withdrawal') && known.playerId === undefined) {
    const path = spelling.playerId ?? 'playerId';
    throw new AppError('invalid_request', `${path} is needed by a ${kind}.`, {
      errors: [{ path, message: `is needed by a ${kind}` }],
    });
  }
  const fields = checkFields(measuredBody, {
    known,
    unknownFields: 0,
    body: parameters,
    spelling: (path) => spelling[path] ?? path,
  });
  return toIncomingEvent(kind, { ...fields, fields: { ...fields.fields, eventId: known.eventId } });
}

/** What an app calls an event of ours; kinds that a device must not decide are not among them. */
export function measuredKindOf(name: string): EventKind | null {
  const word = name.replace(/^af_/i, '');
  const kind = /^complete[_ ]?registration$/i.test(word) ? 'registration' : eventKindOf(word);
  return kind === 'ngr' || kind === 'chargeback' || kind === 'self_exclusion' ? null : kind;
}

/** The first of these parameters that is there. */
export function firstOf(parameters: Parameters, names: readonly string[]): string | undefined {
  const name = names.find((candidate) => (parameters[candidate] ?? '') !== '');
  return name === undefined ? undefined : parameters[name];
}

const MAX_REASON_LENGTH = 100;

/** The first of these parameters that gives a reason. It is shown to people: a macro or a long text is worth no refusal. */
export function reasonOf(parameters: Parameters, names: readonly string[]): string | undefined {
  const filled = names.filter((name) => !isUnresolvedMacro(parameters[name] ?? ''));
  const reason = firstOf(parameters, filled)
    ?.replace(/\p{C}+/gu, ' ')
    .trim()
    .slice(0, MAX_REASON_LENGTH);
  return reason === '' ? undefined : reason;
}

/**
 * Our click among parameters that may hold anything: in one of `named` whatever its form, in one of `shared` only
 * if it has the form of ours.
 */
export function clickOf(
  parameters: Parameters,
  named: readonly string[],
  shared: readonly string[],
): string | undefined {
  const ours = [...named, ...shared]
    .map((name) => parameters[name] ?? '')
    .find((value) => parseId('clk', value) !== null);
  return ours ?? firstOf(parameters, named);
}

/** Throws 400 unresolved_macro when one of these parameters is still a placeholder. */
export function refusePlaceholders(parameters: Parameters, names: readonly string[]): void {
  const errors = names
    .filter((name) => isUnresolvedMacro(parameters[name] ?? ''))
    .map((name) => ({ path: name, message: 'is a placeholder that was never filled in' }));
  if (errors.length === 0) return;
  const shown = errors.map(({ path }) => path).join(', ');
  throw new AppError('unresolved_macro', `${shown}: fill in the placeholder in the callback’s URL.`, {
    errors,
  });
}

/** A key of fixed length made of what tells two callbacks apart. */
export function callbackKey(partner: string, parts: readonly (string | undefined)[]): string {
  const digest = createHash('sha256')
    .update(JSON.stringify(parts.map((part) => part ?? '')))
    .digest('hex');
  return `${partner} ${digest}`;
}
