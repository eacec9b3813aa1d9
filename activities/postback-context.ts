import { createHash } from 'node:crypto';
import type { ConversionOwner } from '../db/stores/conversion-store';
import type { ClickParameters, PostbackTarget } from '../db/stores/postback-store';
import type { ClickId } from '../domain/ids';
import { formatMinor, type Money } from '../domain/money';
import type { PostbackContext } from '../domain/postback/context';
import type { Books } from '../domain/settlement/books';
import type { PostbackDuty } from '../domain/settlement/postback-duties';
import type { ChangedConversion } from './settlement-differences';

/** One thing that is about to be told: what, of which conversion, through which click. */
export type Word = {
  readonly conversion: ChangedConversion;
  readonly duty: PostbackDuty;
  readonly clickId: ClickId;
  /** 0 for the report itself, else the number of the correction. */
  readonly correction: number;
  readonly isWithdrawal: boolean;
};

/** Everything that a destination may learn of a conversion; a withdrawal says what is left of it, nothing. */
export function postbackContext(
  owner: ConversionOwner,
  books: Books,
  target: PostbackTarget,
  word: Word,
  click: ClickParameters,
): PostbackContext {
  const { conversion, duty } = word;
  return {
    ...moneyOf(books, target, word),
    event: word.correction === 0 ? duty.event : 'correction',
    conversionId: conversion.conversionId,
    revision: word.correction,
    clickId: word.clickId,
    externalId: click.externalId ?? undefined,
    campaignId: click.campaignId,
    partnerId: click.partnerId ?? undefined,
    transactionId: conversion.deserved.transactionKey,
    playerHash: owner.playerId === null ? undefined : hashPlayer(owner.workspaceId, owner.playerId),
    subs: click.subs,
  };
}

function moneyOf(
  books: Books,
  target: PostbackTarget,
  { conversion: { deserved }, duty, isWithdrawal }: Word,
): Pick<
  PostbackContext,
  'occurredAtMs' | 'trust' | 'amount' | 'currency' | 'payout' | 'payoutCurrency' | 'ltv'
> {
  const chargeback =
    duty.event === 'chargeback'
      ? deserved.chargebacks.find((fact) => fact.eventId === duty.subject)
      : undefined;
  const fact = chargeback ?? deserved.fact;
  const standing = chargeback?.money ?? deserved.value;
  const value = standing !== null && isWithdrawal ? { ...standing, amountMinor: 0n } : standing;
  const ltv = books.ltv.find(({ currency }) => currency === value?.currency);
  return {
    occurredAtMs: fact.occurredAtMs,
    trust: fact.trust,
    amount: value === null ? undefined : formatMinor(value.amountMinor, value.currency),
    currency: value?.currency,
    ...payoutOf(target, deserved, isWithdrawal ? value : null),
    ltv: ltv === undefined ? undefined : formatMinor(ltv.totalMinor, ltv.currency),
  };
}

/** The commission of the destination's own partner, and nobody else's; of a withdrawn conversion nothing is left. */
function payoutOf(
  { partnerId }: PostbackTarget,
  deserved: ChangedConversion['deserved'],
  withdrawn: Money | null,
): Pick<PostbackContext, 'payout' | 'payoutCurrency'> {
  if (partnerId === null) return {};
  if (withdrawn !== null) {
    return { payout: formatMinor(0n, withdrawn.currency), payoutCurrency: withdrawn.currency };
  }
  const own = deserved.lines.filter((line) => line.partnerId === partnerId);
  const line = own.find(({ amountMinor }) => amountMinor > 0n) ?? own[0];
  if (line === undefined) return {};
  // A hybrid deal pays two lines; in two currencies they have no sum, and the first that pays speaks for itself.
  const amountMinor = own
    .filter(({ currency }) => currency === line.currency)
    .reduce((sum, other) => sum + other.amountMinor, 0n);
  return { payout: formatMinor(amountMinor, line.currency), payoutCurrency: line.currency };
}

/** Stable per player and workspace, and no way back: the player's own id is random and never leaves the house. */
function hashPlayer(workspaceId: string, playerId: string): string {
  return createHash('sha256').update(`${workspaceId}:${playerId}`).digest('hex');
}
