import { uuidFromId } from '../../domain/ids';
import { DAY_MS, MINUTE_MS, SECOND_MS, toIso } from '../../domain/time';
import { type ChainFixture, insertChain } from '../../testing/builders/insert-chain';
import { insertClick } from '../../testing/builders/insert-click';
import {
  type ConversionFixture,
  insertConversion,
  insertCredit,
} from '../../testing/builders/insert-conversion';
import { insertEvent, insertQuarantine } from '../../testing/builders/insert-event';
import { insertPlayer } from '../../testing/builders/insert-player';
import { insertVerdict } from '../../testing/builders/insert-verdict';
import { type ReadsFixture, startReads, type Tenant } from '../../testing/reads-fixture';
import { clickDetailSchema, clickSchema } from '../schemas/clicks';

let reads: ReadsFixture;
let tenant: Tenant;

beforeAll(async () => {
  reads = await startReads();
  tenant = reads.tenant;
});

afterAll(() => reads.stop());

type Entry = { at: string; kind: string; reason?: string; detail?: string; isTest?: true };

describe('a converted click', () => {
  let chain: ChainFixture;
  let clickedAtMs: number;

  beforeAll(async () => {
    clickedAtMs = reads.clock.nowMs() - 10 * MINUTE_MS;
    chain = await insertChain(reads.db, tenant, { clickedAtMs });
  });

  it('shows its journey with a link to Temporal', async () => {
    const { body } = await tenant.get(`/v1/clicks/${chain.clickId}`);
    const workflowId = `click:${tenant.workspaceId}:${chain.clickId}`;
    expect(clickDetailSchema.parse(body)).toEqual(body);
    expect(body).toMatchObject({
      clickId: chain.clickId,
      campaignId: chain.campaignId,
      partnerId: chain.partnerId,
      partnerReason: null,
      clickedAt: toIso(clickedAtMs),
      subs: { sub1: 'banner' },
      adIds: { gclid: 'g-1' },
      utm: {},
      isTest: false,
      verdict: { outcome: 'allow', score: 0, reasons: [] },
      journey: {
        workflowId,
        stage: 'converted',
        expiresAt: toIso(clickedAtMs + 30 * DAY_MS),
        closedAt: null,
        temporalUrl: `http://127.0.0.1:8233/namespaces/default/workflows/${encodeURIComponent(workflowId)}`,
      },
    });
  });

  it('shows a test click, and every event that it makes a test', async () => {
    const { workspaceId } = tenant;
    const clickId = await insertClick(reads.db, { workspaceId, clickedAtMs });
    await reads.db('clicks').where('click_id', uuidFromId(clickId)).update({ is_test: true });
    await insertEvent(reads.db, { ...tenant, kind: 'install', clickId });
    const { body } = await tenant.get(`/v1/clicks/${clickId}`);
    expect(clickDetailSchema.parse(body)).toEqual(body);
    expect(body.isTest).toBe(true);
    const tests: Entry[] = body.timeline.filter((entry: Entry) => entry.isTest === true);
    expect(tests.map((entry) => entry.kind).sort()).toEqual(['click', 'install']);
  });

  it('tells what happened, oldest first', async () => {
    const { body } = await tenant.get(`/v1/clicks/${chain.clickId}`);
    const timeline: Entry[] = body.timeline;
    expect(timeline.map(({ kind, reason }) => (reason === undefined ? kind : `${kind} ${reason}`))).toEqual([
      'click',
      'verdict allow',
      'registration',
      'conversion_settled',
      'deposit confirmed',
      'conversion_settled',
      'postback_created first_deposit',
      'postback_attempt_failed server_error',
      'postback_delivered first_deposit',
    ]);
    expect(timeline.map(({ at }) => at)).toEqual(timeline.map(({ at }) => at).sort());
    expect(timeline[4]?.detail).toBe(`100.00 EUR, ${chain.depositEventId}`);
    expect(timeline[5]?.detail).toBe(`approved, ${chain.depositId}, revision 1`);
    expect(timeline[7]?.detail).toBe(`${chain.postbackId}, attempt 1, HTTP 503`);
  });

  it('holds no id of the casino’s own in its timeline', async () => {
    const { body } = await tenant.get(`/v1/clicks/${chain.clickId}`);
    expect(JSON.stringify(body.timeline)).not.toMatch(/casino-77|sender-/);
  });

  it('costs the same statements however much happened', async () => {
    const quiet = await insertClick(reads.db, tenant);
    const busy = await reads.countStatements(() => tenant.get(`/v1/clicks/${chain.clickId}`));
    expect(await reads.countStatements(() => tenant.get(`/v1/clicks/${quiet}`))).toBe(busy);
  });

  it('is found by campaign and by visitor', async () => {
    const own = await tenant.get(`/v1/clicks?campaignId=${chain.campaignId}`);
    expect(own.body.data).toHaveLength(1);
    const [click] = own.body.data;
    expect(clickSchema.parse(click)).toEqual(click);
    expect(click).toMatchObject({ clickId: chain.clickId, journey: { stage: 'converted' } });
    const byVisitor = await tenant.get(`/v1/clicks?visitorId=${click.visitorId}`);
    expect(byVisitor.body.data).toEqual([click]);
  });
});

