import type { IncomingMessage } from 'node:http';
import { isbot } from 'isbot';
import { isSignedWith } from '../webhook-signature';
import { conversionsOf, reviewed } from './fake-books';
import { deliver } from './fake-postbacks';
import { type FakeState, fakeId, type Reply } from './fake-state';

const DOUBLE_CLICK_MS = 2_000;

/** `GET /c/{slug}`: records the click and redirects. */
export function takeClick(state: FakeState, url: URL, request: IncomingMessage): Reply {
  const slug = url.pathname.split('/')[2];
  const [campaignId, campaign] = [...state.campaigns].find(([, known]) => known.slug === slug) ?? [];
  if (campaignId === undefined || campaign === undefined) return { status: 404 };
  const visitor = /vid=(\w+)/.exec(request.headers.cookie ?? '')?.[1] ?? fakeId('vis');
  const named = [...state.partners].find(([, { code }]) => code === url.searchParams.get('p'))?.[0];
  const seenBefore = Date.now() - (state.lastSeen.get(visitor + campaignId) ?? 0) <= DOUBLE_CLICK_MS;
  state.lastSeen.set(visitor + campaignId, Date.now());
  const userAgent = request.headers['user-agent'] ?? '';
  const clickId = fakeId('clk');
  const sub1 = url.searchParams.get('sub1') ?? '';
  const outcome = seenBefore || userAgent === '' || isbot(userAgent) ? 'review' : 'allow';
  state.clicks.set(clickId, {
    clickId,
    campaignId,
    partnerId: named ?? campaign.partnerId ?? '',
    outcome,
    sub1,
  });
  const template = state.offers.get(campaign.offerId) ?? '';
  const landing = template.includes('{click_id}') ? template : `${template}&click_id={click_id}`;
  const location = landing.replace('{click_id}', clickId).replace('{sub1}', encodeURIComponent(sub1));
  return {
    status: 302,
    headers: { location, 'set-cookie': `vid=${visitor}; Path=/; HttpOnly; SameSite=Lax` },
  };
}

/** The gaming webhooks and `/conversions/track`. */
export function takeEvent(state: FakeState, url: URL, request: IncomingMessage, raw: string): Reply {
  const { source, faults, events, players } = state;
  const keyed = request.headers.authorization === `Bearer ${source.key}`;
  const named = url.searchParams.get('source') === source.sourceId;
  if (!keyed && !(named && isSignedWith(source.secret, request.headers, raw))) return { status: 401 };
  state.eventPosts += 1;
  if (faults.outages && state.eventPosts % 3 === 0) return { status: 503, headers: { 'retry-after': '0' } };
  const body = camelCase(JSON.parse(raw) as Record<string, string>);
  const type = body.type ?? url.pathname.split('/')[3] ?? '';
  const kind = type === 'signup' ? 'registration' : type;
  const { eventId = '', playerId = null, occurredAt = '' } = body;
  const answer = (status: string): Reply => ({ status: 200, body: { status, eventId } });
  const identity = [kind, body.transactionId ?? eventId, body.status ?? 'confirmed'].join(':');
  const normalised = JSON.stringify(body, Object.keys(body).sort());
  const known = events.get(identity);
  if (known && known.body !== normalised) return { status: 409, body: { code: 'event_conflict' } };
  if (known && !faults.takesDuplicates) return answer('duplicate');
  if (faults.losesEventsEnding !== undefined && eventId.endsWith(faults.losesEventsEnding))
    return answer('accepted');
  const clickId = body.clickId ?? players.get(playerId ?? '') ?? null;
  events.set(identity, { event: { kind, eventId, body, playerId, occurredAt }, body: normalised, clickId });
  if (clickId === null) return answer('quarantined');
  if (playerId !== null) attach(state, playerId, clickId);
  settle(state, clickId);
  return answer('accepted');
}

/** Events of a player that came too early find their click now. */
function attach(state: FakeState, playerId: string, clickId: string): void {
  state.players.set(playerId, clickId);
  for (const entry of state.events.values()) {
    if (entry.event.playerId === playerId) entry.clickId ??= clickId;
  }
}

/** `POST /v1/conversions/{id}/decision` */
export function takeDecision(state: FakeState, conversionId: string, body: Record<string, unknown>): Reply {
  const conversion = [...state.conversions.values()]
    .flat()
    .find((candidate) => candidate.conversionId === conversionId);
  if (conversion === undefined) return { status: 404 };
  if (conversion.revision !== body.revision) return { status: 409, body: { code: 'stale_revision' } };
  const revision = conversion.revision + 1;
  state.decisions.set(conversionId, { decision: String(body.decision), revision });
  settle(state, conversion.clickId);
  return { status: 202, body: { rulingId: fakeId('evt'), revision } };
}

function settle(state: FakeState, clickId: string): void {
  const { faults, postbacks } = state;
  const click = state.clicks.get(clickId);
  const deal = state.partners.get(click?.partnerId ?? '')?.deal;
  if (!click || !deal) return;
  const own = [...state.events.values()]
    .filter((entry) => entry.clickId === clickId)
    .map(({ event }) => event);
  const derived = reviewed(click, conversionsOf(click, own, deal), state.decisions);
  state.conversions.set(clickId, derived);
  for (const conversion of derived) {
    if (faults.paysTwice) conversion.commission.push(...conversion.commission);
    for (const destination of state.destinations) {
      const concerned =
        destination.partnerId === click.partnerId || destination.campaignId === click.campaignId;
      const known = `${destination.destinationId}:${conversion.conversionId}`;
      const isHeld = conversion.reason === 'in_review' || conversion.reason === 'rejected_by_ruling';
      if (!concerned || isHeld || conversion.event === 'install' || postbacks.has(known)) continue;
      const { postback, done } = deliver({ destination, conversion, click, faults });
      postbacks.set(known, postback);
      state.deliveries.push(done);
      if (faults.sendsPostbacksTwice) postbacks.set(`${known}:again`, { ...postback, status: 'delivered' });
    }
  }
}

function camelCase(fields: Record<string, string>): Record<string, string> {
  const rename = (name: string): string =>
    name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [rename(name), value]));
}
