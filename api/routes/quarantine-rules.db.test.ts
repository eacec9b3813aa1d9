import request from 'supertest';
import { createWorkspace } from '../../db/seed-instance';
import { MINUTE_MS } from '../../domain/time';
import { insertCampaign } from '../../testing/builders/insert-campaign';
import { recordTestClick } from '../../testing/builders/record-test-click';
import { createEventSender, type EventSender } from '../../testing/event-sender';
import { type IngestFixture, startIngest } from '../../testing/ingest-fixture';
import { quarantinedEventSchema } from '../schemas/quarantine';

let ingest: IngestFixture;
let sender: EventSender;

beforeAll(async () => {
  ingest = await startIngest();
  sender = await createEventSender(ingest);
});
afterAll(() => ingest.stop());

const PATH = '/v1/quarantine/rules';
const create = (body: object, key = ingest.adminKey) => sender.post(PATH, body, key);
const patch = (id: string, body: object, key = ingest.adminKey) =>
  request(ingest.app).patch(`${PATH}/${id}`).set('authorization', `Bearer ${key}`).send(body);
const get = (path: string, key = ingest.adminKey) =>
  request(ingest.app).get(path).set('authorization', `Bearer ${key}`);

async function deskItem(id: string): Promise<Record<string, unknown>> {
  const { body } = await get('/v1/quarantine?status=all');
  const item = body.data.find((candidate: { id: string }) => candidate.id === id);
  expect(quarantinedEventSchema.parse(item)).toEqual(item);
  return item;
}

it('a rule is applied to what waits, shown, switched off and on, and audited', async () => {
  const { db, clock, workspaceId } = { ...ingest, db: ingest.testDb.db };
  const campaignId = await insertCampaign(db, { workspaceId, slug: 'ruled' });
  const click = (externalId: string) =>
    recordTestClick(db, { workspaceId, campaignId, clickedAtMs: clock.nowMs() - MINUTE_MS, externalId });
  const clickId = await click('their-1');
  await click('twin');
  await click('twin');
  const send = async (clickRef: string): Promise<string> =>
    (await sender.post('/webhooks/deposit', sender.deposit({ clickId: clickRef }))).body.id;
  const [one, twin] = [await send('their-1'), await send('twin')];
  const body = {
    name: 'their click',
    event: 'clickRef',
    click: 'externalId',
    sourceId: sender.source.sourceId,
  };
  const made = await create(body);
  expect([made.status, made.body]).toEqual([
    201,
    { ...body, ruleId: expect.stringMatching(/^qrl_/), enabled: true, createdAt: expect.any(String) },
  ]);
  const { ruleId } = made.body;
  expect(await deskItem(one)).toMatchObject({ releasedBy: `rule:${ruleId}`, matchedClickId: clickId });
  expect(await deskItem(twin)).toMatchObject({
    rules: { note: 'ambiguous: 2 clicks' },
    release: [{ by: 'player_linked' }, { by: 'rule', ruleId }, { by: 'hand' }],
  });
  expect((await patch(ruleId, { enabled: false })).body).toEqual({ ...made.body, enabled: false });
  await click('their-2');
  clock.set(clock.nowMs() + 1);
  const second = await send('their-2');
  expect(await deskItem(second)).toMatchObject({ releasedAt: null, rules: null });
  expect(await deskItem(one)).toMatchObject({ releasedBy: `rule:${ruleId}` });
  await patch(ruleId, { enabled: true, name: 'again' });
  expect(await deskItem(second)).toMatchObject({ releasedBy: `rule:${ruleId}` });
  expect((await get(PATH)).body.data).toMatchObject([{ ruleId, name: 'again' }]);
  expect((await get(`${PATH}/${ruleId}`)).body).toMatchObject({ ruleId });
  const audit = await db('audit').where('subject', ruleId).orderBy('action');
  expect(audit.map((row) => row.action)).toEqual([
    'quarantine_rule.changed',
    'quarantine_rule.changed',
    'quarantine_rule.created',
  ]);
});

it('a public report is matched by the click that it names alone, so that no number of them fits one click', async () => {
  const { db, clock, workspaceId } = { ...ingest, db: ingest.testDb.db };
  const campaignId = await insertCampaign(db, { workspaceId, slug: 'public' });
  const clickId = await recordTestClick(db, {
    ...{ workspaceId, campaignId, clickedAtMs: clock.nowMs() - MINUTE_MS, externalId: 'ext-p' },
  });
  for (const event of ['transactionId', 'attributes.order', 'clickRef']) {
    await create({ name: event, event, click: 'externalId' });
  }
  const report = async (click_id: string, more: object = {}) =>
    (
      await request(ingest.app)
        .get('/postback')
        .query({ event: 'lead', click_id, ...more })
    ).body;
  const others = [
    await report('forged-1', { txid: 'ext-p' }),
    await report('forged-2', { order: 'ext-p' }),
    await report('forged-3', { txid: 'ext-p', order: 'ext-p' }),
  ];
  for (const { status, id } of others) {
    expect(status).toBe('quarantined');
    expect(await deskItem(id)).toMatchObject({ releasedAt: null });
  }
  const own = await report('ext-p');
  expect(await deskItem(own.id)).toMatchObject({ matchedClickId: clickId });
  expect(await report('ext-p', { txid: 'another' })).toMatchObject({ status: 'duplicate', id: own.id });
});

it.each([
  ['event', { event: 'colour' }],
  ['event', { event: 'attributes.' }],
  ['event', { event: 'toString' }],
  ['click', { click: 'sub21' }],
  ['click', { click: 'adIds.x y' }],
  ['name', { name: '' }],
  ['sourceId', { sourceId: 'src_none' }],
])('refuses a wrong %s: %j', async (path, given) => {
  const answer = await create({ name: 'x', event: 'clickRef', click: 'externalId', ...given });
  expect([answer.status, answer.body.errors[0].path]).toEqual([400, path]);
});

it('is the workspace’s own', async () => {
  const other = await createWorkspace(ingest.testDb.db, { name: 'other', nowMs: Date.now() });
  const body = { name: 'x', event: 'attributes.sub1', click: 'adIds.gclid' };
  const foreign = await create({ ...body, sourceId: sender.source.sourceId }, other.adminKey);
  expect([foreign.status, foreign.body.errors[0].path]).toEqual([400, 'sourceId']);
  const { ruleId } = (await create(body)).body;
  expect((await get(`${PATH}/${ruleId}`, other.adminKey)).status).toBe(404);
  expect((await patch(ruleId, { enabled: false }, other.adminKey)).status).toBe(404);
  expect((await get(PATH, other.adminKey)).body.data).toEqual([]);
  expect((await create(body, sender.source.key)).status).toBe(403);
});
