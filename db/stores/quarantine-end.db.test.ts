import { type CampaignId, type EventId, uuidFromId } from '../../domain/ids';
import { LOOKED_FOR_MS } from '../../domain/quarantine/waiting';
import { DAY_MS, MINUTE_MS } from '../../domain/time';
import { insertCampaign } from '../../testing/builders/insert-campaign';
import { insertDeskRows } from '../../testing/builders/insert-desk-rows';
import { insertPlayer } from '../../testing/builders/insert-player';
import { insertWaiting } from '../../testing/builders/insert-waiting';
import { insertWorkspace, type WorkspaceFixture } from '../../testing/builders/insert-workspace';
import { newEvent } from '../../testing/builders/new-event';
import { recordTestClick } from '../../testing/builders/record-test-click';
import { countedBuffers } from '../../testing/counted-buffers';
import { createTestDb, type TestDb } from '../../testing/test-db';
import type { Db } from '../knex';
import { mintId } from '../mint-id';
import { readBacklog } from '../read-models/backlog';
import { listQuarantinedEvents, type QuarantineState } from '../read-models/quarantined-events';
import { acceptEvent } from './event-store';
import type { NewEvent } from './new-event';
import { matchByHand } from './quarantine-match-store';
import { releaseForClicks } from './quarantine-store';
import { releaseRest, sweepQuarantine } from './quarantine-sweep-store';
import { translateReports } from './report-translation-store';
import { applyRules } from './rule-sweep-store';
import { sweepUnhandledEvents } from './sweep-store';

const NOW = Date.now();
const END = NOW + LOOKED_FOR_MS;
let testDb: TestDb;
let db: Db;
let sender: WorkspaceFixture;
let campaignId: CampaignId;

beforeEach(async () => {
  testDb = await createTestDb();
  db = testDb.db;
  sender = await insertWorkspace(db);
  campaignId = await insertCampaign(db, { workspaceId: sender.workspaceId, slug: `c-${sender.workspaceId}` });
});
afterEach(() => testDb.drop());

const accept = async (given: Partial<NewEvent> & { senderEventId: string }) =>
  (await acceptEvent(db, newEvent(sender, given), NOW)).id;
const click = (clickId = mintId('clk', NOW)) =>
  recordTestClick(db, { workspaceId: sender.workspaceId, campaignId, clickedAtMs: NOW, clickId });
const place = (id: EventId) => db('quarantine').where('event_id', uuidFromId(id)).first();
const listed = async (state: QuarantineState) => {
  const page = { limit: 100, afterUuid: null };
  return (await listQuarantinedEvents(db, sender.workspaceId, { state }, page)).items.map(({ id }) => id);
};

describe('the end of waiting', () => {
  it('comes 97 days after the event did, is seen at the desk, and is counted', async () => {
    const id = await accept({ senderEventId: 'D1' });
    await sweepQuarantine(db, END - 1, 100);
    expect(await listed('waiting')).toEqual([id]);
    expect(await sweepQuarantine(db, END, 100)).toEqual([]);
    expect((await place(id)).expired_at).toEqual(new Date(END));
    expect([await listed('waiting'), await listed('expired'), await listed('all')]).toEqual([[], [id], [id]]);
    expect(await readBacklog(db, END)).toMatchObject({ quarantineWaiting: 0, quarantineExpired: 1 });
    // Nobody looks any more.
    await db('players').update({ linked_at: new Date(END) });
    expect(await sweepQuarantine(db, END + DAY_MS, 100)).toEqual([]);
  });

  it('is none for a counterpart that comes by itself, nor for a hand', async () => {
    const clickId = mintId('clk', NOW);
    const named = await accept({ kind: 'install', senderEventId: 'I1', clickRef: clickId });
    const follower = await accept({ senderEventId: 'D1', playerExternalId: 'P1' });
    const handed = await accept({ senderEventId: 'D2', playerExternalId: 'P2' });
    await sweepQuarantine(db, END, 100);
    expect(await listed('expired')).toHaveLength(3);
    await click(clickId);
    expect((await releaseForClicks(db, [clickId], END)).released).toEqual([named]);
    const hand = { actor: 'key:k', cause: 'r', nowMs: END, workspaceId: sender.workspaceId, clickId };
    expect(await matchByHand(db, { ...hand, eventId: handed })).toMatchObject({ outcome: 'matched' });
    await accept({ kind: 'registration', senderEventId: 'R1', playerExternalId: 'P1', clickRef: clickId });
    expect((await place(follower)).released_by).toBe('player_linked');
    expect([(await listed('expired')).length, (await listed('released')).length]).toEqual([0, 3]);
    expect(await readBacklog(db, END)).toMatchObject({ quarantineWaiting: 0, quarantineExpired: 0 });
  });

  it('comes to an event of the far future as well, and to reports that nobody explains', async () => {
    const far = await accept({ senderEventId: 'D1', occurredAtMs: NOW + 400 * DAY_MS });
    await insertDeskRows(db, uuidFromId(sender.workspaceId));
    await db('status_mappings').update({ retired_at: new Date(NOW) });
    expect(await readBacklog(db, NOW)).toMatchObject({ quarantineWaiting: 2 });
    await db('unmapped_reports').update({ received_at: new Date(NOW) });
    await sweepQuarantine(db, END, 100);
    expect((await place(far)).expired_at).not.toBeNull();
    expect(await listed('expired')).toHaveLength(2);
    expect(await readBacklog(db, NOW)).toMatchObject({ quarantineWaiting: 0, quarantineExpired: 2 });
    await db('status_mappings').update({ retired_at: null, past_tried_at: null });
    await translateReports(db, END, 100);
    expect((await db('unmapped_reports').first()).tried_mappings).toHaveLength(1);
  });
});

