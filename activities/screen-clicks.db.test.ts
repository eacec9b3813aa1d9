import type { Db } from '../db/knex';
import { expireKeptData } from '../db/stores/expiry-store';
import { appendRuleSet } from '../db/stores/fraud-rule-store';
import type { Verdict } from '../domain/fraud/verdict';
import { type CampaignId, type ClickId, uuidFromId, type VisitorId } from '../domain/ids';
import { rulesWith } from '../domain/testing/rule-sets';
import { DAY_MS, MINUTE_MS } from '../domain/time';
import { insertCampaign } from '../testing/builders/insert-campaign';
import { insertWorkspace, type WorkspaceFixture } from '../testing/builders/insert-workspace';
import { recordTestClick } from '../testing/builders/record-test-click';
import { createTestDb, type TestDb } from '../testing/test-db';
import { screenClicks } from './screen-clicks';

const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1';
const CURL = 'curl/8.5.0';
const ADDRESS = '93.184.216.34';

let testDb: TestDb;
let db: Db;
let tenant: WorkspaceFixture;
let campaignId: CampaignId;
/** The start of a minute, so that a minute's clicks are counted together. */
const minuteMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - 10 * MINUTE_MS;

beforeAll(async () => {
  testDb = await createTestDb({ poolMax: 50 });
  db = testDb.db;
});
afterAll(() => testDb.drop());
beforeEach(async () => {
  tenant = await insertWorkspace(db);
  campaignId = await insertCampaign(db, tenant);
});

type Given = { ip?: string; userAgent?: string; visitorId?: VisitorId };
const click = (afterMs: number, given: Given = {}) =>
  recordTestClick(db, {
    ...{ ...tenant, campaignId, userAgent: IPHONE, ip: ADDRESS },
    ...given,
    clickedAtMs: minuteMs + afterMs,
  });
const clicks = async (count: number, afterMs: number, given: Given = {}) => {
  const ids: ClickId[] = [];
  for (let index = 0; index < count; index += 1) ids.push(await click(afterMs + index, given));
  return ids;
};
const screen = (clickIds: readonly ClickId[]) => screenClicks(db, clickIds, Date.now());
async function verdictOn(clickId: ClickId): Promise<Verdict & { rules_version: number }> {
  return db('verdicts')
    .where({ subject_kind: 'click', subject_id: uuidFromId(clickId) })
    .first();
}
const codesOf = async (clickId: ClickId) => (await verdictOn(clickId)).reasons.map(({ code }) => code);
const hits = () => db('velocity_hits').where({ workspace_id: uuidFromId(tenant.workspaceId) });
/** How many clicks an address needs for a reason, with thresholds that a test reaches quickly. */
const useRules = (change: Parameters<typeof rulesWith>[0], createdAtMs = minuteMs - DAY_MS, version = 2) =>
  appendRuleSet(
    db,
    tenant.workspaceId,
    { ...rulesWith(change), version },
    { createdBy: 'test', nowMs: createdAtMs },
  );
const LOW = {
  clicks_per_ip: { params: { maxClicks: 5 } },
  clicks_per_ip_and_user_agent: { mode: 'off' },
} as const;

describe('clicks per address and minute', () => {
  it('are counted one after the other, in the order of their own time', async () => {
    await useRules(LOW);
    const ids = await clicks(7, 0);
    // Screened backwards and in two batches, as a relay that was away may.
    await screen([...ids.slice(0, 4)].reverse());
    await screen(ids.slice(4));
    const found = await Promise.all(ids.map(codesOf));
    expect(found).toEqual([[], [], [], [], [], ['clicks_per_ip'], ['clicks_per_ip']]);
  });

  it('reach into the next minute by as much of the minute before as is left', async () => {
    await useRules(LOW);
    await screen(await clicks(8, 30_000));
    const [early] = await clicks(1, MINUTE_MS + 15_000);
    const [late] = await clicks(1, MINUTE_MS + 45_000);
    await screen([early as ClickId, late as ClickId]);
    // 8 × ¾ + 1 is over five, 8 × ¼ + 2 is not.
    expect(await codesOf(early as ClickId)).toEqual(['clicks_per_ip']);
    expect(await codesOf(late as ClickId)).toEqual([]);
  });

  it('are those of the address: not of another one, another workspace, or nobody’s own', async () => {
    await useRules(LOW);
    await screen(await clicks(5, 0));
    const other = await click(10, { ip: '93.184.216.35' });
    const proxied = await clicks(9, 20, { ip: '10.0.0.1' });
    await screen([other, ...proxied]);
    expect(await codesOf(other)).toEqual([]);
    expect(await codesOf(proxied[8] as ClickId)).toEqual([]);
    tenant = await insertWorkspace(db);
    campaignId = await insertCampaign(db, tenant);
    await useRules(LOW);
    const elsewhere = await click(30);
    await screen([elsewhere]);
    expect(await codesOf(elsewhere)).toEqual([]);
  });

  it('are those of a subscriber, who has many addresses of version 6', async () => {
    await useRules(LOW);
    const ids: ClickId[] = [];
    for (let host = 1; host <= 6; host += 1)
      ids.push(await click(host, { ip: `2a00:1450:4001:82f::${host}` }));
    await screen(ids);
    expect(await codesOf(ids[5] as ClickId)).toEqual(['clicks_per_ip']);
  });

  it('tell a robot from the phones behind the same address', async () => {
    await useRules({
      clicks_per_ip: { mode: 'off' },
      clicks_per_ip_and_user_agent: { mode: 'active', params: { maxClicks: 5 } },
    });
    const phones = await clicks(8, 0);
    const robots = await clicks(6, 20, { userAgent: CURL });
    await screen([...phones, ...robots]);
    expect(await verdictOn(phones[7] as ClickId)).toMatchObject({ outcome: 'review' });
    expect(await verdictOn(robots[4] as ClickId)).toMatchObject({ outcome: 'review' });
    expect(await verdictOn(robots[5] as ClickId)).toMatchObject({
      outcome: 'block',
      reasons: [{ code: 'bot_user_agent' }, { code: 'clicks_per_ip_and_user_agent' }],
    });
  });
});

