import { pino } from 'pino';
import { screenClicks } from '../activities/screen-clicks';
import type { Db } from '../db/knex';
import { mintId } from '../db/mint-id';
import { acceptEvent } from '../db/stores/event-store';
import { appendRuleSet } from '../db/stores/fraud-rule-store';
import { takeScreening } from '../db/stores/screening-queue';
import { type CampaignId, type ClickId, uuidFromId } from '../domain/ids';
import { rulesWith } from '../domain/testing/rule-sets';
import { DAY_MS, MINUTE_MS } from '../domain/time';
import { insertCampaign } from '../testing/builders/insert-campaign';
import { insertWorkspace, type WorkspaceFixture } from '../testing/builders/insert-workspace';
import { newEvent } from '../testing/builders/new-event';
import { recordTestClick } from '../testing/builders/record-test-click';
import { createTestDb, type TestDb } from '../testing/test-db';
import { until } from '../testing/until';
import { runScreening, screenNext } from './screening';

const nowMs = Date.now();
/** Well inside a minute, so that the clicks of a test are counted together. */
const minuteMs = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS - 5 * MINUTE_MS;

let testDb: TestDb;
let db: Db;
let tenant: WorkspaceFixture;
let campaignId: CampaignId;

beforeAll(async () => {
  testDb = await createTestDb();
  db = testDb.db;
});
afterAll(() => testDb.drop());
beforeEach(async () => {
  await db('outbox').delete();
  tenant = await insertWorkspace(db);
  campaignId = await insertCampaign(db, tenant);
});

const click = (afterMs: number, clickId?: ClickId) =>
  recordTestClick(db, {
    ...{ ...tenant, campaignId, ip: '93.184.216.34', clickedAtMs: minuteMs + afterMs },
    ...(clickId === undefined ? {} : { clickId }),
  });
const verdicts = () => db('verdicts').where({ workspace_id: uuidFromId(tenant.workspaceId) });
async function codesOf(clickId: ClickId): Promise<string[]> {
  const verdict = await verdicts()
    .where({ subject_id: uuidFromId(clickId) })
    .first();
  return verdict.reasons.map(({ code }: { code: string }) => code);
}

it('counts a click with all that wait before it, so that an event may overtake their starts', async () => {
  const rules = rulesWith({ clicks_per_ip: { mode: 'active', params: { maxClicks: 3 } } });
  const created = { createdBy: 'test', nowMs: minuteMs - DAY_MS };
  await appendRuleSet(db, tenant.workspaceId, { ...rules, version: 2 }, created);
  const ids: ClickId[] = [];
  for (let index = 0; index < 5; index += 1) ids.push(await click(index));
  const queue = await db('outbox').orderBy('outbox_id');
  const screened = await screenNext(db, 0n, nowMs);
  expect(screened).toEqual({ clicks: 5, upTo: queue.at(-1).outbox_id });
  // What the journey of the last click does when its event comes first.
  await screenClicks(db, ids.slice(-1), nowMs);
  const codes = await Promise.all(ids.map(codesOf));
  expect(codes).toEqual([[], [], [], ['clicks_per_ip'], ['clicks_per_ip']]);
  expect(await db('outbox').orderBy('outbox_id')).toEqual(queue);
  expect(await screenNext(db, screened.upTo, nowMs)).toEqual({ clicks: 0, upTo: screened.upTo });
});

it('is done by one process at a time, and by another once that one is gone', async () => {
  await click(0);
  await db.transaction(async (trx) => {
    expect(await takeScreening(trx)).toBe(true);
    expect(await screenNext(db, 0n, nowMs)).toEqual({ clicks: 0, upTo: 0n });
    expect(await verdicts()).toHaveLength(0);
  });
  expect(await screenNext(db, 0n, nowMs)).toMatchObject({ clicks: 1 });
  expect(await verdicts()).toHaveLength(1);
});

it('goes past a click that cannot be judged, and leaves it to the start of its journey', async () => {
  const ids = [await click(0), await click(1), await click(2)];
  await db.raw(
    `CREATE FUNCTION break_verdict() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN RAISE EXCEPTION 'this one breaks the screening'; END $$`,
  );
  await db.raw(
    `CREATE TRIGGER break_verdict BEFORE INSERT ON verdicts FOR EACH ROW
     WHEN (NEW.subject_id = '${uuidFromId(ids[1] as ClickId)}') EXECUTE FUNCTION break_verdict()`,
  );
  try {
    expect(await screenNext(db, 0n, nowMs)).toMatchObject({ clicks: 3 });
  } finally {
    await db.raw('DROP FUNCTION break_verdict CASCADE');
  }
  const judged = await verdicts().orderBy('subject_id').pluck('subject_id');
  expect(judged).toEqual([ids[0], ids[2]].map((id) => uuidFromId(id as ClickId)));
  expect(await db('outbox').where({ attempts: 0, parked_at: null })).toHaveLength(3);
});

it('goes on by itself and lets go of events that waited for their click, with Temporal away', async () => {
  const clickId = mintId('clk', minuteMs);
  const named = { clickRef: clickId, senderEventId: 'E1', occurredAtMs: minuteMs + 1 };
  const accepted = await acceptEvent(db, newEvent(tenant, { kind: 'install', ...named }), nowMs);
  expect(accepted).toMatchObject({ status: 'quarantined' });
  const stop = new AbortController();
  const deps = { db, clock: { nowMs: () => Date.now() }, logger: pino({ level: 'silent' }) };
  const running = runScreening(deps, stop.signal);
  try {
    await click(0, clickId);
    await until('the event to be let go', async () => {
      const waiting = await db('quarantine').whereNull('released_at');
      return waiting.length === 0 && (await db('outbox').where({ kind: 'event' })).length === 1;
    });
  } finally {
    stop.abort();
    await running;
  }
  expect(await verdicts()).toMatchObject([{ subject_kind: 'click' }]);
});
