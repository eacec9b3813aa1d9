import type { Db } from '../db/knex';
import { appendRuleSet } from '../db/stores/fraud-rule-store';
import type { Verdict } from '../domain/fraud/verdict';
import { type ClickId, type EventId, uuidFromId } from '../domain/ids';
import { ALL_ACTIVE, rulesWith } from '../domain/testing/rule-sets';
import { MINUTE_MS, SECOND_MS, toIso } from '../domain/time';
import { recordTestClick } from '../testing/builders/record-test-click';
import { findPlayer, readPlayerBooks } from '../testing/player-books';
import { openSettlementBench, type SettlementBench } from '../testing/settlement-bench';
import { createTestDb, type TestDb } from '../testing/test-db';
import { createFraudActivities } from './fraud';

const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';

let testDb: TestDb;
let db: Db;
let bench: SettlementBench;

beforeAll(async () => {
  testDb = await createTestDb({ poolMax: 50 });
  db = testDb.db;
});
afterAll(() => testDb.drop());
beforeEach(async () => {
  bench = await openSettlementBench(db);
});

const at = (seconds: number) => bench.startMs + seconds * SECOND_MS;
const click = (seconds = 0, userAgent = CHROME) =>
  recordTestClick(db, {
    ...bench.tenant,
    ...{ campaignId: bench.campaignId, partnerId: bench.partnerId, userAgent },
    clickedAtMs: at(seconds),
  });
type Given = Parameters<SettlementBench['accept']>[0];
const accept = async (
  kind: Given['kind'],
  seconds: number,
  clickRef: ClickId | null,
  given: Partial<Given> = {},
) => {
  const senderEventId = given.senderEventId ?? `${kind}-${seconds}`;
  const event = { kind, senderEventId, clickRef, occurredAtMs: at(seconds), ...given };
  return (await bench.accept(event as Given)).id;
};
async function verdictOn(eventId: EventId): Promise<Verdict & { rules_version: number }> {
  return db('verdicts')
    .where({ subject_kind: 'event', subject_id: uuidFromId(eventId) })
    .first();
}
async function assessed(eventId: EventId) {
  await bench.settle(eventId);
  return verdictOn(eventId);
}
const useRules = (rules: typeof ALL_ACTIVE, version = 2, createdAtMs = bench.startMs - MINUTE_MS) =>
  appendRuleSet(
    db,
    bench.tenant.workspaceId,
    { ...rules, version },
    { createdBy: 'test', nowMs: createdAtMs },
  );
const conversions = () =>
  db('conversions')
    .where({ workspace_id: uuidFromId(bench.tenant.workspaceId) })
    .orderBy('occurred_at');
const books = async () => readPlayerBooks(db, await findPlayer(db, bench.tenant.workspaceId, 'P1'));