describe('the counters', () => {
  it('count a click once, however often and by however many it is screened', async () => {
    const ids = await clicks(20, 0);
    await Promise.all(Array.from({ length: 50 }, () => screen(ids)));
    expect(await hits()).toHaveLength(40);
    const before = await Promise.all(ids.map(verdictOn));
    // A batch that was rolled back after its hits were there comes again.
    await db.raw('ALTER TABLE verdicts DISABLE TRIGGER verdicts_append_only');
    await db('verdicts')
      .where({ workspace_id: uuidFromId(tenant.workspaceId) })
      .delete();
    await db.raw('ALTER TABLE verdicts ENABLE TRIGGER verdicts_append_only');
    await screen([...ids].reverse());
    expect(await hits()).toHaveLength(40);
    const after = await Promise.all(ids.map(verdictOn));
    expect(after.map(({ reasons }) => reasons)).toEqual(before.map(({ reasons }) => reasons));
  });

  it('hold no address', async () => {
    await screen([await click(0)]);
    const stored = JSON.stringify(await hits());
    expect(stored).not.toContain(ADDRESS);
    expect(stored).not.toContain(Buffer.from(ADDRESS).toString('hex'));
    const [first, second] = await hits();
    expect(first.counter_key).toHaveLength(16);
    expect(first.counter_key.equals(second.counter_key)).toBe(false);
  });

  it('are swept after a day', async () => {
    await screen([await click(0)]);
    await expireKeptData(db, minuteMs + DAY_MS);
    expect(await hits()).toHaveLength(2);
    await expireKeptData(db, minuteMs + DAY_MS + 1);
    expect(await hits()).toHaveLength(0);
  });
});

describe('a batch', () => {
  async function statementsFor(count: number): Promise<number> {
    await useRules(LOW);
    const ids = await clicks(count, 0);
    let statements = 0;
    const countOne = (): void => {
      statements += 1;
    };
    db.on('query', countOne);
    await screen(ids);
    db.off('query', countOne);
    return statements;
  }

  it('takes the same number of statements, however many clicks it has', async () => {
    const one = await statementsFor(1);
    tenant = await insertWorkspace(db);
    campaignId = await insertCampaign(db, tenant);
    expect(await statementsFor(60)).toBe(one);
    expect(one).toBeLessThanOrEqual(5);
  });

  it('of clicks of several workspaces is judged by the rules of each', async () => {
    await useRules({ bot_user_agent: { mode: 'off' } });
    const lenient = await click(0, { userAgent: CURL });
    tenant = await insertWorkspace(db);
    campaignId = await insertCampaign(db, tenant);
    const strict = await click(0, { userAgent: CURL });
    await screen([lenient, strict]);
    expect(await verdictOn(lenient)).toMatchObject({ outcome: 'allow', rules_version: 2 });
    expect(await verdictOn(strict)).toMatchObject({ outcome: 'review', rules_version: 1 });
  });
});

describe('the version of the rules', () => {
  it('is the one in force when the click was made, whenever it is screened', async () => {
    const before = await click(0, { userAgent: CURL });
    const at = await click(1_000, { userAgent: CURL });
    const after = await click(2_000, { userAgent: CURL });
    const later = await click(3_000, { userAgent: CURL });
    await useRules({ bot_user_agent: { score: 7 } }, minuteMs + 1_000, 2);
    await useRules({ bot_user_agent: { score: 77 } }, minuteMs + 3_000, 3);
    await screen([before, at, after, later]);
    const verdicts = await Promise.all([before, at, after, later].map(verdictOn));
    expect(verdicts.map(({ score, rules_version }) => [rules_version, score])).toEqual([
      [1, 50],
      [2, 7],
      [2, 7],
      [3, 77],
    ]);
    await screen([before, at, after, later]);
    expect(await verdictOn(before)).toEqual(verdicts[0]);
  });
});
