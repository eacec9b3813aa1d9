import { type CampaignId, type ClickId, type EventId, idFromUuid, uuidFromId } from '../../domain/ids';
import { MAX_CLOCK_LEAD_MS, MINUTE_MS } from '../../domain/time';
import { insertCampaign } from '../../testing/builders/insert-campaign';
import { insertWorkspace, type WorkspaceFixture } from '../../testing/builders/insert-workspace';
import { newEvent } from '../../testing/builders/new-event';
import { recordTestClick } from '../../testing/builders/record-test-click';
import { createTestDb, type TestDb } from '../../testing/test-db';
import type { Db } from '../knex';
import { mintId } from '../mint-id';
import { acceptEvent } from './event-store';
import type { NewEvent } from './new-event';
import { matchByHand } from './quarantine-match-store';
import { releaseForClicks, releaseForPlayers } from './quarantine-store';
import { sweepQuarantine } from './quarantine-sweep-store';

const NOW = Date.now();
let testDb: TestDb;
let db: Db;
let sender: WorkspaceFixture;
let campaignId: CampaignId;

beforeAll(async () => {
  testDb = await createTestDb({ poolMax: 20 });
  db = testDb.db;
});
afterAll(() => testDb.drop());
beforeEach(async () => {
  // The sweep looks at every workspace, so what an earlier test left waiting must not be in its way.
  await db('quarantine')
    .whereNull('released_at')
    .update({ released_at: new Date(NOW), released_by: 'test' });
  sender = await insertWorkspace(db);
  campaignId = await insertCampaign(db, { workspaceId: sender.workspaceId, slug: `c-${sender.workspaceId}` });
});

const accept = async (given: Partial<NewEvent> & { senderEventId: string }) =>
  (await acceptEvent(db, newEvent(sender, given), NOW)).id;
const click = (clickId: ClickId) =>
  recordTestClick(db, { workspaceId: sender.workspaceId, campaignId, clickedAtMs: NOW, clickId });

async function stateOf(id: EventId): Promise<string> {
  const [queued, quarantine] = await Promise.all([
    db('outbox').where({ kind: 'event', ref_id: uuidFromId(id) }),
    db('quarantine').where('event_id', uuidFromId(id)).first(),
  ]);
  if (quarantine !== undefined && quarantine.released_at === null) return `waits: ${quarantine.reason}`;
  return `${quarantine === undefined ? 'never waited' : quarantine.released_by}, queued ${queued.length}`;
}

/** As the relay leaves an event: taken by Temporal and settled. */
async function settle(id: EventId): Promise<void> {
  await db('outbox')
    .where({ kind: 'event', ref_id: uuidFromId(id) })
    .delete();
  await db('events')
    .where('event_id', uuidFromId(id))
    .update({ handled_at: new Date(NOW) });
}

