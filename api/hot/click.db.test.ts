import { createServer, type Socket } from 'node:net';
import request from 'supertest';
import { createDb, type Db } from '../../db/knex';
import { type ClickId, type PartnerId, parseId, uuidFromId } from '../../domain/ids';
import { DAY_MS } from '../../domain/time';
import { insertCampaign, insertOffer } from '../../testing/builders/insert-campaign';
import { insertPartner } from '../../testing/builders/insert-partner';
import { type IngestFixture, startIngest } from '../../testing/ingest-fixture';
import { createApp } from '../app';
import type { CampaignCatalog } from './campaign-catalog';

let ingest: IngestFixture;
let db: Db;
let housePartner: PartnerId;
let otherPartner: PartnerId;

const LANDING = 'https://casino.example/go?cid={click_id}&s={sub1}';
const FALLBACK = 'https://casino.example/closed?s={sub1}';

beforeAll(async () => {
  ingest = await startIngest({ env: { CLICKCHAIN_TRUSTED_PROXIES: '127.0.0.1,::1' } });
  db = ingest.testDb.db;
  const { workspaceId } = ingest;
  housePartner = await insertPartner(db, { workspaceId, code: 'house' });
  otherPartner = await insertPartner(db, { workspaceId, code: 'other' });
  const offerId = await insertOffer(db, { workspaceId, landingUrl: LANDING, fallbackUrl: FALLBACK });
  const plainOffer = await insertOffer(db, {
    workspaceId,
    landingUrl: 'https://casino.example/{sub1}/{sub2}',
  });
  await insertCampaign(db, { workspaceId, slug: 'go', offerId, partnerId: housePartner });
  await insertCampaign(db, { workspaceId, slug: 'paths', offerId: plainOffer });
  await insertCampaign(db, { workspaceId, slug: 'paused', offerId, status: 'paused' });
  await insertCampaign(db, { workspaceId, slug: 'paused-bare', offerId: plainOffer, status: 'paused' });
  await insertCampaign(db, { workspaceId, slug: 'lands', offerId, onOutage: 'landing' });
  await ingest.deps.catalog.refresh();
});
afterAll(() => ingest.stop());

function clickIdIn(location: string): ClickId {
  const url = new URL(location);
  const clickId = parseId('clk', url.searchParams.get('cid') ?? url.searchParams.get('click_id') ?? '');
  if (clickId === null) throw new Error(`no click id in ${location}`);
  return clickId;
}

async function rowsOf(clickId: ClickId) {
  const id = uuidFromId(clickId);
  const [click, raw, outbox] = await Promise.all([
    db('clicks').where('click_id', id).first(),
    db('click_raw').where('click_id', id).first(),
    db('outbox').where({ kind: 'click', ref_id: id }),
  ]);
  return { click, raw, outbox };
}

async function clickCount(): Promise<number> {
  const row = await db('clicks').count('* as n').first();
  return Number(row?.n);
}