describe('what an event is judged by', () => {
  it.each([
    ['install', 4, 'fast_install'],
    ['registration', 4, 'fast_conversion'],
    ['deposit', 14, 'fast_deposit'],
  ] as const)('an early %s', async (kind, seconds, code) => {
    const clickId = await click();
    const early = await assessed(await accept(kind, seconds, clickId));
    expect(early).toMatchObject({ outcome: 'allow', score: 0, reasons: [{ code, mode: 'suspicious' }] });
    const later = await assessed(await accept(kind, seconds + 2, clickId));
    expect(later).toMatchObject({ outcome: 'allow', reasons: [] });
  });

  it('a deposit that names no click, by the click that brought the player', async () => {
    const clickId = await click();
    await assessed(await accept('registration', 6, clickId));
    expect(await assessed(await accept('deposit', 10, null))).toMatchObject({
      reasons: [{ code: 'fast_deposit' }],
    });
  });

  it('an install that had begun before the click', async () => {
    await useRules(ALL_ACTIVE);
    const clickId = await click(30);
    const attributes = { unknownFields: 0, installBeginAt: toIso(at(10)) };
    const eventId = await accept('install', 60, clickId, { attributes, playerExternalId: null });
    expect(await assessed(eventId)).toMatchObject({
      outcome: 'block',
      score: 100,
      reasons: [{ code: 'click_after_install_begin', level: 'proof' }],
      rules_version: 2,
    });
    expect(await conversions()).toMatchObject([{ status: 'rejected', reason: 'fraud_blocked' }]);
  });

  it('a transaction that two sources report', async () => {
    const clickId = await click();
    const [source] = await db('sources').where({ workspace_id: uuidFromId(bench.tenant.workspaceId) });
    const second = { ...source, source_id: uuidFromId(clickId), name: 'psp', kind: 'gaming', secret: 's' };
    await db('sources').insert(second);
    const pending = await accept('deposit', 60, clickId, { transactionKey: 'T', status: 'pending' });
    const confirmed = await accept('deposit', 90, clickId, { transactionKey: 'T', senderEventId: 'psp-1' });
    await db('events')
      .where({ event_id: uuidFromId(confirmed) })
      .update({ source_id: second.source_id });
    expect((await assessed(pending)).reasons).toEqual([]);
    expect(await assessed(confirmed)).toMatchObject({
      outcome: 'allow',
      reasons: [{ code: 'duplicate_transaction' }],
    });
  });

  it('the countries of the campaign as it was when the click was made', async () => {
    await useRules(ALL_ACTIVE);
    const inGermany = { attributes: { unknownFields: 0, country: 'DE' } };
    const before = await click();
    const version = await db('campaign_versions')
      .where({ campaign_id: uuidFromId(bench.campaignId) })
      .first();
    await db('campaign_versions').insert({ ...version, version: 2, country_mode: 'deny', countries: ['DE'] });
    const after = await click(1);
    await db('clicks')
      .where({ click_id: uuidFromId(after) })
      .update({ campaign_version: 2 });
    expect(await assessed(await accept('lead', 60, before, inGermany))).toMatchObject({ outcome: 'allow' });
    expect(await assessed(await accept('lead', 61, after, inGermany))).toMatchObject({
      outcome: 'review',
      reasons: [{ code: 'country_not_allowed', detail: 'The campaign may not convert in DE.' }],
    });
  });

  it('what the sender saw of the player, which stands in the raw report only', async () => {
    await useRules(ALL_ACTIVE);
    const raw = { body: {}, ip: null, userAgent: 'python-requests/2.32.3' };
    const attributes = { unknownFields: 0, emailVerified: false, kycStatus: 'rejected' };
    const eventId = await accept('registration', 60, await click(), { raw, attributes });
    expect(await assessed(eventId)).toMatchObject({
      outcome: 'review',
      score: 50,
      reasons: [{ code: 'robot_registration' }, { code: 'unverified_registration' }],
    });
    expect(JSON.stringify(await verdictOn(eventId))).not.toContain('python');
  });

  it('the word of a measurement partner', async () => {
    await useRules(ALL_ACTIVE);
    const attributes = { unknownFields: 0, rejectionReason: 'click_flood' };
    const rejected = { attributes, playerExternalId: null };
    expect(await assessed(await accept('install', 60, await click(), rejected))).toMatchObject({
      outcome: 'review',
      reasons: [{ code: 'measurement_partner_verdict', family: 'measurement' }],
    });
    expect(await assessed(await accept('install', 74, await click(70), rejected))).toMatchObject({
      outcome: 'block',
      reasons: [{ code: 'fast_install' }, { code: 'measurement_partner_verdict' }],
    });
  });

  it('a rule of the workspace’s own', async () => {
    const amount = { amount: '10.00', currency: 'EUR' };
    const when = { places: ['US-NJ'], amountFrom: amount, products: ['slots'] };
    const rest = { mode: 'active', level: 'review', score: 10, reason: 'Look at it.' } as const;
    await useRules({ ...ALL_ACTIVE, custom: [{ code: 'mine', when, ...rest }] });
    const clickId = await click();
    const inState = (region: string) => ({
      attributes: { unknownFields: 0, country: 'US', region, product: 'slots' },
    });
    expect(await assessed(await accept('deposit', 60, clickId, inState('us-nj')))).toMatchObject({
      outcome: 'review',
      reasons: [{ code: 'custom_mine', detail: 'Look at it.' }],
    });
    expect(await assessed(await accept('deposit', 90, clickId, inState('NY')))).toMatchObject({
      reasons: [],
    });
  });

  it('the rules in force at its own time, however late it comes', async () => {
    await useRules(rulesWith({ fast_deposit: { mode: 'active' } }), 2, at(3));
    await useRules(rulesWith({ fast_deposit: { mode: 'off' } }), 3, at(6));
    const clickId = await click();
    const verdicts = [];
    for (const seconds of [2, 3, 5, 6]) {
      verdicts.push(await assessed(await accept('deposit', seconds, clickId)));
    }
    expect(verdicts.map(({ rules_version, outcome }) => [rules_version, outcome])).toEqual([
      [1, 'allow'],
      [2, 'review'],
      [2, 'review'],
      [3, 'allow'],
    ]);
  });
});

