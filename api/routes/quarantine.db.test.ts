import { toIso } from '../../domain/time';
import { insertClick } from '../../testing/builders/insert-click';
import { insertEvent, insertQuarantine } from '../../testing/builders/insert-event';
import { insertPlayer } from '../../testing/builders/insert-player';
import { type ReadsFixture, startReads } from '../../testing/reads-fixture';
import { quarantinedEventSchema } from '../schemas/quarantine';

let reads: ReadsFixture;

beforeAll(async () => {
  reads = await startReads();
});

afterAll(() => reads.stop());

it('shows what waits, and what was released when asked for it', async () => {
  const { db, tenant } = reads;
  const atMs = reads.clock.nowMs() - 5_000;
  const playerId = await insertPlayer(db, { ...tenant, externalId: 'casino-9' });
  const deposit = {
    ...tenant,
    kind: 'deposit',
    playerId,
    senderEventId: 'their-1',
    receivedAtMs: atMs,
  } as const;
  const waiting = await insertEvent(db, deposit);
  await insertQuarantine(db, {
    ...tenant,
    eventId: waiting,
    reason: 'unknown_player',
    quarantinedAtMs: atMs,
  });
  const clickId = await insertClick(db, tenant);
  const released = await insertEvent(db, { ...tenant, kind: 'install', clickId });
  await insertQuarantine(db, { ...tenant, eventId: released, releasedAtMs: atMs, matchedClickId: clickId });

  const list = async (query: string): Promise<Record<string, unknown>[]> => {
    const { body } = await tenant.get(`/v1/quarantine${query}`);
    for (const event of body.data) expect(quarantinedEventSchema.parse(event)).toEqual(event);
    return body.data;
  };
  expect(await list('')).toEqual([
    {
      id: waiting,
      eventId: 'their-1',
      kind: 'deposit',
      reason: 'unknown_player',
      quarantinedAt: toIso(atMs),
      releasedAt: null,
      releasedBy: null,
      matchedClickId: null,
      clickRef: null,
      playerId: 'casino-9',
      occurredAt: toIso(atMs),
    },
  ]);
  expect(await list('?state=released')).toMatchObject([
    { id: released, releasedBy: 'sweep', matchedClickId: clickId, clickRef: clickId, playerId: null },
  ]);
  expect((await list('?state=all')).map(({ id }) => id)).toEqual([waiting, released]);
  expect((await tenant.get('/v1/quarantine?state=lost')).status).toBe(400);
});
