import { type CampaignId, type PlayerId, uuidFromId } from '../../domain/ids';
import { MINUTE_MS } from '../../domain/time';
import { insertCampaign } from '../../testing/builders/insert-campaign';
import { insertPlayer } from '../../testing/builders/insert-player';
import { insertWaiting } from '../../testing/builders/insert-waiting';
import { insertWorkspace, type WorkspaceFixture } from '../../testing/builders/insert-workspace';
import { newEvent } from '../../testing/builders/new-event';
import { recordTestClick } from '../../testing/builders/record-test-click';
import { createTestDb, type TestDb } from '../../testing/test-db';
import type { Db } from '../knex';
import { mintId } from '../mint-id';
import { acceptEvent, acceptEvents } from './event-store';
import { matchByHand } from './quarantine-match-store';
import { RELEASE_PIECE, releaseForClicks } from './quarantine-store';
import { releaseRest } from './quarantine-sweep-store';

/** One more than a statement of 65,535 parameters can queue, six for each row. */
const TOO_MANY = 10_923;
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
  await db('quarantine_releases').delete();
  await db('outbox').delete();
  sender = await insertWorkspace(db);
  campaignId = await insertCampaign(db, { workspaceId: sender.workspaceId, slug: `c-${sender.workspaceId}` });
});

const click = (clickId = mintId('clk', NOW)) =>
  recordTestClick(db, { workspaceId: sender.workspaceId, campaignId, clickedAtMs: NOW, clickId });
const playerWith = async (count: number, externalId = 'P1'): Promise<PlayerId> => {
  const playerId = await insertPlayer(db, { ...sender, externalId });
  await insertWaiting(db, sender, { count, playerId, atMs: NOW - MINUTE_MS });
  return playerId;
};
const register = (clickRef: string, playerExternalId = 'P1') =>
  newEvent(sender, {
    ...{ kind: 'registration', senderEventId: `R-${playerExternalId}`, playerExternalId, clickRef },
  });
async function counts(): Promise<{ waiting: number; queued: number; unfinished: number }> {
  const { rows } = await db.raw(
    `SELECT (SELECT count(*)::int FROM quarantine WHERE workspace_id = :w AND released_at IS NULL) AS waiting,
       (SELECT count(*)::int FROM outbox WHERE workspace_id = :w AND kind = 'event') AS queued,
       (SELECT count(*)::int FROM quarantine_releases) AS unfinished`,
    { w: uuidFromId(sender.workspaceId) },
  );
  return rows[0];
}

test('a player is tied however many events wait for him: the request releases a piece, the sweep the rest', async () => {
  await playerWith(TOO_MANY);
  expect((await acceptEvent(db, register(await click()), NOW)).status).toBe('accepted');
  expect(await counts()).toEqual({
    waiting: TOO_MANY - RELEASE_PIECE,
    queued: 1 + RELEASE_PIECE,
    unfinished: 1,
  });
  const player = await db('players').where('workspace_id', uuidFromId(sender.workspaceId)).first();
  expect(player.linked_at).not.toBeNull();
  // What arrives meanwhile goes on by itself.
  expect((await acceptEvent(db, newEvent(sender, { senderEventId: 'D1' }), NOW)).status).toBe('accepted');
  const released = await releaseRest(db, NOW, 100);
  expect(released).toHaveLength(TOO_MANY - RELEASE_PIECE);
  expect(await counts()).toEqual({ waiting: 0, queued: 2 + TOO_MANY, unfinished: 0 });
}, 60_000);

test('one batch of events releases one piece, however many players it ties', async () => {
  await playerWith(RELEASE_PIECE, 'P1');
  await playerWith(RELEASE_PIECE, 'P2');
  const clickId = await click();
  await acceptEvents(db, [register(clickId, 'P1'), register(clickId, 'P2')], NOW);
  expect(await counts()).toMatchObject({ waiting: RELEASE_PIECE });
  await releaseRest(db, NOW, 100);
  expect(await counts()).toMatchObject({ waiting: 0, unfinished: 0 });
});

test('whatever ties the player: by hand, a piece of what waits and a note of the rest', async () => {
  const playerId = await playerWith(RELEASE_PIECE + 2);
  const event = await acceptEvent(db, newEvent(sender, { senderEventId: 'D1' }), NOW);
  const match = { workspaceId: sender.workspaceId, eventId: event.id, clickId: await click() };
  const outcome = await matchByHand(db, { ...match, actor: 'key:k', cause: 'request', nowMs: NOW });
  expect(outcome).toMatchObject({ outcome: 'matched' });
  expect(await counts()).toMatchObject({ waiting: 2, unfinished: 1 });
  expect(await db('quarantine_releases').first()).toMatchObject({
    kind: 'player',
    ref_id: uuidFromId(playerId),
  });
});

test('a click that more events name than one transaction takes, waiting and settled ones', async () => {
  const clickId = mintId('clk', NOW);
  await insertWaiting(db, sender, { count: RELEASE_PIECE + 1, clickId, atMs: NOW - MINUTE_MS });
  const settled = db.raw(
    `UPDATE events SET handled_at = received_at WHERE event_id IN (
       SELECT event_id FROM quarantine WHERE workspace_id = ? ORDER BY event_id DESC LIMIT 1)`,
    [uuidFromId(sender.workspaceId)],
  );
  await settled;
  await click(clickId);
  const first = await releaseForClicks(db, [clickId], NOW);
  expect(first.released).toHaveLength(RELEASE_PIECE);
  expect(await counts()).toMatchObject({ waiting: 1, unfinished: 1 });
  await releaseRest(db, NOW, 100);
  expect(await counts()).toMatchObject({ waiting: 0, unfinished: 0 });
});

test('a round ends after so many pieces, and takes turns between those who wait for more', async () => {
  await playerWith(3 * RELEASE_PIECE, 'P1');
  await playerWith(3 * RELEASE_PIECE, 'P2');
  const clickId = await click();
  for (const name of ['P1', 'P2']) await acceptEvent(db, register(clickId, name), NOW);
  await releaseRest(db, NOW, 2);
  const notes = await db('quarantine_releases').select('pieces');
  expect(notes.map(({ pieces }) => pieces)).toEqual([1, 1]);
});

test('what one piece cannot release keeps its place and holds up nobody; workers share the rest', async () => {
  await playerWith(2 * RELEASE_PIECE, 'P1');
  const stuck = await playerWith(RELEASE_PIECE + 1, 'P2');
  const clickId = await click();
  for (const name of ['P1', 'P2']) await acceptEvent(db, register(clickId, name), NOW);
  await db.raw(`
    CREATE FUNCTION refuse_release() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF EXISTS (SELECT FROM events WHERE event_id = OLD.event_id AND player_id = '${uuidFromId(stuck)}') THEN
          RAISE EXCEPTION 'never released';
        END IF;
        RETURN NEW;
      END $$;
    CREATE TRIGGER refuse_release BEFORE UPDATE OF released_at ON quarantine
      FOR EACH ROW EXECUTE FUNCTION refuse_release()`);
  try {
    await expect(releaseRest(db, NOW, 100)).rejects.toThrow('could not be released');
  } finally {
    await db.raw('DROP FUNCTION refuse_release() CASCADE');
  }
  expect(await counts()).toMatchObject({ waiting: 1, unfinished: 1 });
  await Promise.all([releaseRest(db, NOW, 100), releaseRest(db, NOW, 100)]);
  expect(await counts()).toMatchObject({ waiting: 0, unfinished: 0 });
});