describe('GET /c/{slug}', () => {
  it('records the click with everything the link said, and sends the visitor on with our id', async () => {
    const answer = await request(ingest.app)
      .get('/c/go?p=other&sub1=a%20b&s2=B&gclid=Cj0~x&ScCid=Z&utm_source=tt&click_id=SRC-1')
      .set('user-agent', 'Mozilla/5.0')
      .set('referer', 'https://blog.example/')
      .set('x-forwarded-for', '1.2.3.4, 203.0.113.50');
    expect(answer.status).toBe(302);
    expect(answer.headers['cache-control']).toBe('no-store');
    const location = String(answer.headers.location);
    const clickId = clickIdIn(location);
    expect(location).toBe(`https://casino.example/go?cid=${clickId}&s=a%20b`);
    const { click, raw, outbox } = await rowsOf(clickId);
    expect(click).toMatchObject({
      partner_id: uuidFromId(otherPartner),
      partner_reason: null,
      external_id: 'SRC-1',
      subs: { sub1: 'a b', sub2: 'B' },
      ad_ids: { gclid: 'Cj0~x', ScCid: 'Z' },
      utm: { utm_source: 'tt' },
      campaign_version: 1,
      clicked_at: new Date(ingest.clock.nowMs()),
      expires_at: new Date(ingest.clock.nowMs() + 30 * DAY_MS),
    });
    expect(raw).toMatchObject({
      ip: '203.0.113.50',
      user_agent: 'Mozilla/5.0',
      referrer: 'https://blog.example/',
    });
    expect(raw.query).toContain('gclid=Cj0~x');
    expect(outbox).toMatchObject([{ lane: 2, run: 0 }]);
  });

  it('marks the click of a test link, and of no other', async () => {
    for (const [query, isTest] of [
      ['test=1', true],
      ['sub1=test', false],
    ] as const) {
      const answer = await request(ingest.app).get(`/c/go?${query}`);
      expect(answer.status).toBe(302);
      const { click, outbox } = await rowsOf(clickIdIn(String(answer.headers.location)));
      expect(click.is_test).toBe(isTest);
      expect(outbox).toHaveLength(1);
    }
  });

  it('takes one statement, and reads nothing', async () => {
    const statements: string[] = [];
    // A pool of its own: the catalog may be reloading through the shared one.
    const counted = createDb(ingest.testDb.url, { applicationName: 'counted', poolMax: 1 });
    counted.on('query', ({ sql }: { sql: string }) => statements.push(sql));
    await request(createApp({ ...ingest.deps, db: counted }))
      .get('/c/go?p=unknown')
      .expect(302);
    await counted.destroy();
    expect(statements).toHaveLength(1);
    expect(statements.join()).not.toMatch(/\b(?:from|join)\s+(?!unnest|given)\w+/i);
  });

  it('keeps a visitor by a first-party cookie for 30 days', async () => {
    const first = await request(ingest.app).get('/c/go');
    const cookie = String(first.headers['set-cookie']);
    expect(cookie).toMatch(/^cc_vid=vis_[0-9a-z]{26}; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Lax$/);
    const pair = cookie.split(';')[0] ?? '';
    const second = await request(ingest.app).get('/c/go').set('cookie', `a=b; ${pair}`);
    expect(String(second.headers['set-cookie'])).toContain(pair);
    const [a, b] = await Promise.all(
      [first, second].map((answer) => rowsOf(clickIdIn(String(answer.headers.location)))),
    );
    expect(a?.click.visitor_id).toBe(b?.click.visitor_id);
  });

  it.each(['cc_vid=', 'cc_vid=vis_short', 'cc_vid=clk_00000000000000000000000000', 'cc_vid=vis_; x'])(
    'gives a new visitor instead of the malformed cookie "%s"',
    async (cookie) => {
      const answer = await request(ingest.app).get('/c/go').set('cookie', cookie);
      expect(answer.status).toBe(302);
      expect(String(answer.headers['set-cookie'])).toMatch(/^cc_vid=vis_[0-9a-z]{26};/);
    },
  );

  it('marks the cookie Secure behind a trusted proxy that speaks https', async () => {
    const answer = await request(ingest.app).get('/c/go').set('x-forwarded-proto', 'https');
    expect(String(answer.headers['set-cookie'])).toContain('; Secure');
  });

  it('credits the campaign’s partner for an unknown code, and says why', async () => {
    const answer = await request(ingest.app).get('/c/go?p=nobody');
    const { click } = await rowsOf(clickIdIn(String(answer.headers.location)));
    expect(click).toMatchObject({
      partner_id: uuidFromId(housePartner),
      partner_reason: 'unknown_partner_code',
    });
  });

  it('stores placeholders that were never filled in as absent', async () => {
    const answer = await request(ingest.app).get('/c/go?sub1={clickid}&sub2=[CLICK_ID]&cid=%24%7BSUBID%7D');
    const { click } = await rowsOf(clickIdIn(String(answer.headers.location)));
    expect(click).toMatchObject({ subs: {}, external_id: null });
  });

  it('stores whatever bytes a link holds', async () => {
    for (const query of [
      'sub1=%00',
      'sub1=%ED%A0%80',
      'sub1=%FF%FE',
      `sub1=${'x'.repeat(9_000)}`,
      '%',
      '&&=&',
    ]) {
      const answer = await request(ingest.app).get(`/c/go?${query}`);
      expect(answer.status).toBe(302);
    }
  });

  it.each([
    'url=https://evil.example',
    'redirect=//evil.example',
    'sub1=//evil.example',
    'sub1=https://evil.example/&sub2=..',
    'sub1=@evil.example',
    'sub1=%5C%5Cevil.example',
    'sub1=..&sub2=..',
    'sub1=%0d%0aLocation:%20https://evil.example',
    'sub1=.evil.example',
    'sub1=:80@evil.example',
    'sub1=javascript:alert(1)',
    'sub1=%E3%80%82evil.example',
  ])('is no open redirect: %s', async (query) => {
    for (const slug of ['go', 'paths', 'paused']) {
      const answer = await request(ingest.app).get(`/c/${slug}?${query}`);
      expect(answer.status).toBe(302);
      expect(new URL(String(answer.headers.location)).origin).toBe('https://casino.example');
      expect(answer.headers.location).not.toMatch(/[\r\n\\]/);
    }
  });

  it('sends a paused campaign’s visitors to its fallback, unrecorded and without a cookie', async () => {
    const before = await clickCount();
    const answer = await request(ingest.app).get('/c/paused?sub1=x');
    expect(answer.status).toBe(302);
    expect(answer.headers.location).toBe('https://casino.example/closed?s=x');
    expect(answer.headers['set-cookie']).toBeUndefined();
    expect(await clickCount()).toBe(before);
  });

  it.each(['paused-bare', 'no-such-campaign', '__proto__', '%2e%2e', 'GO'])(
    'answers /c/%s with a plain 404 page',
    async (slug) => {
      const answer = await request(ingest.app).get(`/c/${slug}?url=https://evil.example`);
      expect(answer.status).toBe(404);
      expect(answer.headers['content-type']).toContain('text/html');
      expect(answer.headers.location).toBeUndefined();
      expect(answer.text).not.toContain('evil');
    },
  );

  it('sends HEAD on without recording it', async () => {
    const before = await clickCount();
    const answer = await request(ingest.app).head('/c/go?sub1=x');
    expect(answer.status).toBe(302);
    expect(answer.headers.location).toBe('https://casino.example/go?cid=&s=x');
    expect(answer.headers['set-cookie']).toBeUndefined();
    expect(await clickCount()).toBe(before);
  });

  it.each([
    ['sec-purpose', 'prefetch;prerender'],
    ['sec-purpose', 'prefetch'],
    ['purpose', 'prefetch'],
    ['x-moz', 'prefetch'],
    ['x-purpose', 'preview'],
  ])('does not take a prefetch (%s: %s) for a click', async (name, value) => {
    const before = await clickCount();
    const answer = await request(ingest.app).get('/c/go').set(name, value);
    expect(answer.status).toBe(503);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(await clickCount()).toBe(before);
  });

  it('records a hundred clicks at once, each with its journey to come', async () => {
    const before = await clickCount();
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, n) => request(ingest.app).get(`/c/go?sub1=${n}`)),
    );
    expect(answers.every(({ status }) => status === 302)).toBe(true);
    expect(await clickCount()).toBe(before + 100);
    const ids = answers.map((answer) => uuidFromId(clickIdIn(String(answer.headers.location))));
    expect(await db('outbox').where('kind', 'click').whereIn('ref_id', ids)).toHaveLength(100);
  });
});