it('lists the latest click first', async () => {
  const nowMs = reads.clock.nowMs();
  const older = await insertClick(reads.db, { ...reads.stranger, clickedAtMs: nowMs - 2 });
  const newer = await insertClick(reads.db, { ...reads.stranger, clickedAtMs: nowMs - 1 });
  const { body } = await reads.stranger.get('/v1/clicks');
  expect(body.data.map((click: { clickId: string }) => click.clickId)).toEqual([newer, older]);
});

it('shows a late event with the time of its arrival, and its time in quarantine', async () => {
  const clickedAtMs = reads.clock.nowMs() - 60 * MINUTE_MS;
  const clickId = await insertClick(reads.db, { ...tenant, clickedAtMs });
  const [occurredAtMs, receivedAtMs] = [clickedAtMs + MINUTE_MS, clickedAtMs + 30 * MINUTE_MS];
  const released = { quarantinedAtMs: receivedAtMs, releasedAtMs: receivedAtMs + SECOND_MS };
  const named = { ...tenant, kind: 'install', occurredAtMs, receivedAtMs } as const;
  const waited = await insertEvent(reads.db, { ...named, clickId });
  await insertQuarantine(reads.db, { ...tenant, eventId: waited, ...released });
  const matched = await insertEvent(reads.db, named);
  await insertQuarantine(reads.db, { ...tenant, eventId: matched, ...released, matchedClickId: clickId });
  const foreign = await insertEvent(reads.db, { ...reads.stranger, kind: 'install', clickId });
  const { body } = await tenant.get(`/v1/clicks/${clickId}`);
  // Received in one millisecond, so the order of their ids decides.
  const [one, two] = [waited, matched].sort();
  const late = { at: toIso(occurredAtMs), kind: 'install', trust: 'keyed' };
  const held = { at: toIso(receivedAtMs), kind: 'quarantined', reason: 'unknown_click' };
  const freed = { at: toIso(receivedAtMs + SECOND_MS), kind: 'released' };
  expect(body.timeline.slice(1)).toEqual([
    { ...late, detail: `${one}, received ${toIso(receivedAtMs)}` },
    { ...late, detail: `${two}, received ${toIso(receivedAtMs)}` },
    { ...held, detail: one },
    { ...held, detail: two },
    { ...freed, detail: `${one}, by sweep` },
    { ...freed, detail: `${two}, by sweep` },
  ]);
  expect(JSON.stringify(body)).not.toContain(foreign);
});

