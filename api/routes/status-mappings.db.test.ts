import request from 'supertest';
import type { Db } from '../../db/knex';
import { createWorkspace } from '../../db/seed-instance';
import { expireKeptData } from '../../db/stores/expiry-store';
import { translateReports } from '../../db/stores/report-translation-store';
import { parseId, uuidFromId } from '../../domain/ids';
import { DAY_MS, HOUR_MS, toIso } from '../../domain/time';
import { createEventSender, type EventSender } from '../../testing/event-sender';
import { type IngestFixture, startIngest } from '../../testing/ingest-fixture';
import { quarantinedEventSchema, unmappedWordsSchema } from '../schemas/quarantine';

let ingest: IngestFixture;
let sender: EventSender;
let db: Db;

beforeAll(async () => {
  ingest = await startIngest({ poolMax: 20 });
  db = ingest.testDb.db;
  sender = await createEventSender(ingest);
});
afterAll(() => ingest.stop());

const report = (query: Record<string, string>) =>
  request(ingest.app)
    .get('/postback')
    .query({ key: sender.source.key, ...query });
const publicReport = (query: Record<string, string>) =>
  request(ingest.app)
    .get('/postback')
    .query({ source: sender.source.sourceId, ...query });
const map = (body: object, key = ingest.adminKey) =>
  sender.post('/v1/status-mappings', { sourceId: sender.source.sourceId, ...body }, key);
const get = (path: string) => request(ingest.app).get(path).set('authorization', `Bearer ${ingest.adminKey}`);
const retire = (id: string) =>
  request(ingest.app).delete(`/v1/status-mappings/${id}`).set('authorization', `Bearer ${ingest.adminKey}`);
const stored = (id: string) => db('unmapped_reports').where('report_id', uuidOf(id)).first();

function uuidOf(id: string): string {
  const eventId = parseId('evt', id);
  if (eventId === null) throw new Error(`no event id: ${id}`);
  return uuidFromId(eventId);
}

async function deskItem(id: string): Promise<Record<string, unknown> | undefined> {
  const { body } = await get('/v1/quarantine?status=all&limit=1000');
  for (const item of body.data) expect(quarantinedEventSchema.parse(item)).toEqual(item);
  return body.data.find((item: { id: string }) => item.id === id);
}

async function wordsOf(word: string): Promise<unknown[]> {
  const { body } = await get('/v1/quarantine/words');
  expect(unmappedWordsSchema.parse(body)).toEqual(body);
  return body.data.filter((row: { word: string }) => row.word === word);
}

/** A deposit in a word of the sender's own, by a player of its own. */
const deposit = (word: string, txid: string, given: Record<string, string> = {}) => ({
  ...{ event: word, txid, player_id: `P-${txid}`, amount: '12.50', currency: 'EUR' },
  ...given,
});

describe('a report with an unknown word', () => {
  it('is kept as it came, answered quarantined, and shown with what would release it', async () => {
    const query = deposit('Top_Up', 'K1', { cid: 'ext-k1', ip: '203.0.113.9', adv: 'x' });
    const answer = await report(query);
    expect([answer.status, answer.body]).toEqual([
      200,
      { status: 'quarantined', eventId: 'K1', id: expect.stringMatching(/^evt_/), reason: 'unmapped_status' },
    ]);
    expect((await report(query)).body).toMatchObject({ status: 'duplicate', id: answer.body.id });
    const changed = await report({ ...query, amount: '13' });
    expect([changed.status, changed.body.code]).toEqual([409, 'event_conflict']);
    const raw = await db('unmapped_report_raw').where('report_id', uuidFromId(answer.body.id)).first();
    expect(raw).toMatchObject({ body: query, ip: '203.0.113.9' });
    expect((await stored(answer.body.id)).fields).not.toHaveProperty('ip');
    expect(await deskItem(answer.body.id)).toMatchObject({
      ...{ kind: null, reason: 'unmapped_status', words: ['topup'], clickRef: 'ext-k1', playerId: 'P-K1' },
      ...{ sourceId: sender.source.sourceId, release: [{ by: 'mapping' }], releasedAt: null },
    });
    expect(await wordsOf('topup')).toMatchObject([
      { sourceId: sender.source.sourceId, source: 'casino', usedAs: 'event', waiting: 1, unfit: 0 },
    ]);
    expect(await db('events').where('transaction_key', 'K1')).toEqual([]);
  });

  it('fifty times at once is kept once', async () => {
    const query = deposit('fifty', 'F1');
    const answers = await Promise.all(
      Array.from({ length: 50 }, async () => {
        for (;;) {
          const answer = await report(query);
          if (answer.status !== 503) return answer;
        }
      }),
    );
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(await db('unmapped_reports').where('event_word', 'fifty')).toHaveLength(1);
  });

  it.each<[string, Record<string, string>]>([
    ['no event', { cid: 'c' }],
    ['nobody whom it is about', { event: 'spin', txid: 'T' }],
    ['a word that is none', { event: '--', cid: 'c' }],
    ['a word without end', { event: 'x'.repeat(101), cid: 'c' }],
    ['a placeholder', { event: '{event}', cid: 'c' }],
    ['a time that is none', { event: 'spin', cid: 'c', time: 'noon' }],
    ['a status that names another event', { event: 'deposit', status: 'reg', cid: 'c' }],
  ])('is still refused with %s', async (_what, query) => {
    const before = await db('unmapped_reports').count('* as n').first();
    expect((await report(query)).status).toBe(400);
    expect(await db('unmapped_reports').count('* as n').first()).toEqual(before);
  });
});

