import { Agent, request as ask, type IncomingMessage, type Server } from 'node:http';
import fc from 'fast-check';
import request from 'supertest';
import { createApp } from '../../api/app';
import { createHttpServer, drain, listen } from '../../api/http-server';
import { createDb, type Db } from '../../db/knex';
import { compileLandingTemplate, validateLandingTemplate } from '../../domain/landing-url';
import { type IngestFixture, startIngest } from '../ingest-fixture';
import {
  asHeader,
  encoded,
  HOSTILE_TEMPLATES,
  HOSTILE_VALUES,
  LINK_PARAMETERS,
  SPOKEN_HEADERS,
} from './redirect-corpus';
import { uriAuthority } from './uri-authority';

/** A campaign by its slug: where its visitors may be sent, and nowhere else. */
const LANDINGS: Readonly<Record<string, string>> = {
  query: 'https://casino.example/go?cid={click_id}&s={sub1}&x={external_id}',
  path: 'https://casino.example/{sub1}/{sub2}{sub3}/{external_id}?n={sub4}#{sub5}',
  bare: 'https://casino.example?{sub1}',
  port: 'http://play.casino.example:8443/{sub1}{sub2}',
  fragment: 'https://casino.example/#/{sub1}/{click_id}',
  closed: 'https://casino.example/gone',
};
const FALLBACK = 'https://closed.example/{sub1}/{external_id}?s={sub2}';

let ingest: IngestFixture;
let server: Server;
let serverWithoutDb: Server;
let away: Db;
let port: number;
let portWithoutDb: number;
const agent = new Agent({ keepAlive: true, maxSockets: 8 });

beforeAll(async () => {
  // The client is a trusted proxy: what it forwards is believed, and still leads nowhere else.
  ingest = await startIngest({ env: { CLICKCHAIN_TRUSTED_PROXIES: '127.0.0.1' } });
  for (const [slug, landingUrl] of Object.entries(LANDINGS)) {
    const { offerId } = await create('/v1/offers', { name: slug, landingUrl, fallbackUrl: FALLBACK });
    const status = slug === 'closed' ? 'paused' : 'active';
    await create('/v1/campaigns', { slug, name: slug, offerId, status, onOutage: 'landing' });
  }
  server = createHttpServer(ingest.app);
  port = await listen(server, 0, '127.0.0.1');
  away = createDb('postgres://nobody@127.0.0.1:1/none', { applicationName: 'away', poolMax: 1 });
  serverWithoutDb = createHttpServer(createApp({ ...ingest.deps, db: away }));
  portWithoutDb = await listen(serverWithoutDb, 0, '127.0.0.1');
});
afterAll(async () => {
  agent.destroy();
  await Promise.all([drain(server), drain(serverWithoutDb)]);
  await away.destroy();
  await ingest.stop();
});

async function create(path: string, body: object): Promise<Record<string, string>> {
  const sent = request(ingest.app).post(path).set('authorization', `Bearer ${ingest.adminKey}`);
  return (await sent.send(body).expect(201)).body;
}

type Answer = { readonly status: number; readonly raw: readonly string[]; readonly location: string };

function get(path: string, headers: Record<string, string> = {}, to = port, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = ask(
      { agent, host: '127.0.0.1', port: to, path, headers, method },
      (res: IncomingMessage) => {
        res.resume();
        res.once('end', () => {
          const location = res.headers.location ?? '';
          resolve({ status: res.statusCode ?? 0, raw: res.rawHeaders, location });
        });
      },
    );
    sent.once('error', reject);
    sent.end();
  });
}

/** Names that an answer of the click path may have; another one would have been smuggled in. */
const OWN_HEADERS =
  /^(?:x-request-id|cache-control|set-cookie|location|date|connection|keep-alive|content-length|transfer-encoding|retry-after|content-security-policy|x-content-type-options|content-type)$/i;

