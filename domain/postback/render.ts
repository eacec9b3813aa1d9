import { SECOND_MS, toIso } from '../time';
import { renderWebhookBody } from './body';
import type { PostbackContext } from './context';
import { type MacroValues, renderUrl, validateTemplate } from './macros';
import { isRefusedPort } from './refused-ports';
import { checkTemplate, type TemplateCheck } from './url-template';

/** The kinds of destination that can be delivered to. An ad platform adds its kind here and its renderer below. */
export const DESTINATION_KINDS = ['partner_url', 'webhook'] as const;
export type DestinationKind = (typeof DESTINATION_KINDS)[number];

export const DESTINATION_METHODS = ['GET', 'POST'] as const;
export type DestinationMethod = (typeof DESTINATION_METHODS)[number];

export type DestinationTarget = {
  readonly kind: DestinationKind;
  readonly url: string;
  /** How a partner URL is called; a webhook is always posted. */
  readonly method: DestinationMethod;
};

/** What is stored at settlement and sent unchanged on every attempt. Header names are lower case. */
export type RenderedRequest = {
  readonly url: string;
  readonly method: DestinationMethod;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
};

/** Decides whether a destination's URL may be stored. A webhook's URL is fixed, so it takes no macros. */
export function validateDestinationUrl(kind: DestinationKind, url: string): TemplateCheck {
  const check =
    kind === 'partner_url' ? validateTemplate(url) : checkTemplate(url, { macros: [], allowFragment: false });
  if (!check.ok) return check;
  const [origin = ''] = /^[^/]*\/\/[^/?#]*/.exec(url) ?? [];
  const { port } = new URL(origin);
  return isRefusedPort(port) ? { ok: false, problem: `has port ${port}, which is not for HTTP` } : check;
}

/**
 * Renders the request of one postback, once. It is a function of the facts only: the same facts give the same
 * bytes. What changes per attempt (time, signature) is added by the sender and is not part of it.
 */
export function renderPostback(destination: DestinationTarget, context: PostbackContext): RenderedRequest {
  switch (destination.kind) {
    case 'partner_url':
      return {
        url: renderUrl(destination.url, macroValues(context)),
        method: destination.method,
        headers: {},
        body: null,
      };
    case 'webhook': {
      const { event, occurredAtMs, ...data } = context;
      return {
        url: destination.url,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: renderWebhookBody({ type: event, timestampIso: toIso(occurredAtMs), data }),
      };
    }
  }
}

/**
 * The same request to where the destination is by now: key, values and body stay what they were, and whoever corrects a
 * URL need not replay what is still to be tried. What was rendered before its values were kept stays where it was.
 */
export function readdress(
  rendered: RenderedRequest,
  destination: DestinationTarget,
  context: PostbackContext | null,
): RenderedRequest {
  switch (destination.kind) {
    case 'partner_url':
      return context === null ? rendered : { ...rendered, ...renderPostback(destination, context) };
    case 'webhook':
      return { ...rendered, url: destination.url };
  }
}

/** `{timestamp}` is in Unix seconds, which is what trackers read. */
function macroValues(context: PostbackContext): MacroValues {
  return {
    ...context.subs,
    click_id: context.clickId,
    external_id: context.externalId,
    event: context.event,
    transaction_id: context.transactionId,
    amount: context.amount,
    currency: context.currency,
    payout: context.payout,
    payout_currency: context.payoutCurrency,
    partner_id: context.partnerId,
    campaign_id: context.campaignId,
    player_hash: context.playerHash,
    ltv: context.ltv,
    timestamp: String(Math.floor(context.occurredAtMs / SECOND_MS)),
    trust: context.trust,
  };
}
