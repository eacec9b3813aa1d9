import request from 'supertest';
import { uuidFromId } from '../../domain/ids';
import { insertApiKey } from '../../testing/builders/insert-api-key';
import { insertWorkspace } from '../../testing/builders/insert-workspace';
import { type IngestFixture, startIngest } from '../../testing/ingest-fixture';

let fixture: IngestFixture;
beforeAll(async () => {
  fixture = await startIngest({ poolMax: 20 });
});
afterAll(() => fixture.stop());

/** Each test has a workspace of its own, which nobody has set up. */
let key: string;
let workspaceUuid: string;
beforeEach(async () => {
  fixture.clock.set(fixture.clock.nowMs() + 1_000);
  const tenant = await insertWorkspace(fixture.deps.db);
  workspaceUuid = uuidFromId(tenant.workspaceId);
  key = await insertApiKey(fixture.deps.db, tenant);
});

const PATH = '/v1/fraud/rules';
const get = (query = '') => request(fixture.app).get(`${PATH}${query}`).set('authorization', `Bearer ${key}`);
const put = (body: object, ifMatch?: string) => {
  const sent = request(fixture.app).put(PATH).set('authorization', `Bearer ${key}`);
  return (ifMatch === undefined ? sent : sent.set('if-match', ifMatch)).send(body);
};
const mode = (value: string) => ({ rules: { fast_deposit: { mode: value } } });
const stored = () =>
  fixture.deps.db('fraud_rule_sets').where({ workspace_id: workspaceUuid }).orderBy('version');

describe('GET /v1/fraud/rules', () => {
  it('shows every rule with what it does, how it is set and what it may be set to', async () => {
    const answer = await get();
    expect(answer.status).toBe(200);
    expect(answer.headers.etag).toBe('"1"');
    expect(answer.body).toMatchObject({ version: 1, createdAt: null, createdBy: null });
    expect(Object.keys(answer.body.rules)).toHaveLength(15);
    expect(answer.body.rules.fast_deposit).toEqual({
      subject: 'event',
      family: 'timing',
      level: 'block',
      description: 'Nobody registers and pays so soon after the click.',
      mode: 'suspicious',
      score: 40,
      params: { underMs: 15_000 },
      defaults: { mode: 'suspicious', score: 40, params: { underMs: 15_000 } },
      bounds: {
        underMs: {
          min: 100,
          max: 600_000,
          description: 'Milliseconds after the click below which it speaks.',
        },
      },
    });
  });

  it('shows any version that there ever was', async () => {
    await put(mode('active')).expect(200);
    await put(mode('off')).expect(200);
    for (const [version, expected] of [
      [1, 'suspicious'],
      [2, 'active'],
      [3, 'off'],
    ] as const) {
      const { body } = await get(`?version=${version}`).expect(200);
      expect([body.version, body.rules.fast_deposit.mode]).toEqual([version, expected]);
    }
    await get('?version=4').expect(404);
    await get('?version=0').expect(400);
  });
});

