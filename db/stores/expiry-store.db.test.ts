import { createHash } from 'node:crypto';
import { type ClickId, type EventId, uuidFromId } from '../../domain/ids';
import { DAY_MS } from '../../domain/time';
import { insertApiKey } from '../../testing/builders/insert-api-key';
import { insertCampaign } from '../../testing/builders/insert-campaign';
import { insertWorkspace, type WorkspaceFixture } from '../../testing/builders/insert-workspace';
import { newEvent } from '../../testing/builders/new-event';
import { recordTestClick } from '../../testing/builders/record-test-click';
import { createTestDb, type TestDb } from '../../testing/test-db';
import type { Db } from '../knex';
import { dayPartition, ensurePartitions } from '../partitions';
import { RETENTION } from '../retention';
import { acceptEvent } from './event-store';
import { EXPIRY_CHUNK_ROWS, expireKeptData } from './expiry-store';

let testDb: TestDb;
let db: Db;
let tenant: WorkspaceFixture;
const startMs = Date.now();

beforeAll(async () => {
  testDb = await createTestDb();
  db = testDb.db;
});
afterAll(() => testDb.drop());
beforeEach(async () => {
  tenant = await insertWorkspace(db);
});

describe('expireKeptData', () => {
  it('lets go of raw requests after thirty days, and of nothing else', async () => {
    const campaignId = await insertCampaign(db, tenant);
    const [old, young] = [startMs - 30 * DAY_MS - 1, startMs - 30 * DAY_MS];
    const clicks: ClickId[] = [];
    const events: EventId[] = [];
    for (const atMs of [old, young]) {
      const clickId = await recordTestClick(db, { ...tenant, campaignId, clickedAtMs: atMs });
      clicks.push(clickId);
      const event = newEvent(tenant, { kind: 'install', senderEventId: `I${atMs}`, clickRef: clickId });
      events.push((await acceptEvent(db, event, atMs)).id);
    }
    await expireKeptData(db, startMs);
    const kept = async (table: string, column: string, ids: readonly (ClickId | EventId)[]) =>
      (await db(table).whereIn(column, ids.map(uuidFromId)).pluck(column)) as string[];
    expect(await kept('click_raw', 'click_id', clicks)).toEqual(clicks.slice(1).map(uuidFromId));
    expect(await kept('event_raw', 'event_id', events)).toEqual(events.slice(1).map(uuidFromId));
    expect(await kept('clicks', 'click_id', clicks)).toHaveLength(2);
    expect(await kept('events', 'event_id', events)).toHaveLength(2);
    expect(await kept('inbox', 'event_id', events)).toHaveLength(2);
  });

  it('forgets the answers to idempotent requests after a day', async () => {
    await insertApiKey(db, tenant);
    const { key_id } = await db('api_keys').where('workspace_id', uuidFromId(tenant.workspaceId)).first();
    const answer = (idempotency_key: string, createdAtMs: number) => ({
      ...{ key_id, route: 'POST /v1/offers', idempotency_key, body_hash: createHash('sha256').digest() },
      ...{ response_status: 201, response_body: '{}', created_at: new Date(createdAtMs) },
    });
    await db('idempotency_keys').insert([
      answer('old', startMs - DAY_MS - 1),
      answer('young', startMs - DAY_MS),
    ]);
    await expireKeptData(db, startMs);
    expect(await db('idempotency_keys').pluck('idempotency_key')).toEqual(['young']);
  });

  it('drops a day of raw requests in one piece, once its last row is thirty days old', async () => {
    const campaignId = await insertCampaign(db, tenant);
    const { name } = dayPartition(startMs, 2, 'click_raw');
    const dayMs = (Math.floor(startMs / DAY_MS) + 2) * DAY_MS;
    await recordTestClick(db, { ...tenant, campaignId, clickedAtMs: dayMs });
    const lastId = await recordTestClick(db, { ...tenant, campaignId, clickedAtMs: dayMs + DAY_MS - 1 });
    const isThere = async () => (await db('pg_tables').where({ tablename: name })).length === 1;
    await expireKeptData(db, dayMs + 31 * DAY_MS - 1);
    expect(await isThere()).toBe(true);
    expect(await db('click_raw').where('click_id', uuidFromId(lastId))).toHaveLength(1);
    await expireKeptData(db, dayMs + 31 * DAY_MS);
    expect(await isThere()).toBe(false);
    expect(await db('click_raw').where('click_id', uuidFromId(lastId))).toEqual([]);
    await ensurePartitions(db, startMs);
    expect(await isThere()).toBe(true);
  });

  it('gives way where a table is held, lets the others go, and comes back', async () => {
    const oldMs = startMs - 40 * DAY_MS;
    const campaignId = await insertCampaign(db, tenant);
    const dayMs = (Math.floor(startMs / DAY_MS) + 3) * DAY_MS;
    await recordTestClick(db, { ...tenant, campaignId, clickedAtMs: dayMs });
    const event = newEvent(tenant, { kind: 'lead', senderEventId: 'L1', playerExternalId: null });
    const { id } = await acceptEvent(db, event, oldMs);
    const reader = await db.transaction();
    await reader.raw('SELECT count(*) FROM click_raw');
    const later = dayMs + 31 * DAY_MS;
    await expect(expireKeptData(db, later)).rejects.toThrow('not everything could be let go');
    expect(await db('event_raw').where('event_id', uuidFromId(id))).toEqual([]);
    await reader.rollback();
    await expireKeptData(db, later);
    expect(await db('click_raw')).toEqual([]);
    await ensurePartitions(db, startMs);
  });

  it('passes over rows that another process is deleting, and works off more than one piece', async () => {
    const keys = Array.from({ length: EXPIRY_CHUNK_ROWS + 7 }, (_, index) => index);
    await db.raw(
      `INSERT INTO velocity_hits (workspace_id, counter_key, minute_at, hit_at, subject_id)
       SELECT ?, 'key', date_trunc('minute', now()) - interval '3 days', date_trunc('minute', now()) - interval '3 days',
         gen_random_uuid() FROM unnest(?::integer[])`,
      [uuidFromId(tenant.workspaceId), keys],
    );
    const other = await db.transaction();
    await other.raw('SELECT 1 FROM velocity_hits LIMIT 5 FOR UPDATE');
    await expireKeptData(db, startMs);
    expect(await db('velocity_hits')).toHaveLength(5);
    await other.rollback();
    await Promise.all([expireKeptData(db, startMs), expireKeptData(db, startMs)]);
    expect(await db('velocity_hits')).toEqual([]);
  });
});

it('every table of raw requests has an end', async () => {
  const { rows } = await db.raw<{ rows: { name: string }[] }>(
    `SELECT c.relname AS name FROM pg_class AS c
     WHERE c.relname ~ '_raw$' AND c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace ORDER BY 1`,
  );
  const named = RETENTION.map(({ table }): string => table).filter((name) => name.endsWith('_raw'));
  expect(named.sort()).toEqual(rows.map(({ name }) => name));
});