describe('releaseForClicks', () => {
  it('releases what names the click, links its player and releases the player’s other events', async () => {
    const clickId = mintId('clk', NOW);
    const deposit = await accept({ senderEventId: 'D1' });
    const registration = await accept({ kind: 'registration', senderEventId: 'R1', clickRef: clickId });
    const install = await accept({ kind: 'install', senderEventId: 'I1', clickRef: clickId });
    const stranger = await accept({ senderEventId: 'D2', playerExternalId: 'P2' });
    await click(clickId);
    const { released, reopened } = await releaseForClicks(db, [clickId], NOW);
    expect(new Set(released)).toEqual(new Set([deposit, registration, install]));
    expect(reopened).toEqual([]);
    expect(await stateOf(registration)).toBe('click_appeared, queued 1');
    expect(await stateOf(install)).toBe('click_appeared, queued 1');
    expect(await stateOf(deposit)).toBe('player_linked, queued 1');
    expect(await stateOf(stranger)).toBe('waits: unknown_player');
  });

  it('changes nothing while the click is not there, or belongs to another workspace', async () => {
    const clickId = mintId('clk', NOW);
    const id = await accept({ kind: 'install', senderEventId: 'I1', clickRef: clickId });
    expect(await releaseForClicks(db, [clickId], NOW)).toEqual({ released: [], reopened: [] });
    const other = await insertWorkspace(db);
    const foreign = await insertCampaign(db, {
      workspaceId: other.workspaceId,
      slug: `c-${other.workspaceId}`,
    });
    await recordTestClick(db, {
      workspaceId: other.workspaceId,
      campaignId: foreign,
      clickedAtMs: NOW,
      clickId,
    });
    expect(await releaseForClicks(db, [clickId], NOW)).toEqual({ released: [], reopened: [] });
    expect(await stateOf(id)).toBe('waits: unknown_click');
  });

  it('has events settled again that were taken before their click was there, and only those', async () => {
    const [known, late] = [mintId('clk', NOW), mintId('clk', NOW)];
    await click(known);
    const first = await accept({ kind: 'registration', senderEventId: 'R1', clickRef: known });
    const deposit = await accept({ senderEventId: 'D1', clickRef: late });
    await settle(first);
    await settle(deposit);
    await click(late);
    expect(await releaseForClicks(db, [known, late], NOW)).toEqual({ released: [], reopened: [deposit] });
    expect(await stateOf(deposit)).toBe('never waited, queued 1');
    const row = await db('events').where('event_id', uuidFromId(deposit)).first();
    expect(row.handled_at).toBeNull();
    expect(await stateOf(first)).toBe('never waited, queued 0');
  });

  it('leaves an event from the future in quarantine', async () => {
    const clickId = mintId('clk', NOW);
    const id = await accept({
      kind: 'install',
      senderEventId: 'I1',
      clickRef: clickId,
      occurredAtMs: NOW + MAX_CLOCK_LEAD_MS + 1,
    });
    await click(clickId);
    await releaseForClicks(db, [clickId], NOW);
    expect(await stateOf(id)).toBe('waits: clock_suspect');
  });

  it('releases each event once, however many relays see the click at once', async () => {
    const clickId = mintId('clk', NOW);
    const ids = await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        accept({
          kind: 'registration',
          senderEventId: `R${n}`,
          clickRef: clickId,
          playerExternalId: `P${n % 3}`,
        }),
      ),
    );
    await click(clickId);
    const all = await Promise.all(Array.from({ length: 10 }, () => releaseForClicks(db, [clickId], NOW)));
    const released = all.flatMap((result) => result.released);
    expect(released.sort()).toEqual(ids.sort());
    const rows = await db('outbox').where({ kind: 'event', workspace_id: uuidFromId(sender.workspaceId) });
    expect(rows).toHaveLength(8);
  });

  it('joins the caller’s transaction: what is rolled back was not released', async () => {
    const clickId = mintId('clk', NOW);
    const id = await accept({ kind: 'install', senderEventId: 'I1', clickRef: clickId });
    await click(clickId);
    await expect(
      db.transaction(async (trx) => {
        expect((await releaseForClicks(trx, [clickId], NOW)).released).toEqual([id]);
        throw new Error('the relay died');
      }),
    ).rejects.toThrow('the relay died');
    expect(await stateOf(id)).toBe('waits: unknown_click');
  });
});

describe('a player that becomes linked', () => {
  it.each([['deposit first'], ['registration first']])('releases what waited: %s', async (order) => {
    const clickId = mintId('clk', NOW);
    await click(clickId);
    const registration = () => accept({ kind: 'registration', senderEventId: 'R1', clickRef: clickId });
    if (order === 'registration first') await registration();
    const deposit = await accept({ senderEventId: 'D1' });
    if (order === 'deposit first') await registration();
    expect(await stateOf(deposit)).toBe(
      order === 'deposit first' ? 'player_linked, queued 1' : 'never waited, queued 1',
    );
  });

  it('releases nothing of a player that is not linked', async () => {
    const id = await accept({ senderEventId: 'D1' });
    const fact = await db('events').where('event_id', uuidFromId(id)).first();
    expect(await releaseForPlayers(db, [idFromUuid('ply', fact.player_id)], NOW)).toEqual([]);
    expect(await stateOf(id)).toBe('waits: unknown_player');
  });
});

