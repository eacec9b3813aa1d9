import type { Db } from '../../db/knex';
import { mintId } from '../../db/mint-id';
import { createWorkspace } from '../../db/seed-instance';
import { createEventSender, type EventSender } from '../../testing/event-sender';
import { type IngestFixture, startIngest } from '../../testing/ingest-fixture';

let ingest: IngestFixture;
let sender: EventSender;
let db: Db;

beforeAll(async () => {
  ingest = await startIngest({ poolMax: 20 });
  db = ingest.testDb.db;
  sender = await createEventSender(ingest);
});
afterAll(() => ingest.stop());

describe('POST /v1/quarantine/{id}/match', () => {
  const match = (id: string, body: object, key = ingest.adminKey) =>
    sender.post(`/v1/quarantine/${id}/match`, body, key);

  it('releases the event and what waits for its player', async () => {
    const waiting = sender.deposit();
    const first = await sender.post('/webhooks/gaming/deposit', waiting);
    const second = await sender.post(
      '/webhooks/gaming/deposit',
      sender.deposit({ playerId: waiting.playerId }),
    );
    const clickId = await sender.newClick();
    const answer = await match(first.body.id, { clickId });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ id: first.body.id, clickId, released: [first.body.id, second.body.id] });
    expect((await match(first.body.id, { clickId })).status).toBe(409);
  });

  it('refuses what it cannot match', async () => {
    const { body } = await sender.post('/webhooks/gaming/deposit', sender.deposit());
    const clickId = await sender.newClick();
    const other = await createWorkspace(db, { name: 'third', nowMs: Date.now() });
    expect((await match(body.id, { clickId }, other.adminKey)).status).toBe(404);
    expect((await match(mintId('evt', Date.now()), { clickId })).status).toBe(404);
    expect((await match('evt_nonsense', { clickId })).status).toBe(404);
    expect((await match(body.id, { clickId: mintId('clk', Date.now()) })).status).toBe(400);
    expect((await match(body.id, { clickId: 'x' })).status).toBe(400);
    expect((await match(body.id, {})).status).toBe(400);
    expect((await match(body.id, { clickId }, sender.source.key)).status).toBe(403);
  });
});
