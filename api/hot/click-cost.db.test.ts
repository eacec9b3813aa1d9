import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { clickRequests, type LinkKind } from '../../bench/load/click-requests';
import { acknowledgedClick } from '../../bench/load/http-answer';
import { createLinePool, type LinePool } from '../../bench/load/line-pool';
import { createDb, type Db } from '../../db/knex';
import { insertCampaign, insertOffer } from '../../testing/builders/insert-campaign';
import { insertPartner } from '../../testing/builders/insert-partner';
import { type IngestFixture, startIngest } from '../../testing/ingest-fixture';
import { createApp } from '../app';

/** What a click may take of the database. Counted: no figure here depends on how fast the machine is. */

const CLICKS = 2_000;
let ingest: IngestFixture;
/** One session, so that what it has written is all that there was to write. */
let counted: Db;
let statements: string[];
let server: Server;
let pool: LinePool;

beforeAll(async () => {
  ingest = await startIngest({ env: { CLICKCHAIN_TRUSTED_PROXIES: '127.0.0.1' } });
  const { db } = ingest.testDb;
  const { workspaceId } = ingest;
  const partnerId = await insertPartner(db, { workspaceId, code: 'ALPHA' });
  const offerId = await insertOffer(db, {
    workspaceId,
    landingUrl: 'https://casino.example/go?cid={click_id}',
  });
  await insertCampaign(db, { workspaceId, slug: 'spring', offerId, partnerId });
  await ingest.deps.catalog.refresh();
  counted = createDb(ingest.testDb.url, { applicationName: 'counted', poolMax: 1 });
  statements = [];
  counted.on('query', ({ sql }: { sql: string }) => statements.push(sql));
  // Time goes on, as it does for visitors: clicks of one millisecond have keys in no order.
  const clock = { nowMs: () => Date.now() };
  server = createServer(createApp({ ...ingest.deps, db: counted, clock }));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  pool = createLinePool({ host: '127.0.0.1', port: (server.address() as AddressInfo).port }, 256);
  // Makes the first pages of every table and index.
  await clickAll(256, 'plain');
});

afterAll(async () => {
  pool.close();
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
  await counted.destroy();
  await ingest.stop();
});

/** So many clicks by as many visitors with the browsers of today, 256 at a time; each one acknowledged. */
async function clickAll(count: number, kind: LinkKind): Promise<void> {
  const requests = clickRequests({ link: '/c/spring', partnerCode: 'ALPHA', kind }).slice(0, count);
  const answers = await Promise.all(requests.map((request) => pool.exchange(request)));
  const clickIds = answers.map((answer) => (answer === null ? null : acknowledgedClick(answer)));
  expect(new Set(clickIds).size).toBe(count);
  expect(clickIds).not.toContain(null);
}

/** Bytes of the write-ahead log that the session has written so far. */
async function walBytes(): Promise<number> {
  await counted.raw('SELECT pg_stat_force_next_flush()');
  const { rows } = await counted.raw<{ rows: { bytes: string; images: string }[] }>(
    `SELECT wal_bytes::text AS bytes, current_setting('full_page_writes') AS images
     FROM pg_stat_get_backend_wal(pg_backend_pid())`,
  );
  // Images of whole pages after a checkpoint would be counted, too, and their number is chance.
  expect(rows[0]?.images).toBe('off');
  return Number(rows[0]?.bytes);
}

async function walPerClick(kind: LinkKind): Promise<number> {
  const before = await walBytes();
  await clickAll(CLICKS, kind);
  return ((await walBytes()) - before) / CLICKS;
}

describe('what a click costs', () => {
  it('is far less than one statement, and no read, when many click at once', async () => {
    statements.length = 0;
    await clickAll(CLICKS, 'plain');
    expect(statements.length).toBeLessThanOrEqual(CLICKS / 10);
    const others = statements.filter((sql) => !/\bINSERT INTO clicks\b/.test(sql));
    expect(others).toEqual([]);
    expect(statements.join()).not.toMatch(/\b(?:from|join)\s+(?!unnest|given)\w+/i);
  });

  // Each kind once: a second time the indexes of tags would only repeat themselves.
  it('is at most a kibibyte of the log for a click whose link names its partner', async () => {
    expect(await walPerClick('bare')).toBeLessThanOrEqual(1_024);
  });

  // What is tagged can be searched for: the index of values takes a hundred bytes for each that is new.
  it.each([
    ['plain', 1_080],
    ['rich', 3_400],
  ] as const)('stays within its bound for a %s link', async (kind, bytes) => {
    expect(await walPerClick(kind)).toBeLessThanOrEqual(bytes);
  });
});
