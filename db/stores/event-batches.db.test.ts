import fc from 'fast-check';
import { AppError } from '../../domain/errors';
import { type CampaignId, type ClickId, uuidFromId } from '../../domain/ids';
import { insertCampaign } from '../../testing/builders/insert-campaign';
import { insertWorkspace, type WorkspaceFixture } from '../../testing/builders/insert-workspace';
import { newEvent } from '../../testing/builders/new-event';
import { recordTestClick } from '../../testing/builders/record-test-click';
import { createTestDb, type TestDb } from '../../testing/test-db';
import type { Db } from '../knex';
import { acceptEvents } from './event-store';
import type { NewEvent } from './new-event';

const NOW = Date.UTC(2026, 10, 21, 12);
let testDb: TestDb;
let db: Db;

beforeAll(async () => {
  testDb = await createTestDb({ poolMax: 20 });
  db = testDb.db;
});
afterAll(() => testDb.drop());

type Tenant = WorkspaceFixture & { readonly clicks: readonly ClickId[] };

async function tenantWithClicks(): Promise<Tenant> {
  const workspace = await insertWorkspace(db);
  const { workspaceId } = workspace;
  const campaignId: CampaignId = await insertCampaign(db, { workspaceId, slug: `c-${workspaceId}` });
  const click = () => recordTestClick(db, { workspaceId, campaignId, clickedAtMs: NOW - 60_000 });
  return { ...workspace, clicks: [await click(), await click()] };
}

/** Of an answer what does not depend on the ids that were minted. */
const kindOf = (answer: Awaited<ReturnType<typeof acceptEvents>>[number]): string =>
  answer instanceof AppError ? answer.code : answer.status;

async function statements(work: () => Promise<unknown>): Promise<number> {
  let count = 0;
  const listener = () => {
    count += 1;
  };
  db.on('query', listener);
  await work();
  db.removeListener('query', listener);
  return count;
}

/** What is stored of a workspace, by what senders call things. */
async function stored(tenant: Tenant) {
  const { rows } = await db.raw(
    `SELECT i.event_key, e.click_id, p.external_id, p.linked_at IS NOT NULL AS linked,
       q.event_id IS NOT NULL AND q.released_at IS NULL AS waits,
       (SELECT count(*) FROM outbox AS o WHERE o.ref_id = e.event_id)::int AS queued,
       (SELECT count(*) FROM event_raw AS r WHERE r.event_id = e.event_id)::int AS raw
     FROM inbox AS i JOIN events AS e USING (event_id) LEFT JOIN players AS p ON p.player_id = e.player_id
     LEFT JOIN quarantine AS q ON q.event_id = e.event_id
     WHERE i.workspace_id = ? ORDER BY i.event_key`,
    [uuidFromId(tenant.workspaceId)],
  );
  return rows;
}

