import { createTestDb, type TestDb } from '../testing/test-db';
import { hashApiKey } from './new-secret';
import { createAdminKey, createWorkspace, seedInstance } from './seed-instance';
import { findLiveApiKey } from './stores/api-key-store';

const nowMs = Date.UTC(2026, 10, 21);

let testDb: TestDb;
beforeEach(async () => {
  testDb = await createTestDb();
});
afterEach(() => testDb.drop());

async function countRows(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const table of ['workspaces', 'brands', 'sources', 'api_keys']) {
    counts[table] = (await testDb.db(table)).length;
  }
  return counts;
}

describe('seedInstance', () => {
  it('makes the first workspace once, however many processes start', async () => {
    const seeds = await Promise.all(
      Array.from({ length: 5 }, () => seedInstance(testDb.db, { adminKey: null, nowMs })),
    );
    expect(await countRows()).toEqual({ workspaces: 1, brands: 1, sources: 1, api_keys: 1 });
    const keys = seeds.flatMap(({ adminKey }) => adminKey ?? []);
    expect(keys).toEqual([expect.stringMatching(/^ck_[\w-]{43}$/)]);
    const found = await findLiveApiKey(testDb.db, hashApiKey(keys[0] ?? ''));
    expect(found).toMatchObject({ workspaceId: seeds[0]?.workspaceId, scopes: ['admin'] });
  });

  it('adds a given key to an instance that has none such, once', async () => {
    const first = await seedInstance(testDb.db, { nowMs });
    const given = { adminKey: 'a-key-from-the-environment', nowMs };
    expect(await seedInstance(testDb.db, given)).toEqual({
      workspaceId: first.workspaceId,
      adminKey: given.adminKey,
    });
    await seedInstance(testDb.db, given);
    expect((await countRows()).api_keys).toBe(2);
    expect((await testDb.db('audit').where({ action: 'api_key.created' })).length).toBe(2);
  });
});

describe('createWorkspace', () => {
  it('refuses a name that is taken and a key of somebody else, and leaves nothing behind', async () => {
    const { adminKey } = await createWorkspace(testDb.db, { name: 'acme', nowMs });
    await expect(createWorkspace(testDb.db, { name: 'acme', nowMs })).rejects.toThrow('workspaces_name_key');
    await expect(createWorkspace(testDb.db, { name: 'other', nowMs, adminKey })).rejects.toThrow('another');
    expect((await countRows()).workspaces).toBe(1);
  });
});

describe('createAdminKey', () => {
  it('opens a workspace whose keys were lost, and no other', async () => {
    const { workspaceId, adminKey } = await createWorkspace(testDb.db, { name: 'acme', nowMs });
    const made = await createAdminKey(testDb.db, { workspaceName: 'acme', nowMs });
    expect(made).toMatchObject({ workspaceId });
    for (const key of [adminKey, made?.adminKey ?? '']) {
      const found = await findLiveApiKey(testDb.db, hashApiKey(key));
      expect(found).toMatchObject({ workspaceId, scopes: ['admin'] });
    }
    expect(await testDb.db('audit').where('action', 'api_key.created')).toHaveLength(2);
    expect(await createAdminKey(testDb.db, { workspaceName: 'nobody', nowMs })).toBeNull();
  });
});
