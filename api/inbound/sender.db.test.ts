import request from 'supertest';
import { signWebhook } from '../../clients/standard-webhooks';
import type { Db } from '../../db/knex';
import { mintId } from '../../db/mint-id';
import { createWorkspace } from '../../db/seed-instance';
import { idFromUuid, uuidFromId } from '../../domain/ids';
import { MINUTE_MS, SECOND_MS } from '../../domain/time';
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

describe('who may report', () => {
  type Signing = { secret?: string; atMs?: number; id?: string; sourceId?: string; sent?: string };

  function signed(body: object, signing: Signing = {}) {
    const text = JSON.stringify(body);
    const timestampSeconds = Math.floor((signing.atMs ?? ingest.clock.nowMs()) / SECOND_MS);
    const id = signing.id ?? 'msg_1';
    const secrets = [signing.secret ?? sender.source.secret];
    return request(ingest.app)
      .post(`/webhooks/gaming/registration?source=${signing.sourceId ?? sender.source.sourceId}`)
      .set('content-type', 'application/json')
      .set('webhook-id', id)
      .set('webhook-timestamp', String(timestampSeconds))
      .set('webhook-signature', signWebhook({ secrets, id, timestampSeconds, body: text }))
      .send(signing.sent ?? text);
  }

  it('a signature of the source’s secret is trusted as signed', async () => {
    const answer = await signed(sender.registration({ clickId: await sender.newClick() }));
    expect(answer.body.status).toBe('accepted');
    expect(await sender.factOf(answer.body.id)).toMatchObject({
      trust: 'signed',
      source_id: uuidFromId(sender.source.sourceId),
    });
  });

  it('a key and a signature of one source report the same event', async () => {
    const body = sender.registration({ clickId: await sender.newClick() });
    const first = await sender.post('/webhooks/gaming/registration', body);
    expect((await signed(body)).body).toMatchObject({ status: 'duplicate', id: first.body.id });
  });

  it('one good signature among several is enough, as during a rotation', async () => {
    const text = JSON.stringify(sender.registration({ clickId: await sender.newClick() }));
    const timestampSeconds = Math.floor(ingest.clock.nowMs() / SECOND_MS);
    const good = signWebhook({ secrets: [sender.source.secret], id: 'm', timestampSeconds, body: text });
    const answer = await request(ingest.app)
      .post(`/webhooks/gaming/registration?source=${sender.source.sourceId}`)
      .set('content-type', 'application/json')
      .set({ 'webhook-id': 'm', 'webhook-timestamp': String(timestampSeconds) })
      .set('webhook-signature', `v1,${Buffer.alloc(32).toString('base64')} ${good}`)
      .send(text);
    expect(answer.body.status).toBe('accepted');
  });

  it.each<[string, Signing, string]>([
    ['another secret', { secret: `whsec_${Buffer.alloc(32, 7).toString('base64')}` }, 'bad_signature'],
    ['a body that was changed after signing', { sent: JSON.stringify({ eventId: 'x' }) }, 'bad_signature'],
    ['an unknown source', { sourceId: mintId('src', Date.now()) }, 'bad_signature'],
    ['a malformed source', { sourceId: 'casino' }, 'bad_signature'],
    ['a signature of more than five minutes ago', { atMs: -5 * MINUTE_MS - SECOND_MS }, 'stale_signature'],
    ['a signature of more than five minutes ahead', { atMs: 5 * MINUTE_MS + SECOND_MS }, 'stale_signature'],
  ])('401 for %s', async (_what, { atMs, ...signing }, code) => {
    const before = await sender.countReceipts();
    const when = atMs === undefined ? {} : { atMs: ingest.clock.nowMs() + atMs };
    const answer = await signed(sender.registration({ clickId: await sender.newClick() }), {
      ...signing,
      ...when,
    });
    expect(answer.status).toBe(401);
    expect(answer.body.code).toBe(code);
    expect(await sender.countReceipts()).toBe(before);
  });

  it('401 for the built-in source, which has no secret', async () => {
    const row = await db('sources').where('kind', 'api').first();
    const answer = await signed(sender.registration(), { sourceId: idFromUuid('src', row.source_id) });
    expect(answer.body.code).toBe('bad_signature');
  });

  it('401 for signature headers that are incomplete, although the body is fine', async () => {
    const answer = await request(ingest.app)
      .post(`/webhooks/gaming/registration?source=${sender.source.sourceId}`)
      .set('webhook-id', 'm')
      .send(sender.registration());
    expect(answer.body.code).toBe('bad_signature');
  });

  it('401 for neither key nor signature, and for an unknown key', async () => {
    const none = await request(ingest.app).post('/webhooks/gaming/registration').send(sender.registration());
    expect(none.body.code).toBe('unauthorized');
    expect(
      (await sender.post('/webhooks/gaming/registration', sender.registration(), 'nonsense')).status,
    ).toBe(401);
  });

  it('403 for a key without events:write', async () => {
    const created = await request(ingest.app)
      .post('/v1/api-keys')
      .set('authorization', `Bearer ${ingest.adminKey}`)
      .send({ name: 'reader', scopes: ['read'] });
    const answer = await sender.post(
      '/webhooks/gaming/registration',
      sender.registration(),
      created.body.key,
    );
    expect(answer.status).toBe(403);
    expect(answer.body.code).toBe('missing_scope');
  });

  it('a click of another workspace is an unknown one', async () => {
    const other = await createWorkspace(db, { name: 'other', nowMs: Date.now() });
    const clickId = await sender.newClick();
    const answer = await sender.post(
      '/webhooks/gaming/registration',
      sender.registration({ clickId }),
      other.adminKey,
    );
    expect(answer.body.status).toBe('quarantined');
  });
});