describe('PUT /v1/fraud/rules', () => {
  it('appends a version that keeps what was not named, and audits it', async () => {
    const rules = {
      fast_deposit: { mode: 'active', params: { underMs: 9_000 } },
      bot_user_agent: { score: 70 },
    };
    const changed = await put({ version: 1, rules }).expect(200);
    expect(changed.headers.etag).toBe('"2"');
    expect(changed.body).toMatchObject({
      version: 2,
      createdAt: new Date(fixture.clock.nowMs()).toISOString(),
      createdBy: expect.stringMatching(/^key:key_/),
      rules: {
        fast_deposit: { mode: 'active', score: 40, params: { underMs: 9_000 } },
        bot_user_agent: { mode: 'active', score: 70 },
        repeat_click: { mode: 'active', score: 30, params: { withinMs: 2_000 } },
      },
    });
    expect((await get()).body).toEqual(changed.body);
    const [entry] = await fixture.deps.db('audit').where({ workspace_id: workspaceUuid });
    expect(entry).toMatchObject({ action: 'fraud_rules.changed', detail: { version: 2, rules } });
  });

  it('repeated, finds its wish fulfilled', async () => {
    await put(mode('active')).expect(200);
    expect((await put(mode('active')).expect(200)).body.version).toBe(2);
    expect(await stored()).toHaveLength(1);
  });

  it.each([
    ['a stale version', { version: 1, ...mode('off') }, undefined],
    ['a version to come', { version: 3, ...mode('off') }, undefined],
    ['a stale If-Match', mode('off'), '"1"'],
    ['one of both stale', { version: 1, ...mode('off') }, '"2"'],
  ])('refuses %s with 409', async (_name, body, ifMatch) => {
    await put(mode('active')).expect(200);
    const refused = await put(body, ifMatch);
    expect(refused.status).toBe(409);
    expect(refused.body).toMatchObject({
      code: 'stale_revision',
      detail: expect.stringContaining('version 2'),
    });
    expect(await stored()).toHaveLength(1);
  });

  it.each([['"1"'], ['*'], ['"7", "1"']])('takes If-Match: %s', async (ifMatch) => {
    expect((await put(mode('active'), ifMatch).expect(200)).body.version).toBe(2);
  });

  it('lets one of many at once through, and loses none of those who ask for no version', async () => {
    const raced = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        put({ version: 1, rules: { fast_deposit: { params: { underMs: 1_000 + index } } } }),
      ),
    );
    const statuses = raced.map(({ status }) => status).sort((a, b) => a - b);
    expect(statuses).toEqual([200, ...Array.from({ length: 9 }, () => 409)]);
    const codes = ['fast_install', 'fast_conversion', 'clicks_per_ip', 'duplicate_transaction'];
    await Promise.all(codes.map((code) => put({ rules: { [code]: { mode: 'active' } } }).expect(200)));
    const { body } = await get();
    expect(body.version).toBe(6);
    expect(codes.map((code) => body.rules[code].mode)).toEqual(codes.map(() => 'active'));
  });

  it.each([
    ['no rules', {}, ['rules']],
    ['an empty change', { rules: {} }, ['rules']],
    ['an unknown rule', { rules: { vibes: { mode: 'active' } } }, ['rules.vibes']],
    ['another mode', mode('on'), ['rules.fast_deposit.mode']],
    ['too high a score', { rules: { fast_deposit: { score: 101 } } }, ['rules.fast_deposit.score']],
    ['a score that is no number', { rules: { fast_deposit: { score: '5' } } }, ['rules.fast_deposit.score']],
    [
      'a threshold below its bounds',
      { rules: { clicks_per_ip: { params: { maxClicks: 0 } } } },
      ['rules.clicks_per_ip.params.maxClicks'],
    ],
    [
      'one above them',
      { rules: { clicks_per_ip: { params: { maxClicks: 1_001 } } } },
      ['rules.clicks_per_ip.params.maxClicks'],
    ],
    [
      'half a click',
      { rules: { clicks_per_ip: { params: { maxClicks: 1.5 } } } },
      ['rules.clicks_per_ip.params.maxClicks'],
    ],
    [
      'an unknown threshold',
      { rules: { clicks_per_ip: { params: { seconds: 5 } } } },
      ['rules.clicks_per_ip.params.seconds'],
    ],
    ['an unknown field', { rules: { fast_deposit: { family: 'geo' } } }, ['rules.fast_deposit.family']],
    ['another version of the product', { version: '1', ...mode('off') }, ['version']],
  ])('refuses %s', async (_name, body, paths) => {
    const refused = await put(body);
    expect(refused.status).toBe(400);
    expect(refused.body.errors.map(({ path }: { path: string }) => path)).toEqual(paths);
    expect(await stored()).toEqual([]);
  });

  it.each([1, 1_000])('takes a bound itself: %d', async (maxClicks) => {
    const { body } = await put({ rules: { clicks_per_ip: { params: { maxClicks } } } }).expect(200);
    expect(body.rules.clicks_per_ip.params).toEqual({ maxClicks });
  });

  it('is for keys that may set up, and changes nobody else’s rules', async () => {
    await put(mode('active')).expect(200);
    const other = await insertWorkspace(fixture.deps.db);
    key = await insertApiKey(fixture.deps.db, { ...other, scopes: ['read'] });
    await put(mode('off')).expect(403);
    expect((await get().expect(200)).body.version).toBe(1);
    key = 'ck_nobody';
    await get().expect(401);
  });
});

