import { type EventId, uuidFromId } from '../domain/ids';
import { insertEvent } from '../testing/builders/insert-event';
import { insertWorkspace, type WorkspaceFixture } from '../testing/builders/insert-workspace';
import { createTestDb, type TestDb } from '../testing/test-db';
import { applyMigrations, migrate } from './migrate';
import { MIGRATIONS } from './migrations';
import { up as lookWhereDue } from './migrations/035_look_only_where_something_is_due';
import { ensurePartitions } from './partitions';
import { readBacklog } from './read-models/backlog';

const nowMs = Date.now();
let testDb: TestDb;
let tenant: WorkspaceFixture;

beforeEach(async () => {
  testDb = await createTestDb();
  await testDb.db.raw('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
  await applyMigrations(
    testDb.url,
    MIGRATIONS.filter(([name]) => name < '034'),
    { beforeBackground: (db) => ensurePartitions(db, nowMs) },
  );
  tenant = await insertWorkspace(testDb.db);
});
afterEach(() => testDb.drop());

async function place(releasedAt: Date | null): Promise<EventId> {
  const eventId = await insertEvent(testDb.db, { ...tenant, kind: 'lead' });
  await testDb.db('quarantine').insert({
    event_id: uuidFromId(eventId),
    workspace_id: uuidFromId(tenant.workspaceId),
    reason: 'unknown_click',
    quarantined_at: new Date(nowMs),
    released_at: releasedAt,
    released_by: releasedAt === null ? null : 'sweep',
  });
  return eventId;
}
const isAside = async (eventId: EventId) => {
  const { rows } = await testDb.db.raw(
    'SELECT NOT isfinite(sweep_after) AS aside FROM events WHERE event_id = ?',
    [uuidFromId(eventId)],
  );
  return rows[0].aside;
};

describe('what waited before it was said when to look at it', () => {
  it('is counted, is put aside by the sweep, and is looked at soon', async () => {
    const [waiting, released] = [await place(null), await place(new Date(nowMs))];
    await migrate(testDb.url, nowMs);
    expect([await isAside(waiting), await isAside(released)]).toEqual([true, false]);
    expect(await readBacklog(testDb.db, nowMs)).toMatchObject({
      ...{ quarantineWaiting: 1, quarantineExpired: 0, eventsUnhandled: 1 },
    });
    const due = await testDb.db('quarantine').where('look_again_at', '<=', new Date(Date.now() + 1_000));
    expect(due).toHaveLength(2);
  });

  it('is found by whole indexes, also when an attempt to make them was broken off', async () => {
    await migrate(testDb.url, nowMs);
    await testDb.db.raw(
      `UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'quarantine_look_again_idx'::regclass`,
    );
    await lookWhereDue(testDb.db, () => undefined);
    const { rows } = await testDb.db.raw(
      `SELECT c.relname FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
       WHERE i.indrelid = 'quarantine'::regclass AND NOT i.indisvalid`,
    );
    expect(rows).toEqual([]);
  });
});
