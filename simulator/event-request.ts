import { formatMinor, type Money } from '../domain/money';
import { toIso } from '../domain/time';
import type { PlannedEvent } from './plan-deliveries';
import type { SetUp } from './setup';
import { signatureHeaders } from './webhook-signature';

export type EventContext = {
  runId: string;
  label: string;
  clickId: string;
  /** When the click's answer had arrived: events are dated from here, so that none precedes its click. */
  clickedAtMs: number;
  apiUrl: string;
  source: SetUp['source'];
};

export type EventRequest = { url: string; headers: Record<string, string>; body: string; eventId: string };

/** The casino's own name of the player behind a click. It must never show up in a postback. */
export function playerIdOf(runId: string, label: string): string {
  return `${runId}-player-${label}`;
}

/**
 * The request that reports one planned event. The same event and context give the same body on every call, so
 * that a repetition is one. `contradicting` asks for the same event with another amount.
 */
export function eventRequest(
  event: PlannedEvent,
  context: EventContext,
  nowMs: number,
  contradicting = false,
): EventRequest {
  const eventId = `${context.runId}-${context.label}-${event.key}`;
  const money = event.money && contradicting ? raised(event.money) : event.money;
  const fields = eventFields({ ...event, ...(money && { money }) }, eventId, context);
  const named = event.channel === 'snake_case' ? toSnakeCase(fields) : fields;
  const body = JSON.stringify(named);
  const headers = { 'content-type': 'application/json', 'user-agent': 'casino-platform/4.2' };
  const url = context.apiUrl + pathOf(event);
  const { sourceId, key, secret } = context.source;
  if (event.channel !== 'signed') {
    return { url, headers: { ...headers, authorization: `Bearer ${key}` }, body, eventId };
  }
  const signature = signatureHeaders({ secret, id: `msg_${eventId}`, nowMs, body });
  return { url: `${url}?source=${sourceId}`, headers: { ...headers, ...signature }, body, eventId };
}

function pathOf(event: PlannedEvent): string {
  return event.channel === 'track' ? '/conversions/track' : `/webhooks/gaming/${event.kind}`;
}

function eventFields(event: PlannedEvent, eventId: string, context: EventContext): Record<string, string> {
  const { runId, label, clickId, clickedAtMs } = context;
  return {
    eventId,
    ...(event.channel === 'track' && { type: event.kind === 'registration' ? 'signup' : event.kind }),
    ...(event.kind !== 'install' && { playerId: playerIdOf(runId, label) }),
    ...(event.namesClick && { clickId }),
    ...(event.transaction !== undefined && { transactionId: `${runId}-${label}-${event.transaction}` }),
    ...(event.takesBack !== undefined && { depositEventId: `${runId}-${label}-${event.takesBack}` }),
    ...(event.money && {
      amount: formatMinor(event.money.amountMinor, event.money.currency),
      currency: event.money.currency,
    }),
    ...(event.status !== undefined && event.channel !== 'track' && { status: event.status }),
    ...(event.kind === 'registration' && event.channel !== 'track' && { country: event.country }),
    occurredAt: toIso(clickedAtMs + event.occursAfterMs),
  };
}

function raised(money: Money): Money {
  return { ...money, amountMinor: money.amountMinor + 100n };
}

function toSnakeCase(fields: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  );
}
