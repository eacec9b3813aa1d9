import type { Db } from '../db/knex';
import { acceptEvent } from '../db/stores/event-store';
import type { NewEvent } from '../db/stores/new-event';
import { WORKFLOW_EVENT_LIMIT } from '../domain/event-route';
import {
  type CampaignId,
  type ClickId,
  type EventId,
  idFromUuid,
  type PlayerId,
  uuidFromId,
} from '../domain/ids';
import { MINUTE_MS, SECOND_MS } from '../domain/time';
import { insertCampaign } from '../testing/builders/insert-campaign';
import { insertEvent } from '../testing/builders/insert-event';
import { insertBinding } from '../testing/builders/insert-player';
import { insertWorkspace, type WorkspaceFixture } from '../testing/builders/insert-workspace';
import { newEvent } from '../testing/builders/new-event';
import { recordTestClick } from '../testing/builders/record-test-click';
import { type FakeTemporal, fakeTemporal } from '../testing/fake-temporal';
import { createTestDb, type TestDb } from '../testing/test-db';
import { relayBatch } from './relay-batch';

const nowMs = Date.now();
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
  tenant = await insertWorkspace(db);
  campaignId = await insertCampaign(db, tenant);
  temporal = fakeTemporal();
});

const relay = () => relayBatch(db, temporal.starter, { group: 'events', rows: 200, concurrency: 24 }, nowMs);
/** A click whose own outbox row is gone, as after its journey was started. */
async function startedClick(): Promise<ClickId> {
  const clickId = await recordTestClick(db, { ...tenant, campaignId, clickedAtMs: nowMs - MINUTE_MS });
  await db('outbox').delete();
  return clickId;
}
let serial = 0;
async function accept(given: Partial<NewEvent> = {}): Promise<EventId> {
  serial += 1;
  const sender = { senderEventId: `E${serial}`, occurredAtMs: nowMs - SECOND_MS, ...given };
  return (await acceptEvent(db, newEvent(tenant, sender), nowMs)).id;
}
const install = (clickRef: ClickId) => accept({ kind: 'install', clickRef });
const playerOf = async (eventId: EventId) => {
  const row = await db('events').where('event_id', uuidFromId(eventId)).first('player_id');
  return idFromUuid('ply', row.player_id);
};
const close = (clickId: ClickId) =>
  db('clicks')
    .where('click_id', uuidFromId(clickId))
    .update({ closed_at: new Date(nowMs) });
async function ofPlayer(count: number, given: { playerId: PlayerId; handledAtMs?: number }): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    await insertEvent(db, { ...tenant, kind: 'lead', receivedAtMs: nowMs - MINUTE_MS, ...given });
  }
}

describe('a flood of events is carried', () => {
  it('beside the journey when its click is flooded', async () => {
    const clickId = await startedClick();
    for (let index = 0; index < WORKFLOW_EVENT_LIMIT; index += 1) {
      await insertEvent(db, { ...tenant, kind: 'lead', clickId, handledAtMs: nowMs });
    }
    const flood = await install(clickId);
    await relay();
    expect(temporal.calls).toEqual([`event ${flood}`]);
  });

  it('beside the journey when it is flooded by events that name only its player', async () => {
    const clickId = await startedClick();
    const registration = await accept({ kind: 'registration', clickRef: clickId });
    const playerId = await playerOf(registration);
    await ofPlayer(WORKFLOW_EVENT_LIMIT - 2, { playerId, handledAtMs: nowMs });
    const last = await accept();
    await relay();
    expect(temporal.calls.sort()).toEqual(
      [`signal ${clickId} ${registration}`, `signal ${clickId} ${last}`].sort(),
    );
    const flood = await accept();
    temporal.calls.length = 0;
    await relay();
    expect(temporal.calls).toEqual([`event ${flood}`]);
    // Bound to the click, he counts for it whoever's event it is.
    await insertBinding(db, { ...tenant, playerId, eventId: registration, clickId });
    const installed = await install(clickId);
    temporal.calls.length = 0;
    await relay();
    expect(temporal.calls).toEqual([`event ${installed}`]);
  });

  it('to the journey of a new click, however much was settled of its player before', async () => {
    const former = await startedClick();
    const registration = await accept({ kind: 'registration', clickRef: former });
    const playerId = await playerOf(registration);
    await insertBinding(db, { ...tenant, playerId, eventId: registration, clickId: former });
    await ofPlayer(WORKFLOW_EVENT_LIMIT + 50, { playerId, handledAtMs: nowMs });
    const clickId = await startedClick();
    const deposit = await accept({ clickRef: clickId });
    await relay();
    expect(temporal.calls).toEqual([`signal ${clickId} ${deposit}`]);
  });

  it('beside the player’s workflow while it has too much before it', async () => {
    const clickId = await startedClick();
    const registration = await accept({ kind: 'registration', clickRef: clickId });
    const playerId = await playerOf(registration);
    await db('outbox').delete();
    await close(clickId);
    await ofPlayer(WORKFLOW_EVENT_LIMIT, { playerId });
    const flood = await accept();
    await relay();
    expect(temporal.calls).toEqual([`event ${flood}`]);
    await db('events').update({ handled_at: new Date(nowMs) });
    const next = await accept();
    temporal.calls.length = 0;
    await relay();
    expect(temporal.calls).toEqual([`player ${playerId} ${next}`]);
  });

  it('to itself at once when a run takes no more signals', async () => {
    const clickId = await startedClick();
    const registration = await accept({ kind: 'registration', clickRef: clickId });
    temporal.journeys = 'full';
    expect(await relay()).toMatchObject({ relayed: 1, failures: [] });
    expect(temporal.calls).toEqual([`signal ${clickId} ${registration}`, `event ${registration}`]);
    await close(clickId);
    temporal.players = 'full';
    const deposit = await accept();
    temporal.calls.length = 0;
    expect(await relay()).toMatchObject({ relayed: 1, failures: [] });
    expect(temporal.calls).toEqual([`player ${await playerOf(deposit)} ${deposit}`, `event ${deposit}`]);
    expect(await db('outbox')).toEqual([]);
  });
});
