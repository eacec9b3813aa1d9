import type { Fact } from '../facts';
import type { DeservedConversion } from './books';

/** A span during which a player has excluded himself: from its first millisecond until the first one after it. */
export type Exclusion = {
  readonly fromMs: number;
  /** Null: for good. */
  readonly untilMs: number | null;
};

/**
 * The player's exclusions. Whatever fraud rules say of the report counts for nothing here: a player who wants to be
 * left alone is left alone. They may overlap; together they are a set of moments, so their order says nothing.
 */
export function exclusionsOf(facts: readonly Fact[]): readonly Exclusion[] {
  return facts.flatMap((fact) =>
    fact.kind === 'self_exclusion' ? [{ fromMs: fact.occurredAtMs, untilMs: fact.untilMs }] : [],
  );
}

export function isExcludedAt(exclusions: readonly Exclusion[], atMs: number): boolean {
  return exclusions.some(({ fromMs, untilMs }) => fromMs <= atMs && (untilMs === null || atMs < untilMs));
}

/**
 * The conversion, unless it occurred by its own time during an exclusion: then it still happened and is still
 * credited, but each of its lines is zero. What occurred before an exclusion keeps what it has earned.
 */
export function withoutCommission(
  conversion: DeservedConversion,
  exclusions: readonly Exclusion[],
): DeservedConversion {
  if (!isExcludedAt(exclusions, conversion.fact.occurredAtMs)) return conversion;
  return {
    ...conversion,
    isExcluded: true,
    lines: conversion.lines.map((line) => ({ ...line, amountMinor: 0n, reason: 'self_excluded' })),
    // Only what the exclusion changes: two exclusions that hold the same moment decide the same.
    inputs: `${conversion.inputs} self_excluded`,
  };
}
