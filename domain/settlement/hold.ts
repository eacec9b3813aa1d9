import { type Deal, holdEndMs } from '../commission/deal';
import type { DealId } from '../ids';
import type { DeservedConversion } from './books';

/**
 * The conversion with its lines held as long as their deals say, counted from the event's own time. While any amount
 * is held the conversion is `qualified`.
 */
export function withHold(
  conversion: DeservedConversion,
  deals: ReadonlyMap<DealId, Deal>,
  nowMs: number,
): DeservedConversion {
  const lines = conversion.lines.map((line) => {
    const deal = deals.get(line.dealId);
    if (deal === undefined || deal.holdDays === 0 || line.amountMinor === 0n) return line;
    const holdUntilMs = holdEndMs(deal, conversion.fact.occurredAtMs);
    const stage = nowMs < holdUntilMs ? ('qualified' as const) : ('approved' as const);
    return { ...line, holdUntilMs, stage };
  });
  const held = lines.filter(({ stage }) => stage === 'qualified');
  if (held.length === 0) return { ...conversion, lines };
  return {
    ...conversion,
    lines,
    status: conversion.status === 'approved' ? 'qualified' : conversion.status,
    reason: conversion.reason ?? 'on_hold',
    inputs: `${conversion.inputs} held ${held.map(({ dealId }) => dealId).join(', ')}`,
  };
}

/** When the first of the holds ends; null without any. */
export function nextHoldEndMs(conversions: readonly DeservedConversion[]): number | null {
  const ends = conversions.flatMap(({ lines }) =>
    lines.flatMap(({ stage, holdUntilMs }) =>
      stage === 'qualified' && holdUntilMs !== null ? holdUntilMs : [],
    ),
  );
  return ends.length === 0 ? null : Math.min(...ends);
}

/** When the latest of the holds that are over ended; null without any. What has ended once must not begin again. */
export function lastHoldEndMs(conversions: readonly DeservedConversion[]): number | null {
  const ends = conversions.flatMap(({ lines }) =>
    lines.flatMap(({ stage, holdUntilMs }) =>
      stage === 'approved' && holdUntilMs !== null ? holdUntilMs : [],
    ),
  );
  return ends.length === 0 ? null : Math.max(...ends);
}