function expectSentTo(template: string, { status, raw, location }: Answer): void {
  const wanted = new URL(new URL(template.replace(/\{\w+\}/g, '')).origin);
  expect(status).toBe(302);
  expect(new URL(location)).toMatchObject({
    ...{ protocol: wanted.protocol, host: wanted.host, username: '', password: '' },
  });
  const { scheme, userInfo, host, port: portText } = uriAuthority(location) ?? {};
  expect({ scheme, userInfo, host, port: portText }).toEqual({
    ...{ scheme: wanted.protocol.slice(0, -1), userInfo: null, host: wanted.hostname },
    port: wanted.port === '' ? null : wanted.port,
  });
  expect(location).toMatch(/^[\x21-\x7e]+$/);
  expect(location).not.toContain('\\');
  const names = raw.filter((_text, index) => index % 2 === 0);
  expect(names.filter((name) => !OWN_HEADERS.test(name))).toEqual([]);
  expect(names.filter((name) => /^location$/i.test(name))).toHaveLength(1);
  expect(raw.join('')).not.toMatch(/[\r\n\0]/);
  const cookies = raw.filter((_text, index) => /^set-cookie$/i.test(raw[index - 1] ?? ''));
  for (const cookie of cookies) {
    expect(cookie).toMatch(
      /^cc_vid=vis_[0-9a-z]{26}; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Lax(?:; Secure)?$/,
    );
  }
}