describe('the stage', () => {
  type Credited = Pick<ConversionFixture, 'kind'> & Partial<ConversionFixture> & { credited?: boolean };

  /** A click with one conversion of this kind, credited to it unless said otherwise. */
  async function stageAfter(conversion: Credited, nowMs = reads.clock.nowMs()): Promise<string> {
    const clickedAtMs = Date.now() - MINUTE_MS;
    const clickId = await insertClick(reads.db, { ...tenant, clickedAtMs });
    const playerId = await insertPlayer(reads.db, tenant);
    const { credited = true, kind } = conversion;
    const eventId = await insertEvent(reads.db, { ...tenant, kind, playerId, clickId });
    const of = { ...tenant, eventId, playerId, ...(credited && { clickId }) };
    const conversionId = await insertConversion(reads.db, { ...of, ...conversion });
    if (credited) await insertCredit(reads.db, { conversionId, clickId });
    const before = reads.clock.nowMs();
    reads.clock.set(nowMs);
    const { body } = await tenant.get(`/v1/clicks/${clickId}`);
    reads.clock.set(before);
    return body.journey.stage;
  }

  const first = { kind: 'deposit', isFirstDeposit: true, amountMinor: 100n } as const;

  it.each<[string, Credited]>([
    ['installed', { kind: 'install' }],
    ['registered', { kind: 'registration' }],
    ['waiting', { kind: 'registration', status: 'rejected', reason: 'already_registered', credited: false }],
    ['waiting', { kind: 'install', reason: 'outside_click_window', credited: false }],
    ['waiting', { kind: 'deposit', amountMinor: 100n }],
    ['converted', first],
    ['converted', { ...first, status: 'reversed', reason: 'charged_back' }],
    ['converted', { ...first, status: 'pending', reason: 'currency_mismatch' }],
    ['waiting', { ...first, status: 'pending', reason: 'deposit_pending' }],
  ])('is %s after %o', async (stage, conversion) => {
    expect(await stageAfter(conversion)).toBe(stage);
  });

  it('is expired once the window is over, unless a first deposit converted it', async () => {
    const later = Date.now() + 31 * DAY_MS;
    expect(await stageAfter({ kind: 'registration' }, later)).toBe('expired');
    expect(await stageAfter(first, later)).toBe('converted');
  });

  it('is blocked by the verdict, and waiting without one', async () => {
    const unjudged = await insertClick(reads.db, tenant);
    const blocked = await insertClick(reads.db, tenant);
    const reasons = [{ code: 'bot_user_agent', detail: 'A robot.' }];
    const verdict = { outcome: 'block', score: 90, reasons } as const;
    await insertVerdict(reads.db, { ...tenant, subjectId: blocked, verdict });
    const [first, second] = [
      await tenant.get(`/v1/clicks/${unjudged}`),
      await tenant.get(`/v1/clicks/${blocked}`),
    ];
    expect(first.body).toMatchObject({ verdict: null, journey: { stage: 'waiting' } });
    expect(second.body).toMatchObject({ verdict, journey: { stage: 'blocked' } });
    expect(second.body.timeline[1]).toMatchObject({ reason: 'block', detail: 'score 90, bot_user_agent' });
  });

  it('changes at the first millisecond after the window, and the timeline says so', async () => {
    const clickedAtMs = reads.clock.nowMs() - MINUTE_MS;
    const expiresAtMs = reads.clock.nowMs();
    const clickId = await insertClick(reads.db, {
      ...tenant,
      clickedAtMs,
      expiresAtMs,
      closedAtMs: expiresAtMs,
    });
    const inTime = await tenant.get(`/v1/clicks/${clickId}`);
    expect(inTime.body.journey).toMatchObject({ stage: 'waiting', closedAt: toIso(expiresAtMs) });
    reads.clock.set(expiresAtMs + 1);
    const after = await tenant.get(`/v1/clicks/${clickId}`);
    expect(after.body.journey.stage).toBe('expired');
    expect(after.body.timeline.at(-1)).toEqual({ at: toIso(expiresAtMs), kind: 'expired' });
  });
});
