import type { Db } from '../db/knex';
import { listPlayersOfPartner } from '../db/stores/due-store';
import { HOUR_MS } from '../domain/time';
import { insertDeal } from '../testing/builders/insert-partner';
import { findPlayer } from '../testing/player-books';
import { openSettlementBench } from '../testing/settlement-bench';
import { createTestDb, type TestDb } from '../testing/test-db';
import { createSettlementActivities } from './settlement';

let testDb: TestDb;
let db: Db;

beforeAll(async () => {
  testDb = await createTestDb();
  db = testDb.db;
});
afterAll(() => testDb.drop());

it('a partner’s first deal finds the players that he brought before it, and decides them when they are settled', async () => {
  const bench = await openSettlementBench(db, { startMs: Date.now() - HOUR_MS });
  const partnerId = await bench.partner(null);
  const click = await bench.click({ partnerId });
  await bench.registration({ key: 'R1', click, atMin: 1 });
  await bench.deposit({ key: 'D1', atMin: 2 });
  await bench.settleAll();
  expect((await bench.books()).lines).toEqual([]);
  await insertDeal(db, { ...bench.tenant, partnerId, validFromMs: 0 });
  const player = await findPlayer(db, bench.tenant.workspaceId, 'P1');
  expect(await listPlayersOfPartner(db, partnerId, { limit: 10 })).toEqual([player]);
  expect(await listPlayersOfPartner(db, partnerId, { limit: 10, after: player })).toEqual([]);
  await createSettlementActivities(bench).settleDue({ subject: player, dueAtMs: Date.now() });
  expect((await bench.books()).lines).toEqual(['D1 cpa 5000 EUR']);
});
