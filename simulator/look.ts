import { z } from 'zod';
import type { Api } from './api';
import { playerIdOf } from './event-request';
import {
  clickRead,
  conversionRead,
  type PostbackRead,
  postbackRead,
  trialBalance,
  verdictRead,
} from './responses';
import { latestRevisions } from './verify-journey';

const timelineEntry = z.looseObject({
  at: z.string(),
  kind: z.string(),
  reason: z.string().optional(),
  detail: z.string().optional(),
});
export type TimelineEntry = z.infer<typeof timelineEntry>;

const watchedClick = clickRead.extend({ timeline: z.array(timelineEntry) });

const watchedConversion = conversionRead.extend({
  transactionId: z.string(),
  firstDeposit: z.boolean().optional(),
  reason: z.string().nullish(),
  value: z.looseObject({ amount: z.string(), currency: z.string() }).nullish(),
  occurredAt: z.string().optional(),
  verdict: verdictRead.nullish(),
});
export type WatchedConversion = z.infer<typeof watchedConversion>;

/** What the instance shows of one player's chain at one moment. */
export type Look = {
  click: z.infer<typeof watchedClick>;
  conversions: WatchedConversion[];
  postbacks: PostbackRead[];
};

/** Reads a player's chain from its click, its conversions and its postbacks. */
export async function lookAt(
  api: Api,
  { clickId, label, runId }: { clickId: string; label: string; runId: string },
): Promise<Look> {
  const player = encodeURIComponent(playerIdOf(runId, label));
  const [click, byClick, byPlayer, postbacks] = await Promise.all([
    api.read(`/v1/clicks/${clickId}`, watchedClick),
    api.list(`/v1/conversions?clickId=${clickId}`, watchedConversion),
    // A conversion that is not credited yet, such as a pending deposit, is found by its player only.
    api.list(`/v1/conversions?playerId=${player}`, watchedConversion),
    api.list(`/v1/postbacks?clickId=${clickId}`, postbackRead),
  ]);
  return { click, conversions: latestRevisions([...byClick, ...byPlayer]), postbacks };
}

/** What a person calls it: the first deposit is none like the others. */
export function conversionName({ event, firstDeposit }: WatchedConversion): string {
  return event === 'deposit' && firstDeposit ? 'first deposit' : event.replace('_', ' ');
}

/** Decimal strings, as the instance shows them. */
export type Books = {
  /** Balance of the partner's account. */
  payable: string;
  /** Sum of all accounts of the instance in the same currency. */
  total: string;
};

export async function readBooks(api: Api, partnerId: string, currency: string): Promise<Books> {
  const { currencies } = await api.read('/v1/ledger/trial-balance', trialBalance);
  const books = currencies.find((entry) => entry.currency === currency);
  const account = books?.accounts.find((entry) => entry.account === `payable:${partnerId}`);
  return { payable: account?.balance ?? '0.00', total: books?.total ?? '0.00' };
}
