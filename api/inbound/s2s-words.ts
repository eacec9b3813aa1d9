import type { DepositStatus, ReportedKind } from '../../domain/facts';

/**
 * What partners, networks and trackers call things. Names are compared without case and without underscores and
 * hyphens; of several that are given, the first in the list counts.
 */
export const PARAMETER_NAMES = {
  clickId: ['clickid', 'cid', 'subid', 'affclickid', 'affsub', 'cnvid'],
  event: ['event', 'type', 'eventtype', 'eventname', 'conversiontype', 'et', 'goal'],
  status: ['status', 'cnvstatus', 'convstatus'],
  amount: ['amount', 'payout', 'sum', 'revenue', 'saleamount', 'price', 'value'],
  currency: ['currency', 'cnvcurrency'],
  transactionId: ['txid', 'transactionid', 'tid', 'orderid', 'conversionid', 'actionid'],
  eventId: ['eventid', 'adveventid', 'postbackid', 'refundid'],
  playerId: ['playerid', 'customerid', 'userid'],
  occurredAt: ['occurredat', 'eventtime', 'time', 'timestamp'],
  depositEventId: ['depositeventid', 'deposittransactionid'],
  reason: ['reason', 'refundreason', 'chargebackreason'],
  period: ['period'],
  until: ['until'],
  country: ['country', 'countrycode', 'geo'],
  region: ['region'],
  city: ['city'],
  product: ['product'],
  test: ['test', 'istest'],
  ip: ['ip'],
  userAgent: ['useragent', 'ua'],
} as const;

export type ParameterName = keyof typeof PARAMETER_NAMES;

/** A parameter's name as it is compared. */
export function foldName(name: string): string {
  return name.toLowerCase().replace(/[_-]/g, '');
}

const EVENT_WORDS: Readonly<Record<ReportedKind, readonly string[]>> = {
  install: ['install', 'installed', 'appinstall'],
  lead: ['lead'],
  registration: ['registration', 'register', 'registered', 'reg', 'signup'],
  sale: ['sale', 'purchase', 'order'],
  deposit: ['deposit', 'dep', 'firstdeposit', 'firstdep', 'ftd', 'redeposit', 'rebill'],
  withdrawal: ['withdrawal', 'withdraw', 'cashout'],
  ngr: ['ngr', 'ngrupdate'],
  chargeback: ['chargeback'],
  self_exclusion: ['selfexclusion', 'selfexcluded'],
};

const STATUS_WORDS: Readonly<Record<DepositStatus, readonly string[]>> = {
  pending: ['pending', 'hold', 'onhold', 'wait', 'waiting', 'new', 'processing'],
  failed: ['failed', 'fail', 'rejected', 'reject', 'declined', 'decline', 'cancelled', 'canceled', 'invalid'],
  confirmed: ['confirmed', 'confirm', 'approved', 'approve', 'accepted', 'paid', 'success'],
  reversed: ['reversed', 'refund', 'refunded'],
};

/** A word as it is compared. */
export function foldWord(word: string): string {
  return foldName(word.replace(/\s/gu, ''));
}

/** Whether a word for an event means that money goes back, in part or whole. */
export function isRefund(word: string): boolean {
  return ['refund', 'refunded', 'partialrefund', 'fullrefund'].includes(foldWord(word));
}

/** The kind of event that a word means; null for a word that nobody uses for one. */
export function eventKindOf(word: string): ReportedKind | null {
  return meaningOf(EVENT_WORDS, word);
}

/** The deposit status that a word means; null for a word that means none. */
export function statusOf(word: string): DepositStatus | null {
  return meaningOf(STATUS_WORDS, word);
}

function meaningOf<Meaning extends string>(
  words: Readonly<Record<Meaning, readonly string[]>>,
  word: string,
): Meaning | null {
  const folded = foldWord(word);
  const meanings = Object.keys(words) as Meaning[];
  return meanings.find((meaning) => words[meaning].includes(folded)) ?? null;
}