describe('while Postgres is away', () => {
  const closed = 'postgres://nobody@127.0.0.1:1/none';

  async function withApp<T>(
    url: string,
    work: (app: ReturnType<typeof createApp>) => Promise<T>,
  ): Promise<T> {
    const away = createDb(url, { applicationName: 'away', poolMax: 2 });
    try {
      return await work(createApp({ ...ingest.deps, db: away }));
    } finally {
      await away.destroy();
    }
  }

  /** Takes connections and never says a word, as a stopped server does. */
  async function withSilentServer<T>(work: (url: string) => Promise<T>): Promise<T> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    try {
      return await work(`postgres://nobody@127.0.0.1:${address.port}/none`);
    } finally {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    }
  }

  it.each([
    ['refuses connections', (work: (url: string) => Promise<void>) => work(closed)],
    ['accepts and says nothing', withSilentServer<void>],
  ])('answers within two seconds with a page that tries again, when it %s', async (_what, withUrl) => {
    await withUrl((url) =>
      withApp(url, async (app) => {
        const startedMs = Date.now();
        const answer = await request(app).get('/c/go');
        expect(Date.now() - startedMs).toBeLessThan(2_000);
        expect(answer.status).toBe(503);
        expect(answer.headers['retry-after']).toBe('2');
        expect(answer.headers['cache-control']).toBe('no-store');
        expect(answer.headers['set-cookie']).toBeUndefined();
        expect(answer.text).toContain('<meta http-equiv="refresh" content="2">');
        expect(answer.text).not.toMatch(/src=|href=/);
      }),
    );
  });

  it('answers within two seconds when an established connection hangs', async () => {
    await db.transaction(async (trx) => {
      await trx.raw('LOCK TABLE clicks IN ACCESS EXCLUSIVE MODE');
      const startedMs = Date.now();
      await request(ingest.app).get('/c/go').expect(503);
      expect(Date.now() - startedMs).toBeLessThan(2_000);
    });
  });

  it('sends visitors to the landing page, untracked and counted, where the campaign says so', async () => {
    await withApp(closed, async (app) => {
      const untracked = async () =>
        (await ingest.deps.metrics.clicks.get()).values.find(({ labels }) => labels.outcome === 'untracked')
          ?.value ?? 0;
      const before = await untracked();
      const answer = await request(app).get('/c/lands?sub1=x');
      expect(answer.status).toBe(302);
      expect(answer.headers.location).toBe('https://casino.example/go?cid=&s=x');
      expect(answer.headers['set-cookie']).toBeUndefined();
      expect(await untracked()).toBe(before + 1);
    });
  });

  it('asks to try again, not that nothing is there, before any campaign could be read', async () => {
    const empty: CampaignCatalog = {
      ...ingest.deps.catalog,
      isLoaded: () => false,
      findCampaign: () => null,
    };
    const answer = await request(createApp({ ...ingest.deps, catalog: empty })).get('/c/go');
    expect(answer.status).toBe(503);
  });
});

it('marks the cookie Secure when the public address is https', async () => {
  const config = { ...ingest.deps.config, publicUrl: 'https://track.example' };
  const answer = await request(createApp({ ...ingest.deps, config })).get('/c/go');
  expect(String(answer.headers['set-cookie'])).toContain('; Secure');
});
