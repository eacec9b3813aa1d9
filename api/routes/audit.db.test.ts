import { toIso } from '../../domain/time';
import { insertAudit } from '../../testing/builders/insert-audit';
import { type ReadsFixture, startReads } from '../../testing/reads-fixture';
import { auditRecordSchema } from '../schemas/audit';

let reads: ReadsFixture;

beforeAll(async () => {
  reads = await startReads();
});

afterAll(() => reads.stop());

it('shows the changes of one thing, oldest first', async () => {
  const { db, tenant } = reads;
  const atMs = reads.clock.nowMs() - 1_000;
  await insertAudit(db, {
    ...tenant,
    subject: 'off_1',
    action: 'offer.created',
    atMs,
    detail: { name: 'a' },
  });
  await insertAudit(db, { ...tenant, subject: 'off_2', action: 'offer.created', atMs: atMs + 1 });
  await insertAudit(db, { ...tenant, subject: 'off_1', action: 'offer.changed', atMs: atMs + 2 });
  const { body } = await tenant.get('/v1/audit?subject=off_1');
  expect(body.data.map((entry: { action: string }) => entry.action)).toEqual([
    'offer.created',
    'offer.changed',
  ]);
  const [first] = body.data;
  expect(auditRecordSchema.parse(first)).toEqual(first);
  expect(first).toMatchObject({
    at: toIso(atMs),
    actor: 'test',
    subject: 'off_1',
    cause: 'a test',
    detail: { name: 'a' },
  });
  expect((await tenant.get('/v1/audit')).body.data).toHaveLength(3);
});
