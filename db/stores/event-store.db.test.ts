import type { CampaignId, EventId } from '../../domain/ids';
import { uuidFromId } from '../../domain/ids';
import { insertCampaign } from '../../testing/builders/insert-campaign';
import { insertWorkspace, type WorkspaceFixture } from '../../testing/builders/insert-workspace';
import { newEvent } from '../../testing/builders/new-event';
import { recordTestClick } from '../../testing/builders/record-test-click';
import { createTestDb, type TestDb } from '../../testing/test-db';
import { createDb, type Db } from '../knex';
import { mintId } from '../mint-id';
import { acceptEvent } from './event-store';
import type { NewEvent } from './new-event';

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
  sender = await insertWorkspace(db);
  campaignId = await insertCampaign(db, { workspaceId: sender.workspaceId, slug: `c-${sender.workspaceId}` });
});

const event = (given: Partial<NewEvent> & { senderEventId: string }) => newEvent(sender, given);
const click = (clickId?: ReturnType<typeof mintId<'clk'>>) =>
  recordTestClick(db, {
    workspaceId: sender.workspaceId,
    campaignId,
    clickedAtMs: NOW,
    ...(clickId && { clickId }),
  });

async function stateOf(id: EventId) {
  const eventId = uuidFromId(id);
  const [fact, raw, outbox, quarantine] = await Promise.all([
    db('events').where('event_id', eventId).first(),
    db('event_raw').where('event_id', eventId).first(),
    db('outbox').where({ kind: 'event', ref_id: eventId }),
    db('quarantine').where('event_id', eventId).first(),
  ]);
  return { fact, raw, queued: outbox.length, quarantine };
}

