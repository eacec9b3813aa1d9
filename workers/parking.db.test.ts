import type { Db } from '../db/knex';
import { acceptEvent } from '../db/stores/event-store';
import { REBUILD_LANE } from '../db/stores/outbox-store';
import { requeueClicks } from '../db/stores/rebuild-store';
import { sweepUnhandledEvents } from '../db/stores/sweep-store';
import { type CampaignId, type ClickId, uuidFromId } from '../domain/ids';
import { DAY_MS, MINUTE_MS, SECOND_MS } from '../domain/time';
import { insertCampaign } from '../testing/builders/insert-campaign';
import { insertWorkspace, type WorkspaceFixture } from '../testing/builders/insert-workspace';
import { newEvent } from '../testing/builders/new-event';
import { recordTestClick } from '../testing/builders/record-test-click';
import { type FakeTemporal, fakeTemporal, grpcError } from '../testing/fake-temporal';
import { createTestDb, type TestDb } from '../testing/test-db';
import { type BatchShare, MAX_TRIES, relayBatch } from './relay-batch';

const nowMs = Date.now();
const RESOURCE_EXHAUSTED = 8;
const INTERNAL = 13;

let testDb: TestDb;
let db: Db;
let tenant: WorkspaceFixture;
let campaignId: CampaignId;
let temporal: FakeTemporal;

beforeAll(async () => {
  testDb = await createTestDb();
  db = testDb.db;
});
afterAll(() => testDb.drop());
beforeEach(async () => {
  await db('outbox').delete();
  tenant = await insertWorkspace(db);
  campaignId = await insertCampaign(db, tenant);
  temporal = fakeTemporal();
});

const batch = (group: BatchShare['group'], atMs = nowMs) =>
  relayBatch(db, temporal.starter, { group, rows: 200, concurrency: 24 }, atMs);
const outbox = () => db('outbox').orderBy('outbox_id');
const click = () => recordTestClick(db, { ...tenant, campaignId, clickedAtMs: nowMs - MINUTE_MS });

describe('a click that cannot be judged', () => {
  const BROKEN = 'this one breaks the screening';

  /** Postgres refuses the verdict of the click, as it would after a defect in a rule. */
  async function breakVerdictOf(clickId: ClickId): Promise<void> {
    await db.raw(
      `CREATE FUNCTION break_verdict() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION '${BROKEN}'; END $$`,
    );
    await db.raw(
      `CREATE TRIGGER break_verdict BEFORE INSERT ON verdicts FOR EACH ROW
       WHEN (NEW.subject_id = '${uuidFromId(clickId)}') EXECUTE FUNCTION break_verdict()`,
    );
  }
  const repair = () => db.raw('DROP FUNCTION IF EXISTS break_verdict CASCADE');
  afterEach(repair);

  it('holds up no other, is tried again, and is started when the defect is gone', async () => {
    const before = await click();
    const broken = await click();
    const after = await click();
    await breakVerdictOf(broken);
    expect(await batch('starts')).toMatchObject({
      claimed: 3,
      relayed: 2,
      failures: [{ isParked: false, error: { message: expect.stringContaining(BROKEN) } }],
    });
    expect(temporal.calls.sort()).toEqual([`start ${before}`, `start ${after}`].sort());
    expect(await outbox()).toMatchObject([
      {
        ref_id: uuidFromId(broken),
        attempts: 1,
        last_error: expect.stringContaining(BROKEN),
        parked_at: null,
      },
    ]);
    const others = await db('verdicts').whereIn('subject_id', [before, after].map(uuidFromId));
    expect(others).toHaveLength(2);
    await repair();
    expect(await batch('starts', nowMs + SECOND_MS)).toMatchObject({ relayed: 1, failures: [] });
    expect(temporal.calls).toContain(`start ${broken}`);
  });

  it('is parked at last, with what went wrong', async () => {
    const broken = await click();
    await breakVerdictOf(broken);
    await db('outbox').update({ attempts: MAX_TRIES - 1 });
    expect(await batch('starts')).toMatchObject({ failures: [{ isParked: true }] });
    expect(await outbox()).toMatchObject([
      { attempts: MAX_TRIES, last_error: BROKEN, parked_at: new Date(nowMs) },
    ]);
  });
});