describe('acceptEvents', () => {
  it('costs as many statements for sixty-four events as for one', async () => {
    const tenant = await tenantWithClicks();
    const [clickRef] = tenant.clicks;
    const events = (count: number, name: string) =>
      Array.from({ length: count }, (_, n) =>
        newEvent(tenant, {
          senderEventId: `${name}-${n}`,
          transactionKey: `${name}-${n}`,
          status: 'confirmed',
          clickRef: clickRef ?? null,
          playerExternalId: 'P1',
        }),
      );
    await acceptEvents(db, events(1, 'warm'), NOW);
    const one = await statements(() => acceptEvents(db, events(1, 'one'), NOW));
    expect(await statements(() => acceptEvents(db, events(64, 'many'), NOW))).toBe(one);
    // BEGIN and COMMIT, locks, other players, receipts, players twice, clicks, facts.
    expect(one).toBe(9);
  });

  it('answers each by itself: first reports, repeats, contradictions and strangers', async () => {
    const tenant = await tenantWithClicks();
    const [clickRef = null] = tenant.clicks;
    const deposit = (given: Partial<NewEvent> & { senderEventId: string }) =>
      newEvent(tenant, { transactionKey: given.senderEventId, status: 'confirmed', clickRef, ...given });
    const money = null;
    await acceptEvents(db, [deposit({ senderEventId: 'stored' })], NOW);
    const answers = await acceptEvents(
      db,
      [
        deposit({ senderEventId: 'new' }),
        deposit({ senderEventId: 'stored' }),
        deposit({ senderEventId: 'new' }),
        deposit({ senderEventId: 'new', money }),
        deposit({ senderEventId: 'stored', money }),
        deposit({ senderEventId: 'new', status: 'reversed' }),
        deposit({ senderEventId: 'new', status: 'pending', playerExternalId: 'somebody else' }),
        deposit({ senderEventId: 'alone', clickRef: null, playerExternalId: 'nobody knows' }),
      ],
      NOW,
    );
    expect(answers.map(kindOf)).toEqual([
      ...['accepted', 'duplicate', 'duplicate', 'event_conflict', 'event_conflict'],
      ...['accepted', 'event_conflict', 'quarantined'],
    ]);
    expect((await stored(tenant)).map((row: { event_key: string }) => row.event_key)).toEqual([
      ...['deposit:alone:confirmed', 'deposit:new:confirmed', 'deposit:new:reversed'],
      'deposit:stored:confirmed',
    ]);
  });

  it('lets an event go whose player the same batch links', async () => {
    const tenant = await tenantWithClicks();
    const [clickRef = null] = tenant.clicks;
    const answers = await acceptEvents(
      db,
      [
        newEvent(tenant, { senderEventId: 'before', clickRef: null, playerExternalId: 'P7' }),
        newEvent(tenant, { kind: 'registration', senderEventId: 'R', clickRef, playerExternalId: 'P7' }),
        newEvent(tenant, { senderEventId: 'after', clickRef: null, playerExternalId: 'P7' }),
      ],
      NOW,
    );
    expect(answers.map(kindOf)).toEqual(['quarantined', 'accepted', 'accepted']);
    expect(
      (await stored(tenant)).map(({ waits, queued }: { waits: boolean; queued: number }) => [waits, queued]),
    ).toEqual([
      [false, 1],
      [false, 1],
      [false, 1],
    ]);
  });

  it('ends the same however the same reports are cut into batches that run side by side', async () => {
    const report = fc.record({
      player: fc.constantFrom('P1', 'P2', 'P3'),
      transaction: fc.constantFrom('T1', 'T2', 'T3', 'T4'),
      status: fc.constantFrom('pending' as const, 'confirmed' as const, 'reversed' as const),
      click: fc.constantFrom(0, 1, null),
      batch: fc.nat({ max: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(report, { minLength: 1, maxLength: 24 }), async (reports) => {
        const tenant = await tenantWithClicks();
        // A transaction belongs to one player and names one click: whatever differs would be a contradiction.
        const owners = new Map<string, (typeof reports)[number]>();
        const events = reports.map((one) => {
          const owner = owners.get(one.transaction) ?? one;
          owners.set(one.transaction, owner);
          const event = newEvent(tenant, {
            senderEventId: `${one.transaction}-${one.status}`,
            transactionKey: one.transaction,
            status: one.status,
            playerExternalId: owner.player,
            clickRef: owner.click === null ? null : (tenant.clicks[owner.click] ?? null),
          });
          return { batch: one.batch, event };
        });
        const batches = [0, 1, 2, 3].map((batch) =>
          events.filter((one) => one.batch === batch).map(({ event }) => event),
        );
        const answers = (await Promise.all(batches.map((batch) => acceptEvents(db, batch, NOW)))).flat();
        const keys = new Set(events.map(({ event }) => `${event.transactionKey}-${event.status}`));
        expect(answers.filter((answer) => kindOf(answer) !== 'duplicate')).toHaveLength(keys.size);
        expect(answers.map(kindOf)).not.toContain('event_conflict');
        const linked = new Set(
          events.filter(({ event }) => event.clickRef !== null).map(({ event }) => event.playerExternalId),
        );
        const rows = await stored(tenant);
        expect(rows).toHaveLength(keys.size);
        for (const row of rows) {
          const isLinked = linked.has(row.external_id);
          expect(row).toMatchObject({ linked: isLinked, waits: !isLinked, queued: isLinked ? 1 : 0, raw: 1 });
        }
      }),
      { numRuns: 40 },
    );
  });
});