describe('acceptEvent', () => {
  it('queues an event whose click is known, with its fact and its raw body', async () => {
    const clickRef = await click();
    const answer = await acceptEvent(
      db,
      event({
        kind: 'registration',
        senderEventId: 'R1',
        clickRef,
        occurredAtMs: NOW - 5,
        attributes: { country: 'DE', unknownFields: 2 },
        raw: { body: { eventId: 'R1', odd: [1] }, ip: '203.0.113.9', userAgent: 'UA' },
      }),
      NOW,
    );
    expect(answer.status).toBe('accepted');
    const state = await stateOf(answer.id);
    expect(state).toMatchObject({ queued: 1, quarantine: undefined });
    expect(state.fact).toMatchObject({
      click_ref: clickRef,
      click_id: uuidFromId(clickRef),
      click_was_known: true,
      occurred_at: new Date(NOW - 5),
      occurred_at_source: 'sender',
      received_at: new Date(NOW),
      attributes: { country: 'DE', unknownFields: 2 },
      handled_at: null,
    });
    expect(state.raw).toMatchObject({
      body: { eventId: 'R1', odd: [1] },
      ip: '203.0.113.9',
      user_agent: 'UA',
    });
    const player = await db('players').where('player_id', state.fact.player_id).first();
    expect(player.linked_at).toEqual(new Date(NOW));
  });

  it('queues the later events of a linked player without a click', async () => {
    await acceptEvent(db, event({ kind: 'registration', senderEventId: 'R1', clickRef: await click() }), NOW);
    const deposit = await acceptEvent(db, event({ senderEventId: 'D1' }), NOW);
    expect(deposit.status).toBe('accepted');
    expect((await stateOf(deposit.id)).fact).toMatchObject({
      click_was_known: false,
      click_id: null,
      occurred_at_source: 'receipt',
    });
  });

  it.each([
    ['unknown_player', { senderEventId: 'D1' }],
    ['unknown_click_and_player', { senderEventId: 'D1', clickRef: mintId('clk', NOW) }],
    ['unknown_click_and_player', { senderEventId: 'D1', clickRef: 'abc-123' }],
    ['unknown_click', { kind: 'install' as const, senderEventId: 'I1', clickRef: mintId('clk', NOW) }],
  ])('holds as %s what belongs to nobody yet', async (reason, given) => {
    const answer = await acceptEvent(db, event(given), NOW);
    expect(answer.status).toBe('quarantined');
    expect(await stateOf(answer.id)).toMatchObject({ queued: 0, quarantine: { reason, released_at: null } });
  });

  it('keeps a click id that has not our form as it was sent', async () => {
    const { id } = await acceptEvent(db, event({ senderEventId: 'D1', clickRef: 'abc-123' }), NOW);
    expect((await stateOf(id)).fact).toMatchObject({ click_ref: 'abc-123', click_id: null });
  });

  it('takes the click of another workspace for an unknown one', async () => {
    const other = await insertWorkspace(db);
    const clickRef = await click();
    const { id, status } = await acceptEvent(db, newEvent(other, { senderEventId: 'D1', clickRef }), NOW);
    expect(status).toBe('quarantined');
    expect((await stateOf(id)).fact).toMatchObject({ click_ref: clickRef, click_id: null });
  });

  it('holds an event dated more than five minutes ahead, though its click is known', async () => {
    const clickRef = await click();
    const ahead = { clickRef, kind: 'registration' as const };
    const late = await acceptEvent(
      db,
      event({ ...ahead, senderEventId: 'R1', occurredAtMs: NOW + 300_001 }),
      NOW,
    );
    expect((await stateOf(late.id)).quarantine).toMatchObject({ reason: 'clock_suspect' });
    const player = await db('players')
      .where({ workspace_id: uuidFromId(sender.workspaceId), external_id: 'P1' })
      .first();
    expect(player.linked_at).toBeNull();
    const onTime = await acceptEvent(
      db,
      event({ ...ahead, senderEventId: 'R2', playerExternalId: 'P2', occurredAtMs: NOW + 300_000 }),
      NOW,
    );
    expect(onTime.status).toBe('accepted');
  });

  it('records test events the same way', async () => {
    const { id } = await acceptEvent(
      db,
      event({ kind: 'registration', senderEventId: 'R1', clickRef: await click(), isTest: true }),
      NOW,
    );
    expect(await stateOf(id)).toMatchObject({ queued: 1, fact: { is_test: true } });
  });

  it('answers a repeat with the first id, whatever else differs in its delivery', async () => {
    const clickRef = await click();
    const given = { kind: 'registration' as const, clickRef, occurredAtMs: NOW - 1 };
    const first = await acceptEvent(db, event({ ...given, senderEventId: 'R1' }), NOW);
    const repeat = await acceptEvent(
      db,
      event({
        ...given,
        senderEventId: 'R1',
        attributes: { unknownFields: 3 },
        raw: { body: { attempt: 2 }, ip: '198.51.100.1', userAgent: null },
      }),
      NOW + 60_000,
    );
    expect(repeat).toEqual({ status: 'duplicate', id: first.id });
    const redelivered = await acceptEvent(
      db,
      event({ ...given, senderEventId: 'another-delivery', transactionKey: 'R1' }),
      NOW,
    );
    expect(redelivered).toEqual({ status: 'duplicate', id: first.id });
  });

  it('answers a repeat without a time of its own as a duplicate', async () => {
    const first = await acceptEvent(db, event({ senderEventId: 'D1' }), NOW);
    expect(await acceptEvent(db, event({ senderEventId: 'D1' }), NOW + 9_000)).toEqual({
      status: 'duplicate',
      id: first.id,
    });
  });

  it('takes one of fifty at once and answers the others with its id', async () => {
    const clickRef = await click();
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => acceptEvent(db, event({ senderEventId: 'D1', clickRef }), NOW)),
    );
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual(['accepted', ...Array.from({ length: 49 }, () => 'duplicate')]);
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    const [first] = answers;
    if (first === undefined) throw new Error('no answer');
    expect((await stateOf(first.id)).queued).toBe(1);
    const count = await db('inbox')
      .where('workspace_id', uuidFromId(sender.workspaceId))
      .count('* as n')
      .first();
    expect(count).toEqual({ n: 1n });
  });

  it('takes all of fifty different events of one player at once', async () => {
    const clickRef = await click();
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) => acceptEvent(db, event({ senderEventId: `D${n}`, clickRef }), NOW)),
    );
    expect(answers.every(({ status }) => status === 'accepted')).toBe(true);
    const players = await db('players').where('workspace_id', uuidFromId(sender.workspaceId));
    expect(players).toHaveLength(1);
  });

  it('knows a repeat after a restart', async () => {
    const first = await acceptEvent(db, event({ senderEventId: 'D1' }), NOW);
    const restarted = createDb(testDb.url, { applicationName: 'restarted', poolMax: 1 });
    try {
      expect(await acceptEvent(restarted, event({ senderEventId: 'D1' }), NOW)).toEqual({
        status: 'duplicate',
        id: first.id,
      });
    } finally {
      await restarted.destroy();
    }
  });

  it.each([
    ['amount', { money: null }],
    ['player', { playerExternalId: 'P2' }],
    ['click', { clickRef: 'other' }],
    ['time', { occurredAtMs: NOW }],
    ['test flag', { isTest: true }],
    ['attribute', { attributes: { country: 'DE', unknownFields: 0 } }],
  ])('refuses the same key with another %s, and the first stands', async (_what, given) => {
    const lead = { kind: 'sale' as const, senderEventId: 'S1', clickRef: 'x' };
    const money = event({ senderEventId: 'any' }).money;
    const first = await acceptEvent(db, event({ ...lead, money }), NOW);
    await expect(acceptEvent(db, event({ ...lead, money, ...given }), NOW)).rejects.toMatchObject({
      code: 'event_conflict',
    });
    expect(await acceptEvent(db, event({ ...lead, money }), NOW)).toEqual({
      status: 'duplicate',
      id: first.id,
    });
  });

  it('takes each status of a transaction, in any order', async () => {
    await acceptEvent(db, event({ kind: 'registration', senderEventId: 'R1', clickRef: await click() }), NOW);
    for (const status of ['confirmed', 'pending', 'reversed', 'failed'] as const) {
      const answer = await acceptEvent(
        db,
        event({ senderEventId: `D-${status}`, transactionKey: 'T1', status }),
        NOW,
      );
      expect(answer.status).toBe('accepted');
    }
  });

  it('refuses a later status that names another player, and leaves nothing of it', async () => {
    await acceptEvent(db, event({ senderEventId: 'D1', transactionKey: 'T1', status: 'pending' }), NOW);
    const other = event({ senderEventId: 'D2', transactionKey: 'T1', playerExternalId: 'P2' });
    await expect(acceptEvent(db, other, NOW)).rejects.toMatchObject({
      code: 'event_conflict',
      errors: [{ path: 'playerId' }],
    });
    expect(await db('inbox').where('workspace_id', uuidFromId(sender.workspaceId))).toHaveLength(1);
    expect(await db('players').where('workspace_id', uuidFromId(sender.workspaceId))).toHaveLength(1);
  });

  it('lets one of two statuses win when they name two players at once', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, (_, n) =>
        acceptEvent(
          db,
          event({
            senderEventId: `D${n}`,
            transactionKey: 'T1',
            status: n % 2 === 0 ? 'pending' : 'confirmed',
            playerExternalId: n % 2 === 0 ? 'P1' : 'P2',
          }),
          NOW,
        ),
      ),
    );
    expect(outcomes.some(({ status }) => status === 'rejected')).toBe(true);
    const facts = await db('events').where('workspace_id', uuidFromId(sender.workspaceId));
    expect(new Set(facts.map((fact) => fact.player_id)).size).toBe(1);
  });

  it('keeps brands apart: the same transaction of two brands is two facts', async () => {
    const first = await acceptEvent(db, event({ senderEventId: 'D1' }), NOW);
    const brandId = mintId('brd', NOW);
    await db('brands').insert({
      brand_id: uuidFromId(brandId),
      workspace_id: uuidFromId(sender.workspaceId),
      name: 'second',
      created_at: new Date(NOW),
    });
    const second = await acceptEvent(db, { ...event({ senderEventId: 'D1' }), brandId }, NOW);
    expect(second.status).toBe('quarantined');
    expect(second.id).not.toBe(first.id);
  });

  it('never lets a deposit wait for a registration that came in the same moment', async () => {
    const rounds = await Promise.all(
      Array.from({ length: 25 }, async (_, n) => {
        const playerExternalId = `P-${n}`;
        const clickRef = await click();
        const [, deposit] = await Promise.all([
          acceptEvent(
            db,
            event({ kind: 'registration', senderEventId: `R-${n}`, clickRef, playerExternalId }),
            NOW,
          ),
          acceptEvent(db, event({ senderEventId: `D-${n}`, playerExternalId }), NOW),
        ]);
        return stateOf(deposit.id);
      }),
    );
    expect(rounds.map(({ queued }) => queued)).toEqual(Array.from({ length: 25 }, () => 1));
  });

  it('wakes the relay for an event that can be settled, and not for one in quarantine', async () => {
    const heard: string[] = [];
    const connection = await db.client.acquireConnection();
    connection.on('notification', () => heard.push('outbox'));
    await db.raw('LISTEN outbox').connection(connection);
    await acceptEvent(db, event({ senderEventId: 'waits' }), NOW);
    await db.raw('SELECT 1').connection(connection);
    expect(heard).toEqual([]);
    await acceptEvent(
      db,
      event({ senderEventId: 'goes', clickRef: await click(), playerExternalId: 'P9' }),
      NOW,
    );
    await db.raw('SELECT 1').connection(connection);
    expect(heard).toEqual(['outbox']);
    await db.raw('UNLISTEN outbox').connection(connection);
    connection.removeAllListeners('notification');
    await db.client.releaseConnection(connection);
  });
});
