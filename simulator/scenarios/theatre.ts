import { DESTINATION_EVENTS } from '../cast';
import { created } from '../responses';
import type { Session } from '../session';
import { POSTBACK_TEMPLATE } from '../setup';

/** Who reports: the casino, or somebody else who hears of the same players. */
export type Reporter = 'casino' | 'processor' | 'measurement';

/** What all scenarios of a run share. */
export type Theatre = {
  session: Session;
  signal: AbortSignal;
  offerId: string;
  keys: Record<Reporter, string>;
  onProgress(text: string): void;
};

/** Creates an offer and the reporters. Safe to repeat: each call has a fixed Idempotency-Key. */
export async function openTheatre(
  session: Session,
  signal: AbortSignal,
  onProgress: (text: string) => void,
): Promise<Theatre> {
  const { api, runId } = session;
  const landingUrl = 'https://casino.example/welcome?cid={click_id}';
  const { offerId } = await api.create(
    '/v1/offers',
    { name: `Scenarios ${runId}`, landingUrl },
    { shape: created.offer, idempotencyKey: `${runId}-scenarios-offer` },
  );
  const keyOf = async (reporter: Reporter): Promise<string> => {
    const body = { name: `Scenario ${reporter} ${runId}`, kind: 'gaming' };
    const idempotencyKey = `${runId}-scenarios-${reporter}`;
    return (await api.create('/v1/sources', body, { shape: created.source, idempotencyKey })).key;
  };
  const keys = {
    casino: await keyOf('casino'),
    processor: await keyOf('processor'),
    measurement: await keyOf('measurement'),
  };
  return { session, signal, offerId, keys, onProgress };
}

/** The terms of every scenario's partner. */
export const DEAL = { cpa: '40.00', minDeposit: '20.00', currency: 'EUR' } as const;

/** What a scenario needs on the instance. */
export type Cast = {
  /** Kebab-case and unique: it is what a person types. */
  name: string;
  /** Of its campaign, where it is not the usual one. */
  campaign?: { clickWindowDays?: number; countries?: { mode: 'allow' | 'deny'; list: readonly string[] } };
};

/** A scenario's own partner, campaign and destination, so that no other story shows in its books. */
export type Props = { partnerId: string; slug: string; linkPath: string; destinationId: string };

export async function setProps({ session, offerId }: Theatre, scenario: Cast): Promise<Props> {
  const { api, runId, sink } = session;
  const { name } = scenario;
  const named = { name: `${name} ${runId}` };
  const options = <Shape>(shape: Shape, what: string) => ({
    shape,
    idempotencyKey: `${runId}-${name}-${what}`,
  });
  const { partnerId } = await api.create(
    '/v1/partners',
    { ...named, code: `${name}-${runId}` },
    options(created.partner, 'partner'),
  );
  const { cpa, minDeposit, currency } = DEAL;
  const deal = { kind: 'cpa', cpa: { amount: cpa, currency }, minDeposit: { amount: minDeposit, currency } };
  await api.create(`/v1/partners/${partnerId}/deals`, deal, options(created.deal, 'deal'));
  const { clickWindowDays = 30, countries } = scenario.campaign ?? {};
  const campaign = {
    ...named,
    slug: `${name}-${runId}`,
    offerId,
    partnerId,
    attribution: { model: 'last_touch', clickWindowDays },
    ...(countries !== undefined && { countries }),
  };
  const { clickUrl } = await api.create('/v1/campaigns', campaign, options(created.campaign, 'campaign'));
  const destination = {
    ...named,
    kind: 'partner_url',
    url: `${sink.baseUrl}/partner_url/${name}?${POSTBACK_TEMPLATE}`,
    method: 'GET',
    events: DESTINATION_EVENTS,
    partnerId,
  };
  const { destinationId } = await api.create(
    '/v1/destinations',
    destination,
    options(created.destination, 'destination'),
  );
  return { partnerId, slug: campaign.slug, linkPath: new URL(clickUrl).pathname, destinationId };
}
