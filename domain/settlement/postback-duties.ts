import type { Trust } from '../facts';
import type { BrandId, PlayerId } from '../ids';
import type { PostbackEvent } from '../postback/events';
import { type DeservedConversion, isCounted } from './books';

/**
 * One thing worth telling a destination about a conversion. `subject` is the business id that makes the duty
 * unique per destination and event: whatever order events come in, the same duty has the same key.
 */
export type PostbackDuty = { readonly event: PostbackEvent; readonly subject: string };

/**
 * What a settled conversion gives to report. Only credited conversions do: without a touch there is nobody to
 * tell; and nobody is told what a self-excluded player does. The first deposit is reported as such, once per player, and also as a deposit, once per transaction.
 */
export function postbackDuties(
  conversion: DeservedConversion,
  owner: { readonly playerId: PlayerId | null; readonly brandId: BrandId },
): readonly PostbackDuty[] {
  if (conversion.credits.length === 0 || conversion.isExcluded) return [];
  // Transaction ids are unique within a brand only, and encoded because they are free text: unencoded, the deposit
  // "A:r1" would have the key of the first correction of the deposit "A".
  const transaction = `${owner.brandId}/${encodeURIComponent(conversion.transactionKey)}`;
  const duties: PostbackDuty[] = [];
  if (isCounted(conversion.status)) {
    switch (conversion.kind) {
      case 'install':
      case 'lead':
      case 'sale':
        duties.push({ event: conversion.kind, subject: conversion.fact.eventId });
        break;
      case 'registration':
        duties.push({ event: 'registration', subject: owner.playerId ?? conversion.fact.eventId });
        break;
      case 'deposit':
        if (conversion.isFirstDeposit && owner.playerId !== null) {
          duties.push({ event: 'first_deposit', subject: owner.playerId });
        }
        duties.push({ event: 'deposit', subject: transaction });
        break;
    }
  }
  for (const chargeback of conversion.chargebacks) {
    duties.push({ event: 'chargeback', subject: chargeback.eventId });
  }
  return duties;
}

/**
 * Whether a destination may learn of a conversion: of one that a stranger may have made up only when it has asked for
 * those. What it was told once goes on being corrected, whatever it asks for later.
 */
export function mayBeTold(
  destination: { readonly acceptsPublic: boolean },
  { trust }: { readonly trust: Trust },
): boolean {
  return trust !== 'public' || destination.acceptsPublic;
}

/** The business key of a postback. It never holds an attempt, a run or anything else that a repeat would change. */
export function postbackKey(workspaceId: string, destinationId: string, duty: PostbackDuty): string {
  return `${workspaceId}:${destinationId}:${duty.event}:${duty.subject}`;
}

/** A later change of something reported: keyed by the report's key and the number of the correction, from 1. */
export function correctionKey(firstKey: string, number: number): string {
  return `${firstKey}:r${number}`;
}
