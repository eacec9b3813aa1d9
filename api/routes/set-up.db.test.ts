import request from 'supertest';
import { uuidFromId } from '../../domain/ids';
import { type IngestFixture, startIngest } from '../../testing/ingest-fixture';

let fixture: IngestFixture;
beforeAll(async () => {
  fixture = await startIngest();
});
// Ids follow the clock, and lists and audit the ids.
const tick = (): void => fixture.clock.set(fixture.clock.nowMs() + 1);
afterAll(() => fixture.stop());

type Json = Record<string, unknown>;

function call(method: 'get' | 'post' | 'patch', path: string, body?: Json): request.Test {
  if (method !== 'get') tick();
  const sent = request(fixture.app)[method](path).set('authorization', `Bearer ${fixture.adminKey}`);
  return body === undefined ? sent : sent.send(body);
}

const create = async (path: string, body: Json) => (await call('post', path, body).expect(201)).body;

async function refusedPaths(method: 'post' | 'patch', path: string, body: Json): Promise<string[]> {
  const answer = await call(method, path, body);
  expect(answer.status).toBe(400);
  expect(answer.headers['content-type']).toMatch('application/problem+json');
  return (answer.body.errors ?? []).map((problem: { path: string }) => problem.path);
}

let made = 0;
const uniqueName = (): string => {
  made += 1;
  return `thing-${made}`;
};
const newOffer = () => create('/v1/offers', { name: uniqueName(), landingUrl: 'https://casino.example/' });
const newPartner = () => create('/v1/partners', { name: uniqueName() });
async function newCampaign(body: Json = {}) {
  const { offerId } = await newOffer();
  return create('/v1/campaigns', { slug: uniqueName(), name: 'c', offerId, ...body });
}

async function actionsOn(subject: string): Promise<string[]> {
  const rows: { action: string }[] = await fixture.deps.db('audit').where({ subject }).orderBy('audit_id');
  return rows.map(({ action }) => action);
}

describe('offers', () => {
  it('are created, read, changed and audited', async () => {
    const landingUrl = 'https://casino.example/l/{sub1}?c={click_id}#{sub2}';
    const offer = await create('/v1/offers', { name: ' Spins ', landingUrl });
    expect(offer).toEqual({
      offerId: expect.stringMatching(/^off_[0-9a-z]{26}$/),
      name: 'Spins',
      landingUrl,
      fallbackUrl: null,
      payout: null,
      createdAt: new Date(fixture.clock.nowMs()).toISOString(),
    });
    const path = `/v1/offers/${offer.offerId}`;
    expect((await call('get', path)).body).toEqual(offer);
    const changed = await call('patch', path, { fallbackUrl: 'https://casino.example/gone' });
    expect(changed.body).toEqual({ ...offer, fallbackUrl: 'https://casino.example/gone' });
    const cleared = await call('patch', path, { fallbackUrl: null, name: 'Spins 2' });
    expect(cleared.body).toEqual({ ...offer, name: 'Spins 2' });
    expect(await actionsOn(offer.offerId)).toEqual(['offer.created', 'offer.changed', 'offer.changed']);
  });

  it.each([
    ['nothing', {}, ['name', 'landingUrl']],
    ['a script', { name: 'x', landingUrl: 'javascript:alert(1)' }, ['landingUrl']],
    ['a macro in the host', { name: 'x', landingUrl: 'https://{sub1}.example/' }, ['landingUrl']],
    ['an unknown macro', { name: 'x', landingUrl: 'https://x.example/{clickid}' }, ['landingUrl']],
    ['user info', { name: 'x', landingUrl: 'https://a:b@x.example/' }, ['landingUrl']],
    ['a number', { name: 1, landingUrl: 'https://x.example/' }, ['name']],
    ['a long name', { name: 'x'.repeat(201), landingUrl: 'https://x.example/' }, ['name']],
    ['a control character', { name: 'a\u001b[31m', landingUrl: 'https://x.example/' }, ['name']],
    ['an unknown field', { name: 'x', landingUrl: 'https://x.example/', bonus: 1 }, ['bonus']],
    [
      'a payout of nothing',
      { name: 'x', landingUrl: 'https://x.example/', payout: { amount: '0', currency: 'EUR' } },
      ['payout.amount'],
    ],
  ])('are refused with %s', async (_name, body, paths) => {
    expect(await refusedPaths('post', '/v1/offers', body)).toEqual(paths);
  });

  it('say what the advertiser pays for a first deposit, until it is taken back', async () => {
    const payout = { amount: '120.00', currency: 'EUR' };
    const offer = await create('/v1/offers', { name: 'x', landingUrl: 'https://x.example/', payout });
    expect(offer.payout).toEqual(payout);
    const path = `/v1/offers/${offer.offerId}`;
    expect((await call('patch', path, { name: 'y' })).body.payout).toEqual(payout);
    const raised = { amount: '130.00', currency: 'USD' };
    expect((await call('patch', path, { payout: raised })).body.payout).toEqual(raised);
    expect((await call('patch', path, { payout: null })).body.payout).toBeNull();
    expect((await call('get', path)).body.payout).toBeNull();
    const audited = await fixture.deps.db('audit').where({ subject: offer.offerId }).orderBy('audit_id');
    expect(audited.map(({ detail }) => detail.payout)).toEqual([payout, undefined, raised, null]);
  });

  it('are not changed by nothing, nor by a field of another kind', async () => {
    const { offerId } = await newOffer();
    expect(await refusedPaths('patch', `/v1/offers/${offerId}`, {})).toEqual(['']);
    expect(await refusedPaths('patch', `/v1/offers/${offerId}`, { offerId })).toEqual(['offerId']);
  });
});