describe('a verdict', () => {
  it('is granted once, by fifty at a time and whatever is known later', async () => {
    const clickId = await click();
    const eventId = await accept('deposit', 3, clickId);
    const { assessEvent } = createFraudActivities({ db, clock: bench.clock });
    await Promise.all(Array.from({ length: 50 }, () => assessEvent({ eventId })));
    const first = await verdictOn(eventId);
    await useRules(ALL_ACTIVE);
    await bench.settle(eventId);
    expect(await verdictOn(eventId)).toEqual(first);
    expect(await db('verdicts').where({ subject_id: uuidFromId(eventId) })).toHaveLength(1);
  });
});

/** A robot's click whose second family of evidence is there too. */
async function blockedClick(seconds: number): Promise<ClickId> {
  const clickId = await click(seconds);
  await db('verdicts').insert({
    subject_kind: 'click',
    subject_id: uuidFromId(clickId),
    workspace_id: uuidFromId(bench.tenant.workspaceId),
    rules_version: 1,
    outcome: 'block',
    score: 90,
    reasons: JSON.stringify([{ code: 'bot_user_agent', detail: 'A robot.' }]),
    decided_at: new Date(),
  });
  return clickId;
}

describe('a blocked click', () => {
  it('earns nothing: no credit, no commission, no postback', async () => {
    const clickId = await blockedClick(0);
    await bench.settle(await accept('registration', 60, clickId));
    const settled = await bench.settle(await accept('deposit', 120, clickId));
    expect(settled).toMatchObject({ postbackIds: [], convertedClickId: null });
    expect(await conversions()).toMatchObject([
      { status: 'rejected', reason: 'fraud_blocked', click_id: null },
      { status: 'rejected', reason: 'fraud_blocked', click_id: null },
    ]);
    expect(await books()).toMatchObject({ balances: {}, lines: [], firstDeposit: null, binding: null });
    expect(await db('postbacks').where({ workspace_id: uuidFromId(bench.tenant.workspaceId) })).toEqual([]);
  });

  it('takes the player from nobody, though it was the last', async () => {
    const honest = await click(0);
    const robot = await blockedClick(30);
    await bench.settle(await accept('lead', 60, robot));
    await bench.settle(await accept('registration', 90, honest));
    await bench.settle(await accept('deposit', 120, null));
    const { binding } = await books();
    expect(binding).toContain(uuidFromId(honest));
    expect((await books()).lines).toHaveLength(1);
  });

  it('is out even when the event that names it was taken before it was there', async () => {
    const honest = await click(0);
    await bench.settle(await accept('registration', 60, honest));
    const before = await books();
    const robot = await blockedClick(30);
    const eventId = await accept('deposit', 120, robot);
    // The event has a verdict of its own already, from when the click was unknown.
    await db('verdicts').insert({
      subject_kind: 'event',
      subject_id: uuidFromId(eventId),
      workspace_id: uuidFromId(bench.tenant.workspaceId),
      rules_version: 1,
      outcome: 'allow',
      score: 0,
      reasons: '[]',
      decided_at: new Date(),
    });
    await bench.settle(eventId);
    expect((await books()).binding).toBe(before.binding);
    expect((await books()).lines).toHaveLength(1);
  });
});
