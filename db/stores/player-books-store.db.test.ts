import { MAX_AMOUNT_MINOR } from '../../domain/money';
import { currency } from '../../domain/testing/facts';
import { insertPlayer } from '../../testing/builders/insert-player';
import { insertWorkspace } from '../../testing/builders/insert-workspace';
import { createTestDb, type TestDb } from '../../testing/test-db';
import { readPlayerDetail } from '../read-models/player-detail';
import { readPlayerWorth } from '../read-models/player-worth';
import { saveLtv } from './player-books-store';

const NOW = Date.now();
let testDb: TestDb;

beforeAll(async () => {
  testDb = await createTestDb();
});
afterAll(() => testDb.drop());

describe('saveLtv', () => {
  it.each([
    ['the largest amounts', 1n],
    ['the largest losses', -1n],
  ])('keeps ten thousand of %s', async (_, sign) => {
    const { db } = testDb;
    const tenant = await insertWorkspace(db);
    const playerId = await insertPlayer(db, tenant);
    const totalMinor = 10_000n * MAX_AMOUNT_MINOR;
    const value = {
      ...{ currency: currency('EUR'), count: 10_000, totalMinor, firstAtMs: NOW, lastAtMs: NOW },
      ...{ chargebackCount: 10_000, chargebackTotalMinor: totalMinor },
      ...{ withdrawalCount: 10_000, withdrawalTotalMinor: totalMinor, ngrTotalMinor: sign * totalMinor },
    };
    await saveLtv(db, tenant.workspaceId, playerId, [value], NOW);
    await saveLtv(db, tenant.workspaceId, playerId, [{ ...value, count: 10_001 }], NOW);
    const total = '100000000000000000.00';
    const detail = await readPlayerDetail(db, tenant.workspaceId, playerId);
    expect(detail?.player.ltv).toMatchObject([
      {
        deposits: { count: 10_001, total },
        chargebacks: { total },
        withdrawals: { total },
        ngr: sign < 0n ? `-${total}` : total,
      },
    ]);
    const { habit } = await readPlayerWorth(db, tenant.workspaceId, playerId, NOW);
    expect(habit.deposits).toBe(0);
  });

  it('has a column of 64 bits for no total', async () => {
    const { rows } = await testDb.db.raw<{ rows: unknown[] }>(
      `SELECT table_name, column_name FROM information_schema.columns
       WHERE table_schema = 'public' AND column_name LIKE '%_total_minor' AND data_type <> 'numeric'`,
    );
    expect(rows).toEqual([]);
  });
});
