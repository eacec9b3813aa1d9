import type { Db } from '../db/knex';
import { mintId } from '../db/mint-id';
import { releaseForClicks } from '../db/stores/quarantine-store';
import { type EventId, uuidFromId } from '../domain/ids';
import { waitingFor } from '../testing/lock-waits';
import { findPlayer, readPlayerBooks, readTrialBalance } from '../testing/player-books';
import { openSettlementBench, type SettlementBench } from '../testing/settlement-bench';
import { createTestDb, type TestDb } from '../testing/test-db';
import { until } from '../testing/until';

const AT_ONCE = 50;

let testDb: TestDb;
let db: Db;
let bench: SettlementBench;

beforeAll(async () => {
  testDb = await createTestDb({ poolMax: AT_ONCE + 10 });
  db = testDb.db;
});
afterAll(() => testDb.drop());
beforeEach(async () => {
  bench = await openSettlementBench(db);
});

const books = async () => readPlayerBooks(db, await findPlayer(db, bench.tenant.workspaceId, 'P1'));
const isWaiting = async (statement: string) => (await waitingFor(db, statement)) > 0;
const ownRows = async (table: string): Promise<number> => {
  const rows = await db(table).where('workspace_id', uuidFromId(bench.tenant.workspaceId));
  return rows.length;
};
const cpaOnce = (transaction: string) => ({
  [`expense:commission:${bench.campaignId} EUR ${transaction} cpa`]: '5000',
  [`payable:${bench.partnerId} EUR ${transaction} cpa`]: '-5000',
});

describe('fifty settlements at once', () => {
  it('of one event book it once', async () => {
    const clickId = await bench.click();
    await bench.settle((await bench.registration({ key: 'R1', click: clickId, atMin: 1 })).id);
    const { id } = await bench.deposit({ key: 'D1', atMin: 2 });
    const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => bench.settle(id)));
    expect(new Set(answers.map((answer) => answer.convertedClickId))).toEqual(new Set([clickId]));
    expect(await books()).toMatchObject({ balances: cpaOnce('D1'), firstDeposit: 'D1' });
    expect(await ownRows('ledger_journals')).toBe(1);
    expect(await ownRows('verdicts')).toBe(3);
    const revisions = await db('conversions').where('workspace_id', uuidFromId(bench.tenant.workspaceId));
    expect(revisions.map((row) => row.revision)).toEqual([1, 1]);
  });

  it('of fifty events of one player find one first deposit and one commission', async () => {
    const clickId = await bench.click();
    const events: EventId[] = [(await bench.registration({ key: 'R1', click: clickId, atMin: 1 })).id];
    for (let index = 1; index < AT_ONCE; index += 1) {
      events.push((await bench.deposit({ key: `D${index}`, atMin: 60 - index, amountMinor: 1_000n })).id);
    }
    await Promise.all(events.map((id) => bench.settle(id)));
    expect(await bench.unhandled()).toEqual([]);
    const first = `D${AT_ONCE - 1}`;
    const after = await books();
    expect(after).toMatchObject({
      balances: cpaOnce(first),
      lines: [`${first} cpa 5000 EUR`],
      firstDeposit: first,
    });
    expect(after.ltv).toEqual([expect.stringMatching(/^EUR 49 49000 .* 0 0$/)]);
    expect(await ownRows('conversions')).toBe(AT_ONCE);
    expect((await readTrialBalance(db, bench.tenant.workspaceId)).totals).toEqual({ EUR: '0' });
  });

  it('of deposits and their chargebacks, mixed and repeated, end at zero', async () => {
    const clickId = await bench.click();
    const events: EventId[] = [(await bench.registration({ key: 'R1', click: clickId, atMin: 1 })).id];
    for (let index = 1; index <= 8; index += 1) {
      events.push((await bench.deposit({ key: `D${index}`, atMin: 10 + index })).id);
      events.push(
        (await bench.chargeback({ key: `C${index}`, refersTo: `D${index}`, atMin: 30 + index })).id,
      );
    }
    await Promise.all([...events, ...events, ...events].slice(0, AT_ONCE).map((id) => bench.settle(id)));
    expect(await books()).toMatchObject({ balances: {}, lines: [], firstDeposit: 'D1' });
    expect((await books()).ltv).toEqual(['EUR 0 0 8 80000']);
  });
});

describe('a click that becomes visible while its event is being settled', () => {
  it('is not overlooked: the event is settled once more', async () => {
    const known = await bench.click();
    const late = mintId('clk', bench.startMs);
    await bench.settle((await bench.install({ key: 'I1', player: 'P1', click: known, atMin: 0 })).id);
    const { id } = await bench.registration({ key: 'R1', click: late, atMin: 5 });
    const deposit = await bench.deposit({ key: 'D1', atMin: 6 });
    await bench.settle(deposit.id);

    // Holds the settlement of the registration at its last write, after it has looked for the click in vain.
    const brake = await db.transaction();
    await brake.raw('SELECT 1 FROM events WHERE event_id = ? FOR NO KEY UPDATE', [uuidFromId(id)]);
    const settling = bench.settle(id);
    await until('the settlement to wait', () => isWaiting('UPDATE events'));
    await bench.click({ clickId: late, atMin: 4 });
    const releasing = releaseForClicks(db, [late], bench.clock.nowMs());
    await until(
      'the release to be done, or to wait too',
      async () => (await isWaiting('SELECT subject_key')) || queued(id),
    );
    await brake.rollback();
    await Promise.all([settling, releasing]);

    expect(await bench.unhandled()).toEqual([id]);
    expect(await queued(id)).toBe(true);
    await bench.settleAll();
    const binding = await db('player_bindings').where('binding_event_id', uuidFromId(id)).first();
    expect(binding).toMatchObject({ click_id: uuidFromId(late) });
    expect(await books()).toMatchObject({ balances: cpaOnce('D1') });
  });
});

async function queued(id: EventId): Promise<boolean> {
  const rows = await db('outbox').where({ kind: 'event', ref_id: uuidFromId(id) });
  return rows.length > 0;
}