test('an event is put aside by the sweep while it waits, and back on its list when it is let go', async () => {
  const clickId = mintId('clk', NOW);
  const id = await accept({ kind: 'install', senderEventId: 'I1', clickRef: clickId });
  const sweep = (atMs: number) => db.transaction((trx) => sweepUnhandledEvents(trx, 100, atMs));
  expect(await readBacklog(db, NOW)).toMatchObject({ eventsUnhandled: 0 });
  // As an older process leaves it.
  await db('events').update({ sweep_after: new Date(NOW) });
  expect(await sweep(NOW)).toBe(0);
  expect((await db.raw('SELECT isfinite(sweep_after) AS f FROM events')).rows).toEqual([{ f: false }]);
  await click(clickId);
  const letGoMs = NOW + 10 * DAY_MS;
  expect((await releaseForClicks(db, [clickId], letGoMs)).released).toEqual([id]);
  await db('outbox').delete();
  expect(await readBacklog(db, letGoMs)).toMatchObject({ eventsUnhandled: 1 });
  expect(await sweep(letGoMs + MINUTE_MS - 1)).toBe(0);
  expect(await sweep(letGoMs + MINUTE_MS)).toBe(1);
  // And again after twice as long since its release, not since its receipt.
  expect(await sweep(letGoMs + 2 * MINUTE_MS)).toBe(1);
});

test('a sweep and a scrape cost no more with 5,000 waiting events and reports than with 50', async () => {
  const playerId = await insertPlayer(db, { ...sender, externalId: 'P1' });
  await insertDeskRows(db, uuidFromId(sender.workspaceId));
  const waitFor = async (count: number) => {
    await insertWaiting(db, sender, { count, playerId, atMs: NOW });
    await insertWaiting(db, sender, { count, clickId: mintId('clk', NOW), atMs: NOW });
    await db.raw(
      `INSERT INTO unmapped_reports
       SELECT (jsonb_populate_record(r, jsonb_build_object('report_id', gen_random_uuid(), 'report_key', gen_random_uuid(),
         'received_at', CAST(? AS timestamptz)))).*
       FROM unmapped_reports AS r, generate_series(1, ?) WHERE r.report_key = 'a report'`,
      [new Date(NOW), count],
    );
    // Everything has been looked at once, and the rule and the mapping have been applied to all of it.
    await db('status_mappings').update({ past_tried_at: null });
    while ((await db('quarantine_rules').whereNotNull('past_after')).length > 0) await applyRules(db, NOW);
    await sweepQuarantine(db, NOW, 500);
    await db('unmapped_reports').update({
      tried_mappings: db('status_mappings').select(db.raw('array_agg(mapping_id)')),
    });
    await translateReports(db, NOW, 500);
    await db.raw('VACUUM ANALYZE');
  };
  const round = () =>
    countedBuffers(testDb, async (counted) => {
      await sweepQuarantine(counted, NOW + MINUTE_MS - 1, 500);
      await releaseRest(counted, NOW + MINUTE_MS - 1);
      await sweepUnhandledEvents(counted, 500, NOW + MINUTE_MS);
      await applyRules(counted, NOW + MINUTE_MS - 1);
      await translateReports(counted, NOW + MINUTE_MS - 1, 500);
      await readBacklog(counted, NOW + MINUTE_MS);
    });
  await waitFor(50);
  const few = await round();
  await waitFor(4_950);
  const many = await round();
  expect(many).toBeLessThanOrEqual(few * 1.5);
}, 60_000);
