import type { Db } from '../db/knex';
import { mintId } from '../db/mint-id';
import { settleSoon } from '../db/stores/due-store';
import { insertRate } from '../db/stores/fx-rate-store';
import { findOverdueSubjects } from '../db/stores/sweep-store';
import { listPlayersWaitingForRate } from '../db/stores/waiting-for-rate-store';
import type { Currency } from '../domain/currencies';
import { type PlayerId, uuidFromId } from '../domain/ids';
import { HOUR_MS, MINUTE_MS } from '../domain/time';
import { findPlayer } from '../testing/player-books';
import { openSettlementBench, type SettlementBench } from '../testing/settlement-bench';
import { createTestDb, type TestDb } from '../testing/test-db';
import { until } from '../testing/until';
import { createSettlementActivities } from './settlement';

const EUR = 'EUR' as Currency;
const USD = 'USD' as Currency;

let testDb: TestDb;
let db: Db;
let bench: SettlementBench;
let playerId: PlayerId;
const startMs = Date.now() - HOUR_MS;
const atMs = (minutes: number) => startMs + minutes * MINUTE_MS;

beforeAll(async () => {
  testDb = await createTestDb();
  db = testDb.db;
});
afterAll(() => testDb.drop());

/** A player whose first deposit, 60.00 USD, meets a deal of 50.00 EUR from 50.00 EUR on. */
beforeEach(async () => {
  bench = await openSettlementBench(db, { startMs, minDepositMinor: 5_000n });
  const click = await bench.click();
  await bench.registration({ key: 'R1', click, atMin: 1 });
  await bench.deposit({ key: 'D1', atMin: 10, amountMinor: 6_000n, currency: 'USD' });
  await bench.settleAll();
  playerId = await findPlayer(db, bench.tenant.workspaceId, 'P1');
});

async function rate(text: string, minutes: number, from = EUR, to = USD): Promise<void> {
  const { workspaceId } = bench.tenant;
  const nowMs = Date.now();
  const terms = { from, to, rate: text, source: 'ecb', ratedAtMs: atMs(minutes) };
  await db.transaction(async (trx) => {
    await insertRate(trx, workspaceId, {
      ...{ ...terms, rateId: mintId('fxr', nowMs), createdBy: 'test', createdAtMs: nowMs },
    });
    const waiting = await listPlayersWaitingForRate(trx, workspaceId, terms, { limit: 10 });
    await settleSoon(trx, workspaceId, waiting, nowMs);
  });
}

const settleDue = (dueAtMs = Date.now()) =>
  createSettlementActivities(bench).settleDue({ subject: playerId, dueAtMs });
const conversion = () => bench.conversion('D1');
const grants = () => db('rate_grants').where('player_id', uuidFromId(playerId));

describe('a deposit in another currency than the deal', () => {
  it('waits while no rate of its time is known, and a rate of later is none', async () => {
    expect(await conversion()).toMatchObject({ status: 'pending', reason: 'currency_mismatch' });
    await rate('1.1', 11);
    await settleDue();
    expect(await conversion()).toMatchObject({ status: 'pending', reason: 'currency_mismatch' });
    expect(await grants()).toEqual([]);
  });

  it('is settled when the rate is recorded, by the sweep too, and judged by the rate of its time', async () => {
    await rate('1.1', 5);
    expect(await db('outbox').where({ kind: 'timer', ref_id: uuidFromId(playerId) })).toHaveLength(1);
    const overdue = await findOverdueSubjects(db, 10, Date.now() + HOUR_MS);
    expect(overdue.map(({ key }) => key)).toContain(playerId);
    await settleDue();
    expect(await conversion()).toMatchObject({ status: 'approved', reason: null });
    expect(await bench.line('D1')).toMatchObject({ amount_minor: 5_000n, currency: 'EUR' });
    expect(await grants()).toMatchObject([
      { from_currency: 'USD', to_currency: 'EUR', rate: '1/1.1', source: 'ecb', rated_at: new Date(atMs(5)) },
    ]);
    expect(await findOverdueSubjects(db, 10, Date.now() + HOUR_MS)).not.toContainEqual(
      expect.objectContaining({ key: playerId }),
    );
  });

  it('is held against the minimum in the deal’s currency: 60.00 USD at 1.25 are 48.00 EUR', async () => {
    await rate('1.25', 5);
    await settleDue();
    expect(await bench.line('D1')).toMatchObject({ amount_minor: 0n, reason: 'below_minimum_deposit' });
  });

  it('is converted once: a nearer rate that is recorded later changes nothing', async () => {
    await rate('1.1', 5);
    await settleDue();
    await rate('1.25', 9);
    await bench.deposit({ key: 'D2', atMin: 20, amountMinor: 1_000n, currency: 'USD' });
    await bench.settleAll();
    await settleDue();
    expect(await bench.line('D1')).toMatchObject({ amount_minor: 5_000n });
    expect(await grants()).toHaveLength(1);
  });
});

describe('a rate that is recorded while a settlement looks for it in vain', () => {
  it('is not overlooked: whoever comes second sees the other', async () => {
    const click = await bench.click();
    await bench.settle((await bench.registration({ key: 'R2', player: 'P2', click, atMin: 1 })).id);
    const given = { key: 'D2', player: 'P2', atMin: 10, amountMinor: 6_000n, currency: 'USD' };
    const { id } = await bench.deposit(given);
    // Holds the settlement at its last write, after it has looked for the rate in vain.
    const brake = await db.transaction();
    await brake.raw('SELECT 1 FROM events WHERE event_id = ? FOR NO KEY UPDATE', [uuidFromId(id)]);
    const settling = bench.settle(id);
    await until('the settlement to wait', () => isWaiting('UPDATE events'));
    let isRecorded = false;
    const recording = rate('1.1', 5).then(() => {
      isRecorded = true;
    });
    await until(
      'the rate to be recorded, or to wait too',
      async () => isRecorded || (await isWaiting('SELECT pg_advisory')),
    );
    await brake.rollback();
    await Promise.all([settling, recording]);
    expect(await bench.conversion('D2')).toMatchObject({ status: 'pending', reason: 'currency_mismatch' });
    const other = await findPlayer(db, bench.tenant.workspaceId, 'P2');
    const overdue = await findOverdueSubjects(db, 10, Date.now() + HOUR_MS);
    expect(overdue.map(({ key }) => key)).toContain(other);
  });
});

async function isWaiting(statement: string): Promise<boolean> {
  const { rows } = await db.raw<{ rows: unknown[] }>(
    `SELECT 1 FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE ?`,
    [`${statement}%`],
  );
  return rows.length > 0;
}
