import { randomUUID } from 'node:crypto';
import request from 'supertest';
import type { Db } from '../../db/knex';
import { claimOutbox, enqueue, type OutboxKind, parkOutbox } from '../../db/stores/outbox-store';
import { idFromUuid, uuidFromId } from '../../domain/ids';
import { toIso } from '../../domain/time';
import { insertApiKey } from '../../testing/builders/insert-api-key';
import { type ReadsFixture, startReads, type Tenant } from '../../testing/reads-fixture';
import { parkedRetrySchema, parkedRowSchema } from '../schemas/outbox';

let reads: ReadsFixture;
let tenant: Tenant;
let db: Db;

beforeAll(async () => {
  reads = await startReads();
  ({ tenant, db } = reads);
});
afterAll(() => reads.stop());
beforeEach(() => db('outbox').delete());

/** A row that failed too often, as a relay leaves it. */
async function parked(kind: OutboxKind = 'event', of: Tenant = tenant): Promise<string> {
  const refUuid = randomUUID();
  const nowMs = reads.clock.nowMs();
  await enqueue(db, kind, [{ ...of, refUuid }], nowMs);
  await db.transaction(async (trx) => {
    const group = kind === 'event' ? 'events' : kind === 'click' ? 'starts' : 'duties';
    const [row] = await claimOutbox(trx, group, 1, nowMs);
    if (row !== undefined) await parkOutbox(trx, row, '3 INVALID_ARGUMENT: refused', nowMs);
  });
  return refUuid;
}

const list = async (query = '', of: Tenant = tenant) => (await of.get(`/v1/outbox/parked${query}`)).body;
const firstId = async (): Promise<string> => (await list()).data[0].outboxId;
const retry = (outboxId: string, of: Tenant = tenant) => of.post(`/v1/outbox/${outboxId}/retry`);

describe('what was given up', () => {
  it('is listed with what it is about and what went wrong, and what still waits is not', async () => {
    const uuids = [
      await parked('event'),
      await parked('click'),
      await parked('postback'),
      await parked('timer'),
    ];
    await enqueue(db, 'event', [{ ...tenant, refUuid: randomUUID() }], reads.clock.nowMs());
    const { data, nextCursor } = await list();
    expect(nextCursor).toBeNull();
    for (const row of data) expect(parkedRowSchema.parse(row)).toEqual(row);
    expect(data.map(({ subject }: { subject: string }) => subject)).toEqual([
      idFromUuid('evt', uuids[0] ?? ''),
      idFromUuid('clk', uuids[1] ?? ''),
      idFromUuid('pbk', uuids[2] ?? ''),
      idFromUuid('ply', uuids[3] ?? ''),
    ]);
    expect(data[0]).toMatchObject({
      kind: 'event',
      attempts: 1,
      error: '3 INVALID_ARGUMENT: refused',
      parkedAt: toIso(reads.clock.nowMs()),
    });
  });

  it('comes in pages, in the order in which it was queued', async () => {
    for (let index = 0; index < 5; index += 1) await parked();
    const all = (await list()).data;
    const first = await list('?limit=2');
    const second = await list(`?limit=2&cursor=${first.nextCursor}`);
    const third = await list(`?limit=2&cursor=${second.nextCursor}`);
    expect([...first.data, ...second.data, ...third.data]).toEqual(all);
    expect(third.nextCursor).toBeNull();
    for (const query of ['?limit=0', '?cursor=x', '?kind=event']) {
      expect((await tenant.get(`/v1/outbox/parked${query}`)).status).toBe(400);
    }
  });

  it('is nobody else’s business', async () => {
    await parked('event', reads.stranger);
    expect((await list()).data).toEqual([]);
    const [theirs] = (await list('', reads.stranger)).data;
    expect((await retry(theirs.outboxId)).status).toBe(404);
    expect((await list('', reads.stranger)).data).toHaveLength(1);
  });

  it('is counted', async () => {
    await parked();
    await parked('click', reads.stranger);
    const { text } = await request(reads.app).get('/metrics');
    expect(text).toMatch(/^clickchain_outbox_parked 2$/m);
    expect(text).toMatch(/^clickchain_outbox_depth\{lane="events",kind="event"\} 0$/m);
  });
});

describe('another try', () => {
  it('puts the row back as if it were new, with its audit', async () => {
    const uuid = await parked('click');
    const outboxId = await firstId();
    const { status, body } = await retry(outboxId);
    const subject = idFromUuid('clk', uuid);
    expect({ status, body }).toEqual({ status: 202, body: { outboxId, kind: 'click', subject } });
    expect(parkedRetrySchema.parse(body)).toEqual(body);
    expect(await db('outbox')).toMatchObject([
      { ref_id: uuid, attempts: 0, last_error: null, parked_at: null },
    ]);
    const rows = await db.transaction((trx) => claimOutbox(trx, 'starts', 10, reads.clock.nowMs()));
    expect(rows).toMatchObject([{ refUuid: uuid }]);
    const audit = await tenant.get(`/v1/audit?subject=${subject}`);
    expect(audit.body.data.map(({ action }: { action: string }) => action).sort()).toEqual([
      'outbox.parked',
      'outbox.retried',
    ]);
  });

  it('is there once, however many ask at once, and is not repeated by an Idempotency-Key', async () => {
    await parked();
    const outboxId = await firstId();
    const answers = await Promise.all(Array.from({ length: 4 }, () => retry(outboxId)));
    expect(answers.filter(({ status }) => status === 404)).toHaveLength(3);
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
    await parked();
    const again = await firstId();
    const first = await retry(again).set('idempotency-key', 'once');
    const second = await retry(again).set('idempotency-key', 'once');
    expect([first.status, second.status, second.body]).toEqual([202, 202, first.body]);
  });

  it('is refused for what is not parked, does not exist, or is no id', async () => {
    await enqueue(db, 'event', [{ ...tenant, refUuid: randomUUID() }], reads.clock.nowMs());
    const { outbox_id } = await db('outbox').first('outbox_id');
    const waiting = `obx_${outbox_id.toString(32).padStart(26, '0')}`;
    for (const id of [waiting, `obx_${'7'.padEnd(26, 'z')}`, 'obx_1', uuidFromId(tenant.workspaceId)]) {
      expect((await retry(id)).status).toBe(404);
    }
  });

  it('needs a key that may change something', async () => {
    await parked();
    const key = await insertApiKey(db, { ...tenant, scopes: ['read'] });
    const path = `/v1/outbox/${await firstId()}/retry`;
    const asked = request(reads.app)
      .post(path)
      .set({ authorization: `Bearer ${key}` });
    expect((await asked).status).toBe(403);
  });
});
