import type { PostbackContext } from './context';
import type { PostbackEvent } from './events';
import { SUB_NAMES, type Subs } from './macros';

export type WebhookBodyInput = {
  readonly type: PostbackEvent;
  /** The event's own time in ISO 8601, UTC. */
  readonly timestampIso: string;
  readonly data: Omit<PostbackContext, 'event' | 'occurredAtMs'>;
};

/**
 * The JSON text of a webhook: `{type, timestamp, data}`. Keys always come in the same order and absent values are
 * null, so equal facts give equal bytes, and a receiver may rely on every field being there.
 */
export function renderWebhookBody(input: WebhookBodyInput): string {
  const { data } = input;
  return JSON.stringify({
    type: input.type,
    timestamp: input.timestampIso,
    data: {
      conversionId: data.conversionId ?? null,
      revision: data.revision ?? 0,
      trust: data.trust ?? null,
      clickId: data.clickId ?? null,
      externalId: data.externalId ?? null,
      campaignId: data.campaignId ?? null,
      partnerId: data.partnerId ?? null,
      transactionId: data.transactionId ?? null,
      amount: data.amount ?? null,
      currency: data.currency ?? null,
      payout: data.payout ?? null,
      payoutCurrency: data.payoutCurrency ?? null,
      ltv: data.ltv ?? null,
      playerHash: data.playerHash ?? null,
      subs: orderedSubs(data.subs ?? {}),
    },
  });
}

function orderedSubs(subs: Subs): Record<string, string> {
  const present = SUB_NAMES.map((name) => [name, subs[name]] as const);
  return Object.fromEntries(
    present.filter((pair): pair is [(typeof pair)[0], string] => pair[1] !== undefined),
  );
}
