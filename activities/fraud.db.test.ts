import type { Db } from '../db/knex';
import { mintId } from '../db/mint-id';
import { readVerdict } from '../db/stores/verdict-store';
import { type ClickId, uuidFromId } from '../domain/ids';
import { insertCampaign } from '../testing/builders/insert-campaign';
import { recordTestClick } from '../testing/builders/record-test-click';
import { openSettlementBench, type SettlementBench } from '../testing/settlement-bench';
import { createTestDb, type TestDb } from '../testing/test-db';
import { screenClicks } from './screen-clicks';

const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

let testDb: TestDb;
let db: Db;
let bench: SettlementBench;

beforeAll(async () => {
  testDb = await createTestDb({ poolMax: 25 });
  db = testDb.db;
});
afterAll(() => testDb.drop());
beforeEach(async () => {
  bench = await openSettlementBench(db);
});

type Given = Partial<Parameters<typeof recordTestClick>[1]>;
const click = (given: Given = {}) =>
  recordTestClick(db, {
    ...bench.tenant,
    campaignId: bench.campaignId,
    clickedAtMs: bench.startMs,
    userAgent: BROWSER,
    ...given,
  });
const screen = (...clickIds: ClickId[]) => screenClicks(db, clickIds, Date.now());
const verdict = (id: ClickId) => readVerdict(db, { kind: 'click', id });
const codes = async (id: ClickId) => (await verdict(id))?.reasons.map((reason) => reason.code);

describe('screenClicks', () => {
  it('judges by user agent, with a reason', async () => {
    const [person, robot, nobody] = [
      await click(),
      await click({ userAgent: 'curl/8.0' }),
      await click({ userAgent: ' ' }),
    ];
    await screen(person, robot, nobody);
    expect(await verdict(person)).toEqual({ outcome: 'allow', score: 0, reasons: [] });
    expect(await verdict(robot)).toMatchObject({ outcome: 'review', reasons: [{ code: 'bot_user_agent' }] });
    expect(await verdict(nobody)).toMatchObject({
      outcome: 'review',
      reasons: [{ code: 'empty_user_agent' }],
    });
  });

  it('reviews the second click of a visitor on a campaign within two seconds, not the first, not elsewhere', async () => {
    const visitorId = mintId('vis', bench.startMs);
    const at = (ms: number, given: Given = {}) =>
      click({ visitorId, clickedAtMs: bench.startMs + ms, ...given });
    const elsewhere = await insertCampaign(db, bench.tenant);
    const first = await at(0);
    const other = await at(500, { campaignId: elsewhere });
    const stranger = await at(600, { visitorId: mintId('vis', bench.startMs) });
    const second = await at(2_000);
    const third = await at(4_001);
    await screen(first, other, stranger, second, third);
    expect([await codes(first), await codes(other), await codes(stranger)]).toEqual([[], [], []]);
    expect([await codes(second), await codes(third)]).toEqual([['repeat_click'], []]);
  });

  it('grants once: what becomes known later changes nothing', async () => {
    const visitorId = mintId('vis', bench.startMs);
    const clickId = await click({ visitorId, clickedAtMs: bench.startMs + 1_000 });
    await screen(clickId);
    await click({ visitorId });
    await db('click_raw').where('click_id', uuidFromId(clickId)).update({ user_agent: null });
    await screen(clickId);
    expect(await verdict(clickId)).toMatchObject({ outcome: 'allow' });
  });

  it('by many at once, over overlapping lists, grants each once and deadlocks nobody', async () => {
    const clickIds: ClickId[] = [];
    for (let index = 0; index < 30; index += 1) clickIds.push(await click());
    const lists = Array.from({ length: 20 }, (_, index) => {
      const part = clickIds.slice(index, index + 10);
      return index % 2 === 0 ? part : part.toReversed();
    });
    await Promise.all(lists.map((list) => screen(...list)));
    const granted = await db('verdicts').whereIn('subject_id', clickIds.map(uuidFromId));
    expect(granted).toHaveLength(29);
  });

  it('passes over clicks that do not exist', async () => {
    const missing = mintId('clk', bench.startMs);
    await screen(missing);
    expect(await verdict(missing)).toBeNull();
  });
});

describe('assessEvent', () => {
  const eventVerdict = async (key: string) =>
    db('verdicts AS v')
      .join('events AS e', 'e.event_id', 'v.subject_id')
      .where({ 'e.workspace_id': uuidFromId(bench.tenant.workspaceId), sender_event_id: key })
      .select('v.outcome', 'v.reasons', 'v.decided_at');

  it('judges the click first when the relay has not, and the event like its click', async () => {
    const clickId = await click({ userAgent: 'curl/8.0' });
    const { id } = await bench.registration({ key: 'R1', click: clickId, atMin: 1 });
    await bench.assess(id);
    expect(await verdict(clickId)).toMatchObject({ outcome: 'review' });
    expect(await eventVerdict('R1')).toMatchObject([
      { outcome: 'review', reasons: [{ code: 'bot_user_agent' }] },
    ]);
  });

  it('allows an event without a click, and never decides twice', async () => {
    await bench.registration({ key: 'R1', click: await click(), atMin: 1 });
    const { id } = await bench.install({ key: 'I1', click: await click(), atMin: 1 });
    await Promise.all(Array.from({ length: 10 }, () => bench.assess(id)));
    const [first, ...more] = await eventVerdict('I1');
    expect(more).toEqual([]);
    await bench.assess(id);
    expect(await eventVerdict('I1')).toEqual([first]);
  });

  it('a review is recorded and holds nothing: the event is settled and paid', async () => {
    const clickId = await click({ userAgent: 'curl/8.0', partnerId: bench.partnerId });
    await bench.registration({ key: 'R1', click: clickId, atMin: 1 });
    await bench.deposit({ key: 'D1', click: clickId, atMin: 2 });
    await bench.settleAll();
    const lines = await db('commission_lines').where('workspace_id', uuidFromId(bench.tenant.workspaceId));
    expect(lines).toMatchObject([{ amount_minor: 5_000n }]);
  });
});
