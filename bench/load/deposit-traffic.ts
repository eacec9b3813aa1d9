import { randomBytes } from 'node:crypto';
import { toIso } from '../../domain/time';
import type { Api } from '../../simulator/api';
import { BROWSERS, COUNTRIES, LANGUAGES } from '../../simulator/cast';
import { createCookieJar } from '../../simulator/cookie-jar';
import { followLink } from '../../simulator/follow-link';
import { type HttpClient, jsonOf } from '../../simulator/http-client';
import { inParallel } from '../../simulator/in-parallel';
import { created, eventReceipt } from '../../simulator/responses';
import { addressOf } from './click-requests';

/** A campaign of our own, whose partner is paid for first deposits and told about them at the sink. */
export type Stage = {
  readonly runId: string;
  /** The path of its link. */
  readonly link: string;
  readonly partnerCode: string;
  readonly sourceKey: string;
  readonly campaignId: string;
  readonly offerId: string;
  readonly partnerId: string;
};

const CLICKS_AT_ONCE = 8;

export async function prepareStage(api: Api, sinkUrl: string): Promise<Stage> {
  const runId = `bench${randomBytes(4).toString('hex')}`;
  const { create } = api;
  const idempotencyKey = runId;
  const offer = { name: runId, landingUrl: 'https://casino.example/welcome?cid={click_id}' };
  const { offerId } = await create('/v1/offers', offer, { shape: created.offer, idempotencyKey });
  const partner = { name: runId, code: runId };
  const { partnerId } = await create('/v1/partners', partner, { shape: created.partner, idempotencyKey });
  const money = (amount: string) => ({ amount, currency: 'EUR' });
  const deal = { kind: 'cpa', cpa: money('40.00'), minDeposit: money('20.00') };
  await create(`/v1/partners/${partnerId}/deals`, deal, { shape: created.deal, idempotencyKey });
  const campaign = { slug: runId, name: runId, offerId, partnerId };
  const { campaignId, clickUrl } = await create('/v1/campaigns', campaign, {
    shape: created.campaign,
    idempotencyKey,
  });
  const destination = {
    name: runId,
    kind: 'partner_url',
    url: `${sinkUrl}/${runId}?click_id={click_id}&payout={payout}`,
    method: 'GET',
    events: ['first_deposit'],
    partnerId,
  };
  await create('/v1/destinations', destination, { shape: created.destination, idempotencyKey });
  const source = { name: runId, kind: 'gaming' };
  const { key } = await create('/v1/sources', source, { shape: created.source, idempotencyKey });
  const link = new URL(clickUrl).pathname;
  return { runId, link, partnerCode: runId, sourceKey: key, campaignId, offerId, partnerId };
}

/** Clicks by as many visitors with addresses of their own, counted from `firstVisitor`; their ids. Throws when a click is not redirected. */
export async function makeClicks(
  http: HttpClient,
  apiUrl: string,
  stage: Stage,
  { count, firstVisitor = 0 }: { count: number; firstVisitor?: number },
): Promise<string[]> {
  const numbers = Array.from({ length: count }, (_, index) => index);
  return inParallel(numbers, CLICKS_AT_ONCE, async (index) => {
    const followed = await followLink(http, {
      url: `${apiUrl}${stage.link}?sub1=${index}`,
      jar: createCookieJar(),
      language: LANGUAGES[index % LANGUAGES.length] ?? 'en',
      userAgent: BROWSERS[index % BROWSERS.length] ?? '',
      forwardedFor: addressOf(firstVisitor + index),
    });
    if (!followed.ok) throw new Error(`A click was not redirected: ${followed.got}.`);
    return followed.clickId;
  });
}

/** Reports that a new player of this click has registered. Throws unless it is acknowledged. */
export async function postRegistration(
  http: HttpClient,
  apiUrl: string,
  stage: Stage,
  { clickId, index }: { clickId: string; index: number },
): Promise<void> {
  const { runId } = stage;
  await postEvent(http, `${apiUrl}/webhooks/gaming/registration`, stage, {
    eventId: `${runId}-registration-${index}`,
    playerId: `${runId}-player-${index}`,
    clickId,
    country: COUNTRIES[index % COUNTRIES.length],
    occurredAt: toIso(Date.now()),
  });
}

/** Posts the first deposit of a new player on this click. Throws unless it is acknowledged. */
export async function postFirstDeposit(
  http: HttpClient,
  apiUrl: string,
  stage: Stage,
  { clickId, index }: { clickId: string; index: number },
): Promise<void> {
  const { runId } = stage;
  await postEvent(http, `${apiUrl}/webhooks/gaming/deposit`, stage, {
    eventId: `${runId}-deposit-${index}`,
    transactionId: `${runId}-tx-${index}`,
    playerId: `${runId}-player-${index}`,
    clickId,
    amount: '50.00',
    currency: 'EUR',
    status: 'confirmed',
    country: COUNTRIES[index % COUNTRIES.length],
    occurredAt: toIso(Date.now()),
  });
}

async function postEvent(
  http: HttpClient,
  url: string,
  { sourceKey }: Stage,
  body: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const answer = await http.send({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${sourceKey}` },
    body: JSON.stringify(body),
  });
  const receipt = answer.status === 200 ? eventReceipt.safeParse(jsonOf(answer)) : undefined;
  // Sent again after a 503 it may be a duplicate of its first sending, which is an acknowledgement too.
  if (receipt?.data === undefined || receipt.data.status === 'quarantined') {
    throw new Error(`an event was answered ${answer.status}: ${answer.text.slice(0, 200)}`);
  }
}
