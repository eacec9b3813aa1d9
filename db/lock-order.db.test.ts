import { type CampaignId, type ClickId, type EventId, uuidFromId } from '../domain/ids';
import { HOUR_MS } from '../domain/time';
import { insertCampaign } from '../testing/builders/insert-campaign';
import { insertWorkspace, type WorkspaceFixture } from '../testing/builders/insert-workspace';
import { newEvent } from '../testing/builders/new-event';
import { recordTestClick } from '../testing/builders/record-test-click';
import { untilWaiting } from '../testing/lock-waits';
import { createTestDb, type TestDb } from '../testing/test-db';
import type { Db } from './knex';
import { mintId } from './mint-id';
import { acceptEvent, acceptEvents } from './stores/event-store';
import { enqueue } from './stores/outbox-store';
import { releaseForClicks } from './stores/quarantine-store';
import { sweepQuarantine } from './stores/quarantine-sweep-store';

const NOW = Date.now();
let testDb: TestDb;
let db: Db;
let sender: WorkspaceFixture;
let campaignId: CampaignId;

beforeAll(async () => {
  testDb = await createTestDb();
  db = testDb.db;
});
afterAll(() => testDb.drop());
beforeEach(async () => {
  sender = await insertWorkspace(db);
  campaignId = await insertCampaign(db, { workspaceId: sender.workspaceId, slug: `c-${sender.workspaceId}` });
});

const click = (clickId: ClickId) =>
  recordTestClick(db, { workspaceId: sender.workspaceId, campaignId, clickedAtMs: NOW, clickId });
const event = (senderEventId: string, given: Partial<Parameters<typeof newEvent>[1]> = {}) =>
  newEvent(sender, { senderEventId, ...given });

describe('everybody takes locks in one order', () => {
  it('a batch of events and a release of what waits for the same players', async () => {
    const [first, second] = [mintId('clk', NOW), mintId('clk', NOW)];
    // By name P-a comes first, by id P-b does, who came earlier.
    const named = { kind: 'registration' } as const;
    const earlier = event('R-b', { ...named, clickRef: first, playerExternalId: 'P-b' });
    await acceptEvent(db, earlier, NOW - HOUR_MS);
    await acceptEvent(db, event('R-a', { ...named, clickRef: second, playerExternalId: 'P-a' }), NOW);
    await click(first);
    await click(second);
    const brake = await db.transaction();
    await brake('players').where({ external_id: 'P-b' }).forNoKeyUpdate().first();
    const releasing = releaseForClicks(db, [first, second], NOW);
    await untilWaiting(db, 1);
    const accepting = acceptEvents(
      db,
      ['P-a', 'P-b'].map((player) => event(`D-${player}`, { playerExternalId: player })),
      NOW,
    );
    await untilWaiting(db, 2);
    await brake.rollback();
    expect((await releasing).released).toHaveLength(2);
    expect(await accepting).toEqual([0, 1].map(() => expect.objectContaining({ status: 'accepted' })));
  });

  it('two who queue the same events, each in an order of its own', async () => {
    const refs = [NOW - HOUR_MS, NOW].map((ms) => ({ ...sender, refUuid: uuidFromId(mintId('evt', ms)) }));
    const [first, second] = refs;
    if (first === undefined || second === undefined) throw new Error('there are two');
    const one = await db.transaction();
    await enqueue(one, 'event', [first], NOW);
    const other = enqueue(db, 'event', [second, first], NOW);
    await untilWaiting(db, 1);
    await enqueue(one, 'event', [second], NOW);
    await one.commit();
    await other;
    const queued = refs.map(({ refUuid }) => refUuid);
    expect(await db('outbox').whereIn('ref_id', queued)).toHaveLength(2);
  });

  it('the sweep passes over what somebody holds while it gives waiting events their true reason', async () => {
    const ids: EventId[] = [];
    for (const player of ['P-1', 'P-2']) {
      const ahead = event(`D-${player}`, { playerExternalId: player, occurredAtMs: NOW + HOUR_MS });
      ids.push((await acceptEvent(db, ahead, NOW)).id);
    }
    const [held = '', free = ''] = ids.map(uuidFromId);
    const brake = await db.transaction();
    await brake('quarantine').where('event_id', held).forUpdate().first();
    await sweepQuarantine(db, NOW + HOUR_MS, 10);
    const reasonOf = async (uuid: string) => (await db('quarantine').where('event_id', uuid).first()).reason;
    expect(await reasonOf(free)).toBe('unknown_player');
    await brake.rollback();
    await sweepQuarantine(db, NOW + HOUR_MS, 10);
    expect(await reasonOf(held)).toBe('unknown_player');
  });
});
