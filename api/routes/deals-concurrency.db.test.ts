import request from 'supertest';
import { uuidFromId } from '../../domain/ids';
import { insertApiKey } from '../../testing/builders/insert-api-key';
import { untilWaiting } from '../../testing/lock-waits';
import { findPlayer } from '../../testing/player-books';
import { type ReadsFixture, startReads } from '../../testing/reads-fixture';
import { openSettlementBench } from '../../testing/settlement-bench';

let reads: ReadsFixture;

beforeAll(async () => {
  reads = await startReads();
});
afterAll(() => reads.stop());

it('a partner’s first deal and a settlement of his players wait for each other in one order', async () => {
  const bench = await openSettlementBench(reads.db);
  const partnerId = await bench.partner(null);
  const click = await bench.click({ partnerId });
  const registration = await bench.registration({ key: 'R1', click, atMin: 1 });
  const authorization = `Bearer ${await insertApiKey(reads.db, bench.tenant)}`;

  // Holds the settlement where it has begun, and has not come to the partner yet.
  const player = await findPlayer(reads.db, bench.tenant.workspaceId, 'P1');
  await reads.db('subjects').insert({ subject_key: player });
  const brake = await reads.db.transaction();
  await brake('subjects').where('subject_key', player).forUpdate().first();
  const settling = bench.settle(registration.id);
  await untilWaiting(reads.db, 1);
  const making = request(reads.app)
    .post(`/v1/partners/${partnerId}/deals`)
    .set({ authorization })
    .send({ kind: 'cpa', cpa: { amount: '50.00', currency: 'EUR' } })
    .then(({ status }) => status);
  await untilWaiting(reads.db, 2);
  await brake.rollback();

  await settling;
  expect(await making).toBe(201);
  await bench.settle((await bench.deposit({ key: 'D1', atMin: 2 })).id);
  const lines = await reads.db('commission_lines').where('partner_id', uuidFromId(partnerId));
  expect(lines).toHaveLength(1);
});