describe('POST /v1/status-mappings', () => {
  it('translates the past with its own id, time and trust, and the future at once', async () => {
    const clickId = await sender.newClick();
    const time = toIso(ingest.clock.nowMs());
    const dated = await report(deposit('dated', 'T1', { cid: clickId, time }));
    const undated = await report(deposit('dated', 'T2', { cid: clickId }));
    const receivedAt = new Date(ingest.clock.nowMs());
    ingest.clock.set(ingest.clock.nowMs() + HOUR_MS);
    const made = await map({ word: 'Dated', kind: 'deposit', status: 'confirmed' });
    expect([made.status, made.body]).toEqual([
      201,
      expect.objectContaining({ word: 'dated', kind: 'deposit', status: 'confirmed', retiredAt: null }),
    ]);
    for (const { body } of [dated, undated]) {
      expect(await sender.factOf(body.id)).toMatchObject({
        ...{ kind: 'deposit', status: 'confirmed', trust: 'keyed', amount_minor: 1250n },
        ...{ occurred_at: receivedAt, received_at: receivedAt },
        source_id: uuidFromId(sender.source.sourceId),
      });
      expect(await db('outbox').where({ kind: 'event', ref_id: uuidFromId(body.id) })).toHaveLength(1);
      expect(await db('event_raw').where('event_id', uuidFromId(body.id))).toHaveLength(1);
      expect(await db('unmapped_report_raw').where('report_id', uuidFromId(body.id))).toEqual([]);
      expect(await deskItem(body.id)).toMatchObject({
        ...{ kind: 'deposit', releasedBy: `mapping:${made.body.mappingId}`, release: [] },
      });
    }
    expect((await sender.factOf(undated.body.id)).occurred_at_source).toBe('receipt');
    expect(await wordsOf('dated')).toEqual([]);
    const next = await report(deposit('dated', 'T3', { cid: clickId }));
    expect([next.body.status, (await sender.factOf(next.body.id)).kind]).toEqual(['accepted', 'deposit']);
    // Repeats of the old ones, before and after the mapping goes.
    const repeat = () => report(deposit('dated', 'T1', { cid: clickId, time }));
    expect((await repeat()).body).toMatchObject({ status: 'duplicate', id: dated.body.id });
    await retire(made.body.mappingId);
    expect((await repeat()).body).toMatchObject({ status: 'duplicate', id: dated.body.id });
    expect((await db('audit').where('subject', made.body.mappingId)).map((row) => row.action)).toEqual([
      'status_mapping.created',
      'status_mapping.retired',
    ]);
  });

  it('sends what has no click yet on into quarantine, from where its click releases it', async () => {
    const waiting = await report(deposit('early', 'E1'));
    await map({ word: 'early', kind: 'deposit' });
    expect(await deskItem(waiting.body.id)).toMatchObject({ reason: 'unknown_player', kind: 'deposit' });
    const clickId = await sender.newClick();
    const registration = sender.registration({ playerId: 'P-E1', clickId });
    await sender.post('/webhooks/registration', registration);
    expect(await deskItem(waiting.body.id)).toMatchObject({ releasedBy: 'player_linked' });
  });

  it('maps a word for a status, and waits for both words when both are unknown', async () => {
    const clickId = await sender.newClick();
    const known = await report(deposit('ftd', 'S1', { cid: clickId, status: 'Cleared' }));
    const both = await report(deposit('bet', 'S2', { cid: clickId, status: 'Cleared' }));
    expect((await deskItem(both.body.id))?.words).toEqual(['bet', 'cleared']);
    await map({ word: 'cleared', status: 'pending' });
    expect(await sender.factOf(known.body.id)).toMatchObject({ kind: 'deposit', status: 'pending' });
    expect(await sender.factOf(both.body.id)).toBeUndefined();
    await map({ word: 'bet', kind: 'deposit' });
    expect(await sender.factOf(both.body.id)).toMatchObject({ kind: 'deposit', status: 'pending' });
  });

  it('leaves what does not fit with what is missing, until the word is mapped otherwise', async () => {
    const cid = await sender.newClick();
    const { body } = await report({ event: 'odd', cid });
    const wrong = await map({ word: 'odd', kind: 'deposit' });
    expect(await deskItem(body.id)).toMatchObject({
      explanation: '"odd" is mapped, but the report does not fit: player_id is needed by a deposit.',
    });
    expect(await wordsOf('odd')).toMatchObject([{ waiting: 1, unfit: 1 }]);
    expect((await report({ event: 'odd', cid, txid: 'other' })).status).toBe(400);
    expect((await map({ word: 'ODD', kind: 'lead' })).body.code).toBe('already_exists');
    expect((await retire(wrong.body.mappingId)).body.retiredAt).not.toBeNull();
    await map({ word: 'odd', kind: 'lead' });
    expect(await sender.factOf(body.id)).toMatchObject({ kind: 'lead', transaction_key: `lead ${cid}` });
  });

  it('never makes a public report one that moves money', async () => {
    const click_id = await sender.newClick();
    const old = await publicReport({ ...deposit('payin', 'N1'), click_id });
    expect(old.body.status).toBe('quarantined');
    expect((await stored(old.body.id)).fields).not.toHaveProperty('playerId');
    await map({ word: 'payin', kind: 'deposit' });
    expect(await deskItem(old.body.id)).toMatchObject({
      explanation: expect.stringContaining('A public report can never be a deposit.'),
    });
    const next = await publicReport({ ...deposit('payin', 'N2'), click_id });
    expect([next.status, next.body.code]).toEqual([401, 'unauthorized']);
    expect((await report({ ...deposit('payin', 'N1'), click_id })).body.status).toBe('accepted');
  });

  it('lets a public report be what public reports may be', async () => {
    const click_id = await sender.newClick();
    const { body } = await publicReport({ event: 'formfill', click_id, player_id: 'stolen' });
    await map({ word: 'formfill', kind: 'lead' });
    expect(await sender.factOf(body.id)).toMatchObject({ kind: 'lead', trust: 'public', player_id: null });
    const repeat = await publicReport({ event: 'formfill', click_id, player_id: 'stolen' });
    expect(repeat.body).toMatchObject({ status: 'duplicate', id: body.id });
  });

  it('of several at once lets one win, and translates each report once', async () => {
    const cid = await sender.newClick();
    const ids: string[] = [];
    for (let n = 0; n < 12; n += 1) {
      ids.push((await report({ event: n % 2 ? 'raceA' : 'raceB', txid: `R${n}`, cid })).body.id);
    }
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, n) => map({ word: n % 2 ? 'raceA' : 'raceB', kind: 'lead' })),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(2);
    await Promise.all(Array.from({ length: 4 }, () => translateReports(db, ingest.clock.nowMs(), 100)));
    const facts = await db('events').whereIn(
      'transaction_key',
      ids.map((_, n) => `R${n}`),
    );
    expect(new Set(facts.map((row) => row.event_id))).toEqual(new Set(ids.map(uuidOf)));
    expect(facts).toHaveLength(ids.length);
  });

  it('is finished by the sweep when the process dies after it, or between two reports', async () => {
    const cid = await sender.newClick();
    const ids: string[] = [];
    for (const n of [1, 2, 3]) ids.push((await report({ event: 'crash', txid: `C${n}`, cid })).body.id);
    await db('status_mappings').insert({
      ...{ mapping_id: uuidOf(ids[0] ?? ''), workspace_id: uuidFromId(ingest.workspaceId) },
      ...{ source_id: uuidFromId(sender.source.sourceId), word: 'crash', kind: 'lead' },
      ...{ created_by: 'test', created_at: new Date() },
    });
    const nowMs = ingest.clock.nowMs();
    ids.sort();
    expect(await translateReports(db, nowMs, 1)).toEqual(ids.slice(0, 1));
    expect(await translateReports(db, nowMs, 100)).toEqual(ids.slice(1));
    expect(await translateReports(db, nowMs, 100)).toEqual([]);
  });

  it('leaves a report whole when its translation is cut off', async () => {
    const { body } = await report({ event: 'cutoff', txid: 'X1', cid: await sender.newClick() });
    await expect(
      db.transaction(async (trx) => {
        await trx('status_mappings').insert({
          ...{ mapping_id: uuidFromId(body.id), workspace_id: uuidFromId(ingest.workspaceId) },
          ...{ source_id: uuidFromId(sender.source.sourceId), word: 'cutoff', kind: 'lead' },
          ...{ created_by: 'test', created_at: new Date() },
        });
        expect(await translateReports(trx, ingest.clock.nowMs(), 10)).toEqual([body.id]);
        throw new Error('killed');
      }),
    ).rejects.toThrow('killed');
    expect(await sender.factOf(body.id)).toBeUndefined();
    expect((await deskItem(body.id))?.releasedAt).toBeNull();
  });

  it('makes a report of what is there already a repeat, and of what contradicts it none', async () => {
    const [same, other] = [sender.deposit({ eventId: 'W1' }), sender.deposit({ eventId: 'W2' })];
    for (const body of [same, other]) await sender.post('/webhooks/deposit', body);
    const again = (body: typeof same, amount: string) =>
      report({
        ...{ event: 'again', event_id: body.eventId, player_id: body.playerId, amount },
        ...{ currency: 'EUR', time: body.occurredAt },
      });
    const repeat = await again(same, same.amount);
    const conflict = await again(other, '1.00');
    await map({ word: 'again', kind: 'deposit' });
    expect((await stored(repeat.body.id)).event_id).not.toBe(uuidFromId(repeat.body.id));
    expect(await deskItem(conflict.body.id)).toMatchObject({
      explanation: expect.stringContaining('another content'),
    });
    expect(await db('events').whereIn('transaction_key', ['W1', 'W2'])).toHaveLength(2);
  });

  it('translates also what is older than its raw form', async () => {
    const cid = await sender.newClick();
    const { body } = await report({ event: 'ancient', txid: 'A1', cid });
    const nowMs = ingest.clock.nowMs() + 31 * DAY_MS;
    await expireKeptData(db, nowMs);
    expect(await db('unmapped_report_raw').where('report_id', uuidFromId(body.id))).toEqual([]);
    await map({ word: 'ancient', kind: 'lead' });
    expect(await sender.factOf(body.id)).toMatchObject({ kind: 'lead', transaction_key: 'A1' });
  });

  it.each([
    ['nothing', { word: 'w' }, 'kind'],
    ['a lead with a status', { word: 'w', kind: 'lead', status: 'pending' }, 'status'],
    ['a word that everybody understands', { word: 'FTD', kind: 'lead' }, 'word'],
    ['a status that everybody understands', { word: 'hold', status: 'failed' }, 'word'],
    ['no word', { word: '_-_', kind: 'lead' }, 'word'],
    ['an unknown kind', { word: 'w', kind: 'spin' }, 'kind'],
  ])('refuses %s', async (_what, body, path) => {
    const answer = await map(body);
    expect([answer.status, answer.body.errors?.[0]?.path]).toEqual([400, path]);
  });

  it('is the workspace’s own', async () => {
    const other = await createWorkspace(db, { name: 'other', nowMs: ingest.clock.nowMs() });
    expect((await map({ word: 'foreign', kind: 'lead' }, other.adminKey)).status).toBe(400);
    const made = await map({ word: 'ours', kind: 'lead' });
    const theirs = (path: string) =>
      request(ingest.app).get(path).set('authorization', `Bearer ${other.adminKey}`);
    expect((await theirs('/v1/status-mappings')).body.data).toEqual([]);
    expect((await theirs('/v1/quarantine?status=all')).body.data).toEqual([]);
    expect((await theirs('/v1/quarantine/words')).body.data).toEqual([]);
    const gone = await request(ingest.app)
      .delete(`/v1/status-mappings/${made.body.mappingId}`)
      .set('authorization', `Bearer ${other.adminKey}`);
    expect(gone.status).toBe(404);
    expect((await map({ word: 'x', kind: 'lead' }, sender.source.key)).status).toBe(403);
    const listed = await get(
      `/v1/status-mappings?sourceId=${sender.source.sourceId}&retired=true&limit=1000`,
    );
    expect(listed.body.data.map((row: { word: string }) => row.word)).toEqual(
      expect.arrayContaining(['ours', 'dated']),
    );
  });

  it('is made once for one Idempotency-Key', async () => {
    const send = () => map({ word: 'keyed', kind: 'lead' }).set('idempotency-key', 'mapping-1');
    const [first, second] = [await send(), await send()];
    expect([second.status, second.body]).toEqual([201, first.body]);
  });
});