/** The value in all parameters at once, encoded as a browser would, twice, and as it stands where HTTP allows it. */
function queriesOf(value: string): string[] {
  const once = encoded(value);
  const raw = value.replace(/[^\x21-\x7e]|[#&]/g, encoded);
  return [once, encoded(once), raw].map((text) => LINK_PARAMETERS.map((name) => `${name}=${text}`).join('&'));
}

/** 66 parameters of 3,000 characters would not fit a request; one does. */
const fitting = (query: string): string =>
  query.length > 12_000 ? query.slice(0, 12_000).replace(/%.?$/, '') : query;

describe('the host of a redirect', () => {
  it.each(Object.entries(LANDINGS))(
    'is the campaign’s, whatever the link says: %s',
    async (slug, landing) => {
      const template = slug === 'closed' ? FALLBACK : landing;
      // All three encodings where the values stand in the path; elsewhere they take turns.
      const all = HOSTILE_VALUES.map(queriesOf);
      const queries =
        slug === 'path' ? all.flat() : all.map((ways, index) => ways[index % ways.length] ?? '');
      const answers = await Promise.all(queries.map((query) => get(`/c/${slug}?${fitting(query)}`)));
      for (const answer of answers) expectSentTo(template, answer);
    },
  );

  it.each(Object.entries(LANDINGS).slice(0, 2))('also untracked, and for HEAD: %s', async (slug, landing) => {
    const queries = HOSTILE_VALUES.filter((_value, index) => index % 3 === 0).map((value) =>
      fitting(queriesOf(value)[0] ?? ''),
    );
    const answers = await Promise.all([
      ...queries.map((query) => get(`/c/${slug}?${query}`, {}, port, 'HEAD')),
      ...queries.map((query) => get(`/c/${slug}?${query}`, {}, portWithoutDb)),
    ]);
    for (const answer of answers) expectSentTo(landing, answer);
  });

  it('is the campaign’s, whatever a header says', async () => {
    const headers = HOSTILE_VALUES.map((value) => asHeader(value)).flatMap((text) => [
      Object.fromEntries(SPOKEN_HEADERS.map((name) => [name, text])),
      { host: text.replace(/[^\x21-\x7e]/g, '') || 'evil.example', cookie: `cc_vid=${text}; a=${text}` },
    ]);
    const answers = await Promise.all(headers.map((one) => get('/c/path?sub1=a&sub2=b&external_id=c', one)));
    for (const answer of answers) expectSentTo(LANDINGS.path ?? '', answer);
  });

  it.each([
    ...[
      '//evil.example/c/query',
      '/\\evil.example/c/query',
      'http://evil.example/c/query',
      '/c//evil.example',
    ],
    ...[
      '/c/%2f%2fevil.example',
      '/c/query%0d%0aLocation:%20https://evil.example',
      '/c/query/..//evil.example/',
    ],
    ...[
      '/c/query;@evil.example',
      '/c/query%2f..%2f..%2f%2fevil.example',
      '/%2f%2fevil.example/..',
      '//evil.example/%2e%2e',
    ],
    ...['/c/', '/c', '/', '/docs/..//evil.example', '/c/query//', '/c/\\evil.example', '/v1//evil.example'],
  ])('%s leads to nobody else', async (path) => {
    const { status, location, raw } = await get(path);
    expect(status).toBeLessThan(500);
    if (location === '' || location === '/docs') return;
    expectSentTo(LANDINGS.query ?? '', { status, location, raw });
  });
});

describe('a landing page', () => {
  it.each(HOSTILE_TEMPLATES)('%j is refused at set-up', async (template) => {
    const { offerId } = await create('/v1/offers', { name: 'o', landingUrl: 'https://casino.example/' });
    const send = (method: 'post' | 'patch', path: string, body: object) =>
      request(ingest.app)[method](path).set('authorization', `Bearer ${ingest.adminKey}`).send(body);
    const landingUrl = 'https://casino.example/';
    const answers = [
      await send('post', '/v1/offers', { name: 'o', landingUrl: template }),
      await send('post', '/v1/offers', { name: 'o', landingUrl, fallbackUrl: template }),
      await send('patch', `/v1/offers/${offerId}`, { landingUrl: template }),
      await send('patch', `/v1/offers/${offerId}`, { fallbackUrl: template }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 400]);
    const paths = answers.map(({ body }) => body.errors[0].path);
    expect(paths).toEqual(['landingUrl', 'fallbackUrl', 'landingUrl', 'fallbackUrl']);
  });

  it('keeps its origin for every template that is accepted and every value', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '{sub1}',
        '{click_id}',
        '/',
        '?',
        '#',
        '&',
        '=',
        '//',
        '..',
        '.',
        ';',
        '@',
        ':',
        '%2e',
        'a',
        '%',
        '\\',
      ),
      fc.string({ maxLength: 4 }),
    );
    const value = fc.oneof(fc.constantFrom(...HOSTILE_VALUES), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), value, (pieces, sub1) => {
        const template = `https://casino.example${pieces.join('')}`;
        fc.pre(validateLandingTemplate(template).ok);
        const origin = /^https:\/\/casino\.example[a-z0-9.\-_:]*/i.exec(template)?.[0] ?? '';
        const url = compileLandingTemplate(template)({ clickId: 'clk_1', subs: { sub1 } });
        expect(new URL(url).origin).toBe(new URL(origin).origin);
        const { host, port: portText, userInfo } = uriAuthority(url) ?? {};
        expect(`https://${host}${portText ? `:${portText}` : ''}`.toLowerCase()).toBe(
          origin.replace(/:$/, '').toLowerCase(),
        );
        expect(userInfo).toBeNull();
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('the second parser', () => {
  it.each([
    ['https://a.example/x', { scheme: 'https', userInfo: null, host: 'a.example', port: null }],
    ['https://u:p@a.example:8080?x@y', { scheme: 'https', userInfo: 'u:p', host: 'a.example', port: '8080' }],
    ['//a@b@c.example', { scheme: null, userInfo: 'a@b', host: 'c.example', port: null }],
    ['http://[::1]:80/', { scheme: 'http', userInfo: null, host: '[::1]', port: '80' }],
    // Where the two disagree: WHATWG's parser reads the backslash as a slash.
    [
      'https://casino.example\\@evil.example/',
      { userInfo: 'casino.example\\', host: 'evil.example', scheme: 'https', port: null },
    ],
    ['javascript:alert(1)', null],
  ])('reads %s', (uri, authority) => {
    expect(uriAuthority(uri)).toEqual(authority);
  });
});