describe('rules of the workspace’s own', () => {
  const big = {
    code: 'big_in_brazil',
    mode: 'active',
    level: 'block',
    score: 40,
    reason: 'So much at once comes from nobody there.',
    when: {
      kinds: ['deposit'],
      places: ['BR-SP'],
      amountFrom: { amount: '1000.00', currency: 'BRL' },
    },
  };

  it('are part of a version, kept by the next, and replaced as a whole', async () => {
    expect((await get()).body.custom).toEqual([]);
    const when = { ...big.when, places: ['br-sp'], amountFrom: { amount: 1000, currency: 'BRL' } };
    const first = await put({ custom: [{ ...big, when }] }).expect(200);
    expect(first.body).toMatchObject({ version: 2, custom: [big] });
    expect((await put({ custom: [big] }).expect(200)).body.version).toBe(2);
    expect((await put(mode('active')).expect(200)).body).toMatchObject({ version: 3, custom: [big] });
    const { code, reason } = big;
    const plain = { code, reason, when: { currencies: ['BRL'] } };
    const third = await put({ version: 3, custom: [plain], rules: { fast_deposit: { score: 1 } } }).expect(
      200,
    );
    const defaults = { mode: 'suspicious', level: 'review', score: 30 };
    expect(third.body).toMatchObject({ version: 4, custom: [{ ...plain, ...defaults }] });
    expect((await put({ custom: [] }).expect(200)).body).toMatchObject({ version: 5, custom: [] });
    expect((await get('?version=3').expect(200)).body.custom).toEqual([big]);
    const entries = await fixture.deps.db('audit').where({ workspace_id: workspaceUuid }).orderBy('at');
    expect(entries[0]).toMatchObject({ detail: { version: 2, custom: [big] } });
  });

  it('are at most fifty', async () => {
    const rules = Array.from({ length: 51 }, (_, index) => ({
      ...big,
      code: `rule_${String.fromCharCode(97 + (index % 26))}${index < 26 ? '' : 'z'}`,
    }));
    const statuses = [rules.slice(0, 50), rules].map(async (custom) => (await put({ custom })).status);
    expect(await Promise.all(statuses)).toEqual([200, 400]);
  });

  it.each([
    ['a code twice', [big, big], ['custom.1.code']],
    ['a code of other letters', [{ ...big, code: 'Big' }], ['custom.0.code']],
    ['no condition', [{ ...big, when: {} }], ['custom.0.when']],
    ['a kind that is never judged', [{ ...big, when: { kinds: ['withdrawal'] } }], ['custom.0.when.kinds.0']],
    ['an empty list', [{ ...big, when: { places: [] } }], ['custom.0.when.places']],
    ['a place that is none', [{ ...big, when: { places: ['QQ'] } }], ['custom.0.when.places.0']],
    ['an unknown condition', [{ ...big, when: { city: ['Rio'] } }], ['custom.0.when.city']],
    ['proof', [{ ...big, level: 'proof' }], ['custom.0.level']],
    ['no reason', [{ ...big, reason: ' ' }], ['custom.0.reason']],
    [
      'a span that ends before it begins',
      [{ ...big, when: { ...big.when, amountTo: { amount: '999.99', currency: 'BRL' } } }],
      ['custom.0.when.amountTo'],
    ],
  ])('are refused with %s', async (_name, custom, paths) => {
    const refused = await put({ custom });
    expect(refused.status).toBe(400);
    expect(refused.body.errors.map(({ path }: { path: string }) => path)).toEqual(paths);
    expect(await stored()).toEqual([]);
  });
});

describe('the countries of a campaign', () => {
  const call = (method: 'post' | 'patch', path: string, body: object) =>
    request(fixture.app)[method](path).set('authorization', `Bearer ${key}`).send(body);
  const newCampaign = async (slug: string, countries?: unknown) => {
    const offer = await call('post', '/v1/offers', { name: 'o', landingUrl: 'https://casino.example/' });
    return call('post', '/v1/campaigns', { slug, name: 'c', offerId: offer.body.offerId, countries });
  };

  it('are part of its versions', async () => {
    expect((await newCampaign('everywhere')).body).toMatchObject({ countries: null });
    const { body } = await newCampaign('dach', { mode: 'allow', list: ['de', 'AT', 'de', 'UK'] });
    expect(body.countries).toEqual({ mode: 'allow', list: ['DE', 'AT', 'GB'] });
    const path = `/v1/campaigns/${body.campaignId}`;
    const renamed = await call('patch', path, { name: 'renamed' });
    expect(renamed.body).toMatchObject({ version: 2, countries: body.countries });
    const denied = await call('patch', path, { countries: { mode: 'deny', list: ['US', 'uk-eng'] } });
    expect(denied.body).toMatchObject({ version: 3, countries: { mode: 'deny', list: ['US', 'GB-ENG'] } });
    const opened = await call('patch', path, { countries: null });
    expect(opened.body).toMatchObject({ version: 4, countries: null });
  });

  it.each([
    ['a region of no country', { mode: 'allow', list: ['QQ-NJ'] }, ['countries.list.0']],
    ['the name of a region', { mode: 'allow', list: ['US-New Jersey'] }, ['countries.list.0']],
    ['no country', { mode: 'allow', list: [] }, ['countries.list']],
    ['a name', { mode: 'allow', list: ['Germany'] }, ['countries.list.0']],
    ['a country that is none', { mode: 'deny', list: ['DE', 'QQ'] }, ['countries.list.1']],
    ['another mode', { mode: 'only', list: ['DE'] }, ['countries.mode']],
    ['a bare list', ['DE'], ['countries']],
  ])('are refused with %s', async (_name, countries, paths) => {
    const refused = await newCampaign('refused', countries);
    expect(refused.status).toBe(400);
    expect(refused.body.errors.map(({ path }: { path: string }) => path)).toEqual(paths);
  });
});
