import { mintId } from '../../db/mint-id';
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
      sourceId: tenant.sourceId,
      kind: 'deposit',
      reason: 'unknown_player',
      explanation: 'It names no click, and player "casino-9" is not tied to any click yet.',
      expiredAt: null,
      quarantinedAt: toIso(atMs),
      releasedAt: null,
      releasedBy: null,
      matchedClickId: null,
      clickRef: null,
      playerId: 'casino-9',
      occurredAt: toIso(atMs),
      isTest: false,
      words: [],
      rules: null,
      release: [
        { by: 'player_linked', text: expect.stringContaining('casino-9') },
        { by: 'hand', text: expect.any(String) },
      ],
    },
  ]);
  expect(await list('?state=released')).toMatchObject([
    { id: released, releasedBy: 'sweep', matchedClickId: clickId, clickRef: clickId, playerId: null },
  ]);
  expect((await list('?status=all')).map(({ id }) => id)).toEqual([waiting, released]);
  for (const [filter, expected] of [
    ['reason=unknown_player', [waiting]],
    ['reason=unknown_click', [released]],
    [`sourceId=${tenant.sourceId}`, [waiting, released]],
    [`sourceId=${mintId('src', atMs)}`, []],
    ['kind=install', [released]],
    [`from=${toIso(atMs)}&to=${toIso(atMs + 1)}`, [waiting]],
    [`to=${toIso(atMs)}`, []],
  ] as const) {
    expect([filter, (await list(`?status=all&${filter}`)).map(({ id }) => id)]).toEqual([filter, expected]);
  }
  expect((await tenant.get('/v1/quarantine?status=all&state=waiting')).status).toBe(400);
  expect((await tenant.get('/v1/quarantine?state=lost')).status).toBe(400);
});