describe('parking', () => {
  const failing = async (call: string): Promise<void> => {
    if (call.startsWith('start')) throw grpcError(INTERNAL);
  };

  it('after so many failures of its own, and then it is neither claimed nor doubled', async () => {
    await db('clicks').update({ closed_at: new Date(nowMs) });
    const clickId = await click();
    // Started again by a rebuild: only such a click could be doubled by the next rebuild.
    await db('outbox').update({ lane: REBUILD_LANE });
    temporal.trouble = failing;
    let atMs = nowMs;
    for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
      const { failures } = await batch('starts', atMs);
      expect(failures).toMatchObject([{ isParked: tries === MAX_TRIES }]);
      atMs += MINUTE_MS;
    }
    expect(atMs - nowMs).toBeGreaterThanOrEqual(15 * MINUTE_MS);
    const [row] = await outbox();
    expect(row).toMatchObject({ attempts: MAX_TRIES, last_error: expect.stringContaining('13: refused') });
    expect(row.parked_at).not.toBeNull();
    temporal.trouble = async () => undefined;
    const rebuild = { after: null, rows: 10, startedAtMs: atMs, isDryRun: false };
    expect(await requeueClicks(db, rebuild)).toMatchObject({ found: 1, queued: 0 });
    expect(await batch('starts', atMs + DAY_MS)).toMatchObject({ claimed: 0 });
    expect(await outbox()).toEqual([row]);
    expect(await db('audit').where('subject', clickId)).toMatchObject([
      { actor: 'relay', subject: clickId, cause: 'tries_exhausted', detail: { kind: 'click' } },
    ]);
  });

  it('not while everything fails: that is no fault of a row', async () => {
    await click();
    const other = await click();
    await db('outbox').update({ attempts: MAX_TRIES + 5 });
    temporal.trouble = failing;
    expect(await batch('starts')).toMatchObject({ failures: [{ isParked: false }, { isParked: false }] });
    temporal.trouble = async (call) => {
      if (call.includes(other)) throw grpcError(INTERNAL);
    };
    const atMs = nowMs + MINUTE_MS;
    expect(await batch('starts', atMs)).toMatchObject({ relayed: 1, failures: [{ isParked: true }] });
  });

  it('the sweep leaves a parked event parked', async () => {
    const clickRef = await click();
    await db('outbox').delete();
    const sender = {
      kind: 'install',
      clickRef,
      senderEventId: 'E1',
      occurredAtMs: nowMs - SECOND_MS,
    } as const;
    const { id: eventId } = await acceptEvent(db, newEvent(tenant, sender), nowMs);
    await db('outbox').update({ attempts: MAX_TRIES, last_error: 'broken', parked_at: new Date(nowMs) });
    const before = await outbox();
    await db('events')
      .where('event_id', uuidFromId(eventId))
      .update({ sweep_after: new Date(nowMs) });
    expect(await db.transaction((trx) => sweepUnhandledEvents(trx, 10, nowMs))).toBe(1);
    expect(await outbox()).toEqual(before);
    expect(await batch('events', nowMs + DAY_MS)).toMatchObject({ claimed: 0 });
  });

  it('busy never parks', async () => {
    await click();
    await db('outbox').update({ attempts: MAX_TRIES - 1 });
    temporal.trouble = () => Promise.reject(grpcError(RESOURCE_EXHAUSTED));
    expect(await batch('starts')).toMatchObject({ failures: [] });
    expect(await outbox()).toMatchObject([{ attempts: MAX_TRIES - 1, parked_at: null }]);
  });
});
