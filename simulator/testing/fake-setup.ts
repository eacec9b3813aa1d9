import type { FakeDeal } from './fake-books';
import type { FakeDestination } from './fake-postbacks';
import { type FakeState, fakeId, fakeSecret, type Reply } from './fake-state';

type Body = Record<string, unknown>;

/** `POST /v1/…`: creates what a run needs. */
export function createResource(state: FakeState, path: string, body: Body): Reply {
  const [, , kind = '', parent] = path.split('/');
  switch (kind) {
    case 'offers': {
      const offerId = fakeId('off');
      state.offers.set(offerId, String(body.landingUrl));
      return { status: 201, body: { offerId } };
    }
    case 'partners':
      return parent === undefined ? createPartner(state, body) : createDeal(state, parent, body as FakeDeal);
    case 'campaigns': {
      const campaignId = fakeId('cmp');
      const partnerId = (body.partnerId as string | undefined) ?? null;
      state.campaigns.set(campaignId, { slug: String(body.slug), offerId: String(body.offerId), partnerId });
      return { status: 201, body: { campaignId, clickUrl: `http://fake.example/c/${String(body.slug)}` } };
    }
    case 'sources':
      state.source = { sourceId: fakeId('src'), key: fakeId('key'), secret: fakeSecret() };
      return { status: 201, body: state.source };
    case 'destinations': {
      const secret = body.kind === 'webhook' ? fakeSecret() : null;
      const destination = { method: 'POST', ...body, destinationId: fakeId('dst'), secret };
      state.destinations.push(destination as unknown as FakeDestination);
      return { status: 201, body: destination };
    }
    default:
      return { status: 404 };
  }
}

function createPartner(state: FakeState, body: Body): Reply {
  const partnerId = fakeId('ptn');
  state.partners.set(partnerId, { code: String(body.code), deal: null });
  return { status: 201, body: { partnerId } };
}

function createDeal(state: FakeState, partnerId: string, deal: FakeDeal): Reply {
  const partner = state.partners.get(partnerId);
  if (!partner) return { status: 404 };
  partner.deal = deal;
  return { status: 201, body: { dealId: fakeId('dea'), version: 1 } };
}
