import { createHash } from 'node:crypto';
import type { Db } from '../db/knex';
import type { ConversionOwner } from '../db/stores/conversion-store';
import {
  addPostback,
  loadClickParameters,
  loadPostbackTargets,
  type PostbackTarget,
  reportedKeys,
} from '../db/stores/postback-store';
import type { Credit } from '../domain/attribution/credits';
import { formatMinor, type Money } from '../domain/money';
import type { PostbackContext } from '../domain/postback/context';
import { renderPostback } from '../domain/postback/render';
import type { Books } from '../domain/settlement/books';
import {
  correctionKey,
  type PostbackDuty,
  postbackDuties,
  postbackKey,
} from '../domain/settlement/postback-duties';
import type { ChangedConversion } from './settlement-differences';

/**
 * Renders and stores the postbacks that the changed conversions give to report. A duty whose key exists is left
 * as it was sent; what changed since is told as a correction, to the destinations that subscribe to corrections.
 */
export async function addDuePostbacks(
  trx: Db,
  owner: ConversionOwner,
  books: Books,
  changed: readonly ChangedConversion[],
  nowMs: number,
): Promise<void> {
  if (changed.length === 0) return;
  const targets = await loadPostbackTargets(trx, owner.workspaceId);
  if (targets.length === 0) return;
  for (const conversion of changed) {
    const writer = { trx, owner, books, conversion, nowMs };
    for (const duty of postbackDuties(conversion.deserved, owner)) {
      for (const target of targets) await reportDuty(writer, target, duty);
    }
    if (conversion.before?.status === 'approved' && conversion.deserved.status !== 'approved') {
      await retract(writer, targets);
    }
  }
}

type Writer = {
  readonly trx: Db;
  readonly owner: ConversionOwner;
  readonly books: Books;
  readonly conversion: ChangedConversion;
  readonly nowMs: number;
};

async function reportDuty(writer: Writer, target: PostbackTarget, duty: PostbackDuty): Promise<void> {
  const credit = creditFor(target, writer.conversion.deserved.credits);
  if (credit === null || !target.events.includes(duty.event)) return;
  const key = postbackKey(writer.owner.workspaceId, target.destinationId, duty);
  const result = await store(writer, target, credit, duty.event, key);
  // The title of first deposit moved to an earlier deposit that arrived late: the key is spent on the other one.
  if (result.added || result.conversionId === writer.conversion.conversionId) return;
  if (target.events.includes('correction')) {
    await store(writer, target, credit, 'correction', correctionKey(key, writer.conversion.revision));
  }
}

/** Tells those who were told of an approved conversion that it stands no more. */
async function retract(writer: Writer, targets: readonly PostbackTarget[]): Promise<void> {
  const { conversionId, revision, deserved } = writer.conversion;
  for (const { destinationId, key } of await reportedKeys(writer.trx, conversionId)) {
    const target = targets.find((candidate) => candidate.destinationId === destinationId);
    const credit = target === undefined ? null : creditFor(target, deserved.credits);
    if (target === undefined || credit === null || !target.events.includes('correction')) continue;
    await store(writer, target, credit, 'correction', correctionKey(key, revision));
  }
}

/** The credit through which a destination learns of a conversion: its own partner's and campaign's, or any. */
function creditFor(target: PostbackTarget, credits: readonly Credit[]): Credit | null {
  const mine = credits.find(
    ({ touch }) =>
      (target.partnerId === null || target.partnerId === touch.partnerId) &&
      (target.campaignId === null || target.campaignId === touch.campaignId),
  );
  return mine ?? null;
}

async function store(
  writer: Writer,
  target: PostbackTarget,
  credit: Credit,
  event: PostbackContext['event'],
  key: string,
) {
  const { trx, owner, conversion, nowMs } = writer;
  const click = await loadClickParameters(trx, credit.touch.clickId);
  const context: PostbackContext = {
    ...moneyOf(writer, target, event, key),
    event,
    conversionId: conversion.conversionId,
    revision: event === 'correction' ? conversion.revision : 0,
    clickId: credit.touch.clickId,
    externalId: click.externalId ?? undefined,
    campaignId: credit.touch.campaignId,
    partnerId: credit.touch.partnerId ?? undefined,
    transactionId: conversion.deserved.transactionKey,
    playerHash: owner.playerId === null ? undefined : hashPlayer(owner.workspaceId, owner.playerId),
    subs: click.subs,
  };
  return addPostback(
    trx,
    {
      workspaceId: owner.workspaceId,
      destinationId: target.destinationId,
      key,
      event,
      causedBy: owner.eventId,
      conversionId: conversion.conversionId,
      clickId: credit.touch.clickId,
      playerId: owner.playerId,
      request: renderPostback(target, context),
    },
    nowMs,
  );
}

function moneyOf(
  { books, conversion: { deserved } }: Writer,
  target: PostbackTarget,
  event: PostbackContext['event'],
  key: string,
): Pick<PostbackContext, 'occurredAtMs' | 'amount' | 'currency' | 'payout' | 'ltv'> {
  const chargeback =
    event === 'chargeback' ? deserved.chargebacks.find((fact) => key.endsWith(fact.eventId)) : undefined;
  const value = chargeback?.money ?? standingValue(event, deserved);
  const line = deserved.lines.find(({ partnerId }) => partnerId === target.partnerId);
  const ltv = books.ltv.find(({ currency }) => currency === value?.currency);
  return {
    occurredAtMs: (chargeback ?? deserved.fact).occurredAtMs,
    amount: value === null ? undefined : formatMinor(value.amountMinor, value.currency),
    currency: value?.currency,
    payout: line === undefined ? undefined : formatMinor(line.amountMinor, line.currency),
    ltv: ltv === undefined ? undefined : formatMinor(ltv.totalMinor, ltv.currency),
  };
}

/** A retraction says what is left of the conversion: nothing. */
function standingValue(
  event: PostbackContext['event'],
  deserved: ChangedConversion['deserved'],
): Money | null {
  if (deserved.value === null || event !== 'correction' || deserved.status === 'approved')
    return deserved.value;
  return { ...deserved.value, amountMinor: 0n };
}

/** Stable per player and workspace, and no way back: the player's own id is random and never leaves the house. */
function hashPlayer(workspaceId: string, playerId: string): string {
  return createHash('sha256').update(`${workspaceId}:${playerId}`).digest('hex');
}