describe('partners', () => {
  it('get a code when they bring none, and keep codes apart', async () => {
    const partner = await newPartner();
    expect(partner.code).toMatch(/^[0-9a-z]{10}$/);
    await create('/v1/partners', { name: 'x', code: 'alpha' });
    const taken = await call('post', '/v1/partners', { name: 'y', code: 'alpha' });
    expect(taken.status).toBe(409);
    expect(taken.body).toMatchObject({ code: 'already_exists', errors: [{ path: 'code' }] });
    const path = `/v1/partners/${partner.partnerId}`;
    expect((await call('patch', path, { code: 'alpha' })).status).toBe(409);
    expect((await call('patch', path, { code: 'beta' })).body.code).toBe('beta');
    expect(await refusedPaths('post', '/v1/partners', { name: 'x', code: 'a b' })).toEqual(['code']);
  });
});

describe('deals', () => {
  const cpa = { amount: '25', currency: 'EUR' };

  it('are versions: the first is valid from the beginning, a later one from now or a time to come', async () => {
    const { partnerId } = await newPartner();
    const path = `/v1/partners/${partnerId}/deals`;
    const first = await create(path, { kind: 'cpa', cpa, minDeposit: { amount: 10, currency: 'EUR' } });
    expect(first).toEqual({
      dealId: expect.stringMatching(/^dea_/),
      partnerId,
      version: 1,
      kind: 'cpa',
      cpa: { amount: '25.00', currency: 'EUR' },
      percent: null,
      cpl: null,
      minDeposit: { amount: '10.00', currency: 'EUR' },
      qualificationDays: null,
      holdDays: 0,
      caps: { day: null, month: null, total: null },
      validFrom: null,
      createdAt: expect.any(String),
    });
    const second = await create(path, { kind: 'cpa', cpa });
    const nowIso = new Date(fixture.clock.nowMs()).toISOString();
    expect(second).toMatchObject({ version: 2, validFrom: nowIso });
    const laterIso = new Date(fixture.clock.nowMs() + 60_000).toISOString();
    const third = await create(path, { kind: 'cpa', cpa, validFrom: laterIso });
    expect(third).toMatchObject({ version: 3, validFrom: laterIso, minDeposit: null });
    const pastIso = new Date(fixture.clock.nowMs() - 1).toISOString();
    expect(await refusedPaths('post', path, { kind: 'cpa', cpa, validFrom: pastIso })).toEqual(['validFrom']);
    const listed = (await call('get', path)).body.data;
    expect(listed.map((deal: { version: number }) => deal.version)).toEqual([1, 2, 3]);
  });

  it('are numbered without gaps when many are written at once', async () => {
    const { partnerId } = await newPartner();
    const path = `/v1/partners/${partnerId}/deals`;
    const deals = await Promise.all(Array.from({ length: 8 }, () => create(path, { kind: 'cpa', cpa })));
    expect(deals.map(({ version }) => version).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it.each([
    ['no amount', { cpa: { currency: 'EUR' } }, ['cpa.amount']],
    ['zero', { cpa: { amount: '0', currency: 'EUR' } }, ['cpa.amount']],
    ['a negative amount', { cpa: { amount: '-5', currency: 'EUR' } }, ['cpa.amount']],
    ['too many decimals', { cpa: { amount: '1.005', currency: 'EUR' } }, ['cpa.amount']],
    ['decimals of yen', { cpa: { amount: '1.5', currency: 'JPY' } }, ['cpa.amount']],
    ['an unknown currency', { cpa: { amount: '1', currency: 'EURO' } }, ['cpa.currency']],
    ['a huge amount', { cpa: { amount: '1e3', currency: 'EUR' } }, ['cpa.amount']],
    ['an amount out of range', { cpa: { amount: '9'.repeat(18), currency: 'EUR' } }, ['cpa.amount']],
    ['an amount that is none', { cpa: { amount: true, currency: 'EUR' } }, ['cpa.amount']],
    ['a time without a zone', { cpa, validFrom: '2030-01-01T00:00:00' }, ['validFrom']],
    ['a day that is none', { cpa, validFrom: '2030-02-30T00:00:00Z' }, ['validFrom']],
    ['another kind', { kind: 'revshare', cpa }, ['kind']],
  ])('are refused with %s', async (_name, body, paths) => {
    const { partnerId } = await newPartner();
    const refused = await refusedPaths('post', `/v1/partners/${partnerId}/deals`, { kind: 'cpa', ...body });
    expect(refused).toEqual(paths);
  });
});

describe('campaigns', () => {
  it('start with the defaults and answer with the link to advertise', async () => {
    const campaign = await newCampaign({ slug: 'summer-26' });
    expect(campaign).toMatchObject({
      campaignId: expect.stringMatching(/^cmp_/),
      slug: 'summer-26',
      clickUrl: `${fixture.deps.config.publicUrl}/c/summer-26`,
      version: 1,
      partnerId: null,
      attribution: { model: 'last_touch', clickWindowDays: 30 },
      onOutage: 'refuse',
      pricing: { model: 'cpa', cost: null },
      budget: null,
      status: 'active',
    });
    expect((await call('get', `/v1/campaigns/${campaign.campaignId}`)).body).toEqual(campaign);
  });

  it('take a change as a new version and keep the old one, and clicks see it at once', async () => {
    const { partnerId } = await newPartner();
    const campaign = await newCampaign({
      partnerId,
      attribution: { model: 'last_touch', clickWindowDays: 7 },
    });
    expect(fixture.deps.catalog.findCampaign(campaign.slug)?.status).toBe('active');
    const path = `/v1/campaigns/${campaign.campaignId}`;
    const changed = (await call('patch', path, { status: 'paused', partnerId: null })).body;
    const updatedAt = new Date(fixture.clock.nowMs()).toISOString();
    expect(changed).toEqual({ ...campaign, version: 2, status: 'paused', partnerId: null, updatedAt });
    expect(fixture.deps.catalog.findCampaign(campaign.slug)?.status).toBe('paused');
    await Promise.all(['a', 'b', 'c'].map((name) => call('patch', path, { name }).expect(200)));
    expect((await call('get', path)).body).toMatchObject({ version: 5, status: 'paused' });
    expect(await actionsOn(campaign.campaignId)).toHaveLength(5);
  });

  it('have a price per click and a budget, versioned like all they say', async () => {
    const pricing = { model: 'cpc', cost: { amount: '0.25', currency: 'EUR' } };
    const budget = { amount: '500.00', currency: 'USD', period: 'month' };
    const campaign = await newCampaign({ pricing, budget });
    expect(campaign).toMatchObject({ version: 1, pricing, budget });
    const path = `/v1/campaigns/${campaign.campaignId}`;
    expect((await call('patch', path, { name: 'x' })).body).toMatchObject({ version: 2, pricing, budget });
    const given = { pricing: { model: 'cpa', cost: null }, budget: null };
    expect((await call('patch', path, { pricing: { model: 'cpa' }, budget: null })).body).toMatchObject({
      version: 3,
      ...given,
    });
    expect((await call('get', path)).body).toMatchObject(given);
    const versions = await fixture.deps
      .db('campaign_versions')
      .where({ campaign_id: uuidFromId(campaign.campaignId) })
      .orderBy('version');
    expect(versions.map((version) => [version.click_cost_minor, version.budget_minor])).toEqual([
      [25n, 50_000n],
      [25n, 50_000n],
      [null, null],
    ]);
    const audited = await fixture.deps
      .db('audit')
      .where({ subject: campaign.campaignId })
      .orderBy('audit_id');
    expect(audited.map(({ detail }) => detail)).toMatchObject([{ pricing, budget }, { name: 'x' }, given]);
  });

  it('share no slug, not even between workspaces', async () => {
    const { slug } = await newCampaign();
    const { offerId } = await newOffer();
    const taken = await call('post', '/v1/campaigns', { slug, name: 'c', offerId });
    expect(taken.status).toBe(409);
    expect(taken.body).toMatchObject({ code: 'already_exists', errors: [{ path: 'slug' }] });
  });

  it.each([
    ['a slug with a slash', { slug: 'a/b' }, ['slug']],
    ['a slug in upper case', { slug: 'Summer' }, ['slug']],
    ['an empty slug', { slug: '' }, ['slug']],
    ['a long slug', { slug: 'x'.repeat(65) }, ['slug']],
    ['an offer that is none', { offerId: 'cmp_01j00000000000000000000000' }, ['offerId']],
    ['an offer that is not there', { offerId: 'off_01j00000000000000000000000' }, ['offerId']],
    ['a partner that is not there', { partnerId: 'ptn_01j00000000000000000000000' }, ['partnerId']],
    [
      'no window',
      { attribution: { model: 'last_touch', clickWindowDays: 0 } },
      ['attribution.clickWindowDays'],
    ],
    [
      'a long window',
      { attribution: { model: 'last_touch', clickWindowDays: 91 } },
      ['attribution.clickWindowDays'],
    ],
    [
      'half a day',
      { attribution: { model: 'last_touch', clickWindowDays: 1.5 } },
      ['attribution.clickWindowDays'],
    ],
    ['another model', { attribution: { model: 'best_touch' } }, ['attribution.model']],
    ['another status', { status: 'deleted' }, ['status']],
    ['another outage policy', { onOutage: 'pray' }, ['onOutage']],
    ['a click without a price', { pricing: { model: 'cpc' } }, ['pricing.cost']],
    [
      'a price per click where none is paid',
      { pricing: { model: 'cpa', cost: { amount: '1', currency: 'EUR' } } },
      ['pricing.cost'],
    ],
    [
      'a click for nothing',
      { pricing: { model: 'cpc', cost: { amount: '0', currency: 'EUR' } } },
      ['pricing.cost.amount'],
    ],
    ['another pricing model', { pricing: { model: 'cpm' } }, ['pricing.model']],
    ['a budget of nothing', { budget: { amount: '0', currency: 'EUR', period: 'day' } }, ['budget.amount']],
    [
      'a budget in no currency',
      { budget: { amount: '1', currency: 'EURO', period: 'day' } },
      ['budget.currency'],
    ],
    ['a weekly budget', { budget: { amount: '1', currency: 'EUR', period: 'week' } }, ['budget.period']],
    ['a workspace', { workspaceId: 'wsp_1' }, ['workspaceId']],
  ])('are refused with %s', async (_name, body, paths) => {
    const { offerId } = await newOffer();
    const whole = { slug: uniqueName(), name: 'c', offerId, ...body };
    expect(await refusedPaths('post', '/v1/campaigns', whole)).toEqual(paths);
  });
});

describe('sources', () => {
  it('come with a key and a secret that are shown once, and with a brand', async () => {
    const source = await create('/v1/sources', { name: 'Casino', kind: 'gaming', brand: 'Lucky' });
    expect(source).toMatchObject({
      sourceId: expect.stringMatching(/^src_/),
      brand: 'Lucky',
      key: expect.stringMatching(/^ck_/),
      secret: expect.stringMatching(/^whsec_/),
    });
    const second = await create('/v1/sources', { name: 'Sports', kind: 'gaming', brand: 'Lucky' });
    const unbranded = await create('/v1/sources', { name: 'Plain', kind: 'gaming' });
    expect([second.brand, unbranded.brand]).toEqual(['Lucky', 'default']);
    expect(await fixture.deps.db('brands').where({ name: 'Lucky' })).toHaveLength(1);
    const listed = await call('get', '/v1/sources');
    expect(listed.body.data.map(({ name }: { name: string }) => name)).toEqual(
      expect.arrayContaining(['api', 'Casino', 'Sports', 'Plain']),
    );
    const one = await call('get', `/v1/sources/${source.sourceId}`);
    const renamed = await call('patch', `/v1/sources/${source.sourceId}`, { name: 'Casino 2' });
    expect(renamed.body).toMatchObject({ name: 'Casino 2', brand: 'Lucky' });
    const audited = JSON.stringify(await fixture.deps.db('audit'));
    for (const text of [listed.text, one.text, renamed.text, audited]) {
      expect(text).not.toContain(source.key);
      expect(text).not.toContain(source.secret);
    }
    const keys = await fixture.deps.db('api_keys').where({ name: 'Casino' });
    expect(keys).toMatchObject([{ scopes: ['events:write'], source_id: expect.any(String) }]);
  });

  it('are refused as another kind', async () => {
    expect(await refusedPaths('post', '/v1/sources', { name: 'x', kind: 'api' })).toEqual(['kind']);
  });
});