describe('matchByHand', () => {
  const by = { actor: 'key:key_operator', cause: 'request-1', nowMs: NOW };

  it('releases the event, links its player, releases the player’s other events and writes the audit', async () => {
    const clickId = await click(mintId('clk', NOW));
    const deposit = await accept({ senderEventId: 'D1' });
    const second = await accept({ senderEventId: 'D2', clickRef: 'unknown' });
    const match = { ...by, workspaceId: sender.workspaceId, eventId: deposit, clickId };
    expect(await matchByHand(db, match)).toEqual({ outcome: 'matched', released: [deposit, second] });
    expect(await stateOf(deposit)).toBe('key:key_operator, queued 1');
    expect(await stateOf(second)).toBe('player_linked, queued 1');
    const row = await db('quarantine').where('event_id', uuidFromId(deposit)).first();
    expect(row.matched_click_id).toBe(uuidFromId(clickId));
    const audit = await db('audit').where('subject', deposit).first();
    expect(audit).toMatchObject({
      actor: 'key:key_operator',
      action: 'quarantine.matched',
      cause: 'request-1',
      detail: { clickId, released: [deposit, second] },
    });
    expect(await matchByHand(db, match)).toEqual({ outcome: 'already_released' });
  });

  it('refuses a click that does not exist, and an event of another workspace', async () => {
    const eventId = await accept({ senderEventId: 'D1' });
    const match = { ...by, workspaceId: sender.workspaceId, eventId, clickId: mintId('clk', NOW) };
    expect(await matchByHand(db, match)).toEqual({ outcome: 'unknown_click' });
    const other = await insertWorkspace(db);
    expect(await matchByHand(db, { ...match, workspaceId: other.workspaceId })).toEqual({
      outcome: 'not_found',
    });
    expect(await stateOf(eventId)).toBe('waits: unknown_player');
  });

  it('lets one of ten operators win', async () => {
    const clickId = await click(mintId('clk', NOW));
    const eventId = await accept({ senderEventId: 'D1' });
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, () =>
        matchByHand(db, { ...by, workspaceId: sender.workspaceId, eventId, clickId }),
      ),
    );
    expect(outcomes.filter(({ outcome }) => outcome === 'matched')).toHaveLength(1);
  });
});

describe('sweepQuarantine', () => {
  it('finds what no trigger has released: a click that has appeared, a player that was linked', async () => {
    const clickId = mintId('clk', NOW);
    const registration = await accept({ kind: 'registration', senderEventId: 'R1', clickRef: clickId });
    const deposit = await accept({ senderEventId: 'D1' });
    const orphan = await accept({ senderEventId: 'D2', playerExternalId: 'P2' });
    expect(await sweepQuarantine(db, NOW, 100)).toEqual([]);
    await click(clickId);
    expect(new Set(await sweepQuarantine(db, NOW + MINUTE_MS, 100))).toEqual(
      new Set([registration, deposit]),
    );
    expect(await stateOf(registration)).toBe('sweep, queued 1');
    expect(await stateOf(orphan)).toBe('waits: unknown_player');
  });

  it('lets an event go once our clock has caught up with it', async () => {
    const clickId = await click(mintId('clk', NOW));
    const ahead = NOW + MAX_CLOCK_LEAD_MS + 60_000;
    const known = await accept({
      kind: 'install',
      senderEventId: 'I1',
      clickRef: clickId,
      occurredAtMs: ahead,
    });
    const unknown = await accept({ senderEventId: 'D1', occurredAtMs: ahead });
    expect(await sweepQuarantine(db, NOW + 59_999, 100)).toEqual([]);
    expect(await sweepQuarantine(db, NOW + 60_000, 100)).toEqual([known]);
    expect(await stateOf(unknown)).toBe('waits: unknown_player');
  });

  it('takes no more than asked for at a time', async () => {
    const clickId = mintId('clk', NOW);
    for (const n of [1, 2, 3]) await accept({ kind: 'install', senderEventId: `I${n}`, clickRef: clickId });
    await click(clickId);
    expect(await sweepQuarantine(db, NOW, 2, 1)).toHaveLength(2);
    expect(await sweepQuarantine(db, NOW, 2, 1)).toHaveLength(1);
  });

  it('does not collide with arrivals, relays and other sweeps', async () => {
    const clickIds = Array.from({ length: 10 }, () => mintId('clk', NOW));
    await Promise.all(
      clickIds.flatMap((clickRef, n) => [
        accept({ kind: 'registration', senderEventId: `R${n}`, clickRef, playerExternalId: `P${n}` }),
        accept({ senderEventId: `D${n}`, playerExternalId: `P${n}` }),
      ]),
    );
    await Promise.all(clickIds.map(click));
    await Promise.all([
      ...Array.from({ length: 3 }, () => sweepQuarantine(db, NOW, 100)),
      ...clickIds.map((clickId) => releaseForClicks(db, [clickId], NOW)),
      ...Array.from({ length: 3 }, () => releaseForClicks(db, [...clickIds].reverse(), NOW)),
      ...clickIds.map((clickRef, n) =>
        accept({ senderEventId: `late-${n}`, clickRef, playerExternalId: `P${n}` }),
      ),
    ]);
    const waiting = await db('quarantine')
      .where('workspace_id', uuidFromId(sender.workspaceId))
      .whereNull('released_at');
    expect(waiting).toEqual([]);
    const queued = await db('outbox').where({ kind: 'event', workspace_id: uuidFromId(sender.workspaceId) });
    expect(queued).toHaveLength(30);
  });
});
