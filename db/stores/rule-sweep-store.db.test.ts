import {
  type CampaignId,
  type ClickId,
  type EventId,
  type SourceId,
  uuidFromId,
  type WorkspaceId,
} from '../../domain/ids';
import { DAY_MS, HOUR_MS, MAX_CLOCK_LEAD_MS, MINUTE_MS } from '../../domain/time';
import { insertCampaign } from '../../testing/builders/insert-campaign';
import { insertWorkspace, type WorkspaceFixture } from '../../testing/builders/insert-workspace';
import { newEvent } from '../../testing/builders/new-event';
import { recordTestClick } from '../../testing/builders/record-test-click';
import { createTestDb, type TestDb } from '../../testing/test-db';
import type { Db } from '../knex';
import { mintId } from '../mint-id';
import { acceptEvent } from './event-store';
import type { NewEvent } from './new-event';
import { matchByRule } from './quarantine-match-store';
import { changeQuarantineRule, insertQuarantineRule, type QuarantineRule } from './quarantine-rule-store';
import { sweepQuarantine } from './quarantine-sweep-store';
import { applyRules } from './rule-sweep-store';

const NOW = Date.now();
let testDb: TestDb;
let db: Db;
let sender: WorkspaceFixture;
let campaignId: CampaignId;

beforeAll(async () => {
  testDb = await createTestDb({ poolMax: 20 });
  db = testDb.db;
});
afterAll(() => testDb.drop());
beforeEach(async () => {
  // The rules of every workspace are applied, so those of earlier tests must not be in the way.
  await db('quarantine_rules').update({ is_enabled: false });
  sender = await insertWorkspace(db);
  campaignId = await insertCampaign(db, { workspaceId: sender.workspaceId, slug: `c-${sender.workspaceId}` });
});

const accept = (given: Partial<NewEvent> & { senderEventId: string }, nowMs = NOW) =>
  acceptEvent(db, newEvent(sender, given), nowMs);
const click = (given: Partial<Parameters<typeof recordTestClick>[1]> = {}): Promise<ClickId> =>
  recordTestClick(db, {
    ...{ workspaceId: sender.workspaceId, campaignId, clickedAtMs: NOW - HOUR_MS },
    ...given,
  });

async function addRule(given: Partial<QuarantineRule> = {}): Promise<QuarantineRule> {
  const rule: QuarantineRule = {
    ruleId: mintId('qrl', NOW),
    workspaceId: sender.workspaceId,
    sourceId: null,
    name: 'by external id',
    event: { field: 'click_ref' },
    click: { field: 'external_id' },
    isEnabled: true,
    createdAtMs: NOW,
    ...given,
  };
  await insertQuarantineRule(db, rule);
  return rule;
}

/** What the sweep of a minute does: due looks, then the past of new rules. */
const ask = async (nowMs: number): Promise<EventId[]> => [
  ...(await sweepQuarantine(db, nowMs, 100)),
  ...(await applyRules(db, nowMs)),
];

const place = (id: EventId) => db('quarantine').where('event_id', uuidFromId(id)).first();
const queued = (id: EventId) => db('outbox').where({ kind: 'event', ref_id: uuidFromId(id) });
const audits = (id: EventId) => db('audit').where({ subject: id, action: 'quarantine.matched' });

describe('what waits already', () => {
  it('is released by the rule that finds its one click, with the player’s other events and an audit', async () => {
    const clickId = await click({ externalId: 'ext-1' });
    const { id } = await accept({ senderEventId: 'D1', clickRef: 'ext-1' });
    const follower = await accept({ senderEventId: 'D2' });
    const { ruleId } = await addRule();
    expect(await ask(NOW)).toEqual([id, follower.id]);
    expect(await place(id)).toMatchObject({
      released_by: `rule:${ruleId}`,
      matched_click_id: uuidFromId(clickId),
    });
    expect(await queued(id)).toHaveLength(1);
    expect(await audits(id)).toMatchObject([
      { actor: `rule:${ruleId}`, cause: 'waiting', detail: { clickId, released: [id, follower.id] } },
    ]);
    expect(await ask(NOW + DAY_MS)).toEqual([]);
    expect(await audits(id)).toHaveLength(1);
  });

  const comparisons: [
    string,
    Pick<QuarantineRule, 'event' | 'click'>,
    Partial<NewEvent>,
    Parameters<typeof click>[0],
  ][] = [
    [
      'the transaction with a sub',
      { event: { field: 'transaction_id' }, click: { field: 'sub', key: 'sub3' } },
      { transactionKey: 'T-9' },
      { subs: { sub3: 'T-9' } },
    ],
    [
      'the player with the last sub',
      { event: { field: 'player_id' }, click: { field: 'sub', key: 'sub20' } },
      { playerExternalId: 'P-20' },
      { subs: { sub20: 'P-20', sub1: 'x' } },
    ],
    [
      'a field of the raw body with the external id',
      { event: { field: 'attribute', attribute: 'sub1' }, click: { field: 'external_id' } },
      { raw: { body: { sub1: 77 }, ip: null, userAgent: null } },
      { externalId: '77' },
    ],
    [
      'an attribute with the external id',
      { event: { field: 'attribute', attribute: 'product' }, click: { field: 'external_id' } },
      { attributes: { product: 'slots', unknownFields: 0 } },
      { externalId: 'slots' },
    ],
    [
      'a long external id',
      { event: { field: 'click_ref' }, click: { field: 'external_id' } },
      { clickRef: 'ф'.repeat(1_024) },
      { externalId: 'ф'.repeat(1_024) },
    ],
  ];

  it.each(comparisons)('compares %s', async (_what, fields, event, given) => {
    const clickId = await click(given);
    await click({ externalId: 'another', subs: { sub3: 'another' } });
    const { id } = await accept({ senderEventId: 'E1', ...event });
    await addRule(fields);
    expect(await ask(NOW)).toEqual([id]);
    expect((await place(id)).matched_click_id).toBe(uuidFromId(clickId));
  });

  it('compares a field of the report with an ad id', async () => {
    const clickId = await click();
    await db('clicks')
      .where('click_id', uuidFromId(clickId))
      .update({ ad_ids: { gclid: 'G1' } });
    const { id } = await accept({
      senderEventId: 'E1',
      raw: { body: { gclid: 'G1' }, ip: null, userAgent: null },
    });
    await addRule({
      event: { field: 'attribute', attribute: 'gclid' },
      click: { field: 'ad_id', key: 'gclid' },
    });
    expect(await ask(NOW)).toEqual([id]);
  });

  it('stays with the number of clicks when there are several, until one is left', async () => {
    const kept = await click({ externalId: 'twin', expiresAtMs: NOW + DAY_MS });
    await click({ externalId: 'twin', expiresAtMs: NOW + HOUR_MS });
    const early = await accept({ senderEventId: 'E1', clickRef: 'twin', playerExternalId: 'P1' });
    await addRule();
    expect(await ask(NOW)).toEqual([]);
    expect(await place(early.id)).toMatchObject({ released_at: null, rules_found: 2 });
    const late = await accept({
      ...{ senderEventId: 'E2', clickRef: 'twin', playerExternalId: 'P2' },
      occurredAtMs: NOW + 2 * HOUR_MS,
    });
    expect((await place(late.id)).reason).toBe('clock_suspect');
    expect(await ask(NOW + 2 * HOUR_MS - MAX_CLOCK_LEAD_MS)).toEqual([late.id]);
    expect((await place(late.id)).matched_click_id).toBe(uuidFromId(kept));
  });

  it('is tried again when its click comes after it', async () => {
    await addRule();
    await applyRules(db, NOW);
    const { id, status } = await accept({ senderEventId: 'D1', clickRef: 'late' });
    expect(status).toBe('quarantined');
    expect(await place(id)).toMatchObject({ rules_found: 0, rules_tried_at: new Date(NOW) });
    await click({ externalId: 'late' });
    expect(await ask(NOW + MINUTE_MS - 1)).toEqual([]);
    expect(await ask(NOW + MINUTE_MS)).toEqual([id]);
  });

  it('that names a click of ours waits an hour for that one', async () => {
    await addRule({ event: { field: 'player_id' } });
    await click({ externalId: 'P1' });
    const { id } = await accept({ senderEventId: 'D1', clickRef: mintId('clk', NOW) });
    expect(await ask(NOW + HOUR_MS - 1)).toEqual([]);
    expect(await ask(NOW + HOUR_MS)).toEqual([id]);
  });

  it('of another source or workspace is none of the rule’s business, nor are their clicks', async () => {
    const other = await insertWorkspace(db);
    const foreign: { workspaceId: WorkspaceId; campaignId: CampaignId } = {
      workspaceId: other.workspaceId,
      campaignId: await insertCampaign(db, {
        workspaceId: other.workspaceId,
        slug: `c-${other.workspaceId}`,
      }),
    };
    await click({ ...foreign, externalId: 'ext-1' });
    const ours = await accept({ senderEventId: 'D1', clickRef: 'ext-1' });
    const theirs = await acceptEvent(db, newEvent(other, { senderEventId: 'D1', clickRef: 'ext-1' }), NOW);
    const { ruleId } = await addRule();
    expect(await ask(NOW)).toEqual([]);
    expect((await place(theirs.id)).rules_tried_at).toBeNull();
    const otherSource: SourceId = mintId('src', NOW);
    await db.raw(
      `INSERT INTO sources SELECT (jsonb_populate_record(s, ?::jsonb)).* FROM sources AS s WHERE source_id = ?`,
      [
        JSON.stringify({ source_id: uuidFromId(otherSource), kind: 'gaming', secret: 'whsec_x' }),
        uuidFromId(sender.sourceId),
      ],
    );
    await changeQuarantineRule(db, sender.workspaceId, ruleId, { enabled: false });
    await addRule({ sourceId: otherSource });
    await click({ externalId: 'ext-1' });
    expect(await ask(NOW + DAY_MS)).toEqual([]);
    expect((await place(ours.id)).released_at).toBeNull();
  });

  it('is passed over by a rule that is off, which takes nothing back', async () => {
    const clickId = await click({ externalId: 'ext-1' });
    const first = await accept({ senderEventId: 'D1', clickRef: 'ext-1' });
    const rule = await addRule();
    expect(await ask(NOW)).toEqual([first.id]);
    await changeQuarantineRule(db, sender.workspaceId, rule.ruleId, { enabled: false });
    const second = await accept({ senderEventId: 'D2', clickRef: 'ext-1', playerExternalId: 'P2' });
    expect(await ask(NOW + DAY_MS)).toEqual([]);
    // Found while the rule was on, and too late.
    const late = { ...sender, ruleId: rule.ruleId, eventId: second.id, clickId, nowMs: NOW };
    expect(await matchByRule(db, late)).toEqual([]);
    expect((await place(first.id)).released_by).toBe(`rule:${rule.ruleId}`);
  });

  it('is released once by many workers, and more than a batch of it', async () => {
    await click({ externalId: 'ext-1' });
    const ids: EventId[] = [];
    for (let n = 0; n < 130; n += 1) {
      const given = {
        kind: 'install' as const,
        senderEventId: `I${n}`,
        clickRef: n < 120 ? 'ext-1' : 'none',
      };
      ids.push((await accept(given)).id);
    }
    await addRule();
    const released = (await Promise.all(Array.from({ length: 4 }, () => ask(NOW)))).flat();
    expect(released.sort()).toEqual(ids.slice(0, 120).sort());
    const rows = await db('outbox').where({ kind: 'event', workspace_id: uuidFromId(sender.workspaceId) });
    expect(rows).toHaveLength(120);
  });

  it('is tried again when the worker that had begun with it died', async () => {
    await accept({ senderEventId: 'D1', clickRef: 'ext-1' });
    const { ruleId } = await addRule();
    const progress = async () =>
      (await db('quarantine_rules').where('rule_id', uuidFromId(ruleId)).first()).past_after;
    const before = await progress();
    await db.raw(`
      CREATE FUNCTION refuse_progress() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'the worker died'; END $$;
      CREATE TRIGGER refuse_progress BEFORE UPDATE ON quarantine_rules
        FOR EACH ROW EXECUTE FUNCTION refuse_progress()`);
    try {
      await expect(applyRules(db, NOW)).rejects.toThrow('the worker died');
    } finally {
      await db.raw('DROP FUNCTION refuse_progress() CASCADE');
    }
    expect(await progress()).toBe(before);
    await applyRules(db, NOW);
    expect(await progress()).toBeNull();
  });

  it('is tried from its beginning by a rule that is switched on again', async () => {
    await click({ externalId: 'ext-1' });
    const { ruleId } = await addRule();
    await applyRules(db, NOW);
    await changeQuarantineRule(db, sender.workspaceId, ruleId, { enabled: false });
    const { id } = await accept({ senderEventId: 'D1', clickRef: 'ext-1' });
    expect(await ask(NOW)).toEqual([]);
    await changeQuarantineRule(db, sender.workspaceId, ruleId, { enabled: true });
    expect(await applyRules(db, NOW, ruleId)).toEqual([id]);
  });
});

describe('a new arrival', () => {
  async function statements(work: () => Promise<unknown>): Promise<number> {
    let count = 0;
    const onQuery = (): void => {
      count += 1;
    };
    db.on('query', onQuery);
    await work();
    db.removeListener('query', onQuery);
    return count;
  }

  it('is matched at once, links its player, and is queued like any other', async () => {
    const waiting = await accept({ senderEventId: 'D0' });
    const { ruleId } = await addRule();
    const clickId = await click({ externalId: 'ext-1' });
    const { id, status } = await accept({ senderEventId: 'D1', clickRef: 'ext-1' });
    expect(status).toBe('accepted');
    expect(await place(id)).toMatchObject({
      reason: 'unknown_click_and_player',
      released_by: `rule:${ruleId}`,
      matched_click_id: uuidFromId(clickId),
      rules_found: 1,
    });
    expect(await queued(id)).toHaveLength(1);
    expect(await audits(id)).toMatchObject([
      { actor: `rule:${ruleId}`, detail: { clickId, released: [id] } },
    ]);
    expect((await place(waiting.id)).released_by).toBe('player_linked');
    expect((await accept({ senderEventId: 'D1', clickRef: 'ext-1' })).status).toBe('duplicate');
  });

  it('excludes the player of a self-exclusion that a rule has matched', async () => {
    await addRule();
    await click({ externalId: 'ext-1' });
    await accept({ kind: 'self_exclusion', senderEventId: 'X', clickRef: 'ext-1', money: null });
    const player = await db('players').where('workspace_id', uuidFromId(sender.workspaceId)).first();
    expect(player.excluded_during).not.toBe('{}');
  });

  it('costs no statement without rules, and one with them', async () => {
    const arrive = (n: number) => () =>
      accept({ kind: 'lead', senderEventId: `L${n}`, clickRef: `e-${n}`, playerExternalId: null });
    const without = await statements(arrive(1));
    await addRule();
    expect(await statements(arrive(2))).toBe(without + 1);
    await click({ externalId: 'e-3' });
    expect(await statements(arrive(3))).toBe(without + 1);
  });

  it('fifty times at once is matched once', async () => {
    await addRule();
    await click({ externalId: 'ext-1' });
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => accept({ senderEventId: 'D1', clickRef: 'ext-1' })),
    );
    expect(answers.filter(({ status }) => status === 'accepted')).toHaveLength(1);
    const [id, ...others] = new Set(answers.map((answer) => answer.id));
    if (id === undefined || others.length > 0) throw new Error('there is not one event');
    expect(await queued(id)).toHaveLength(1);
    expect(await audits(id)).toHaveLength(1);
  });
});

it('finds clicks by the indexes that are there for it', async () => {
  const plan = async (condition: string) => {
    const { rows } = await db.transaction(async (trx) => {
      await trx.raw('SET LOCAL enable_seqscan = off');
      return trx.raw<{ rows: { 'QUERY PLAN': string }[] }>(`EXPLAIN SELECT 1 FROM clicks WHERE ${condition}`);
    });
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  };
  const workspace = `workspace_id = '${uuidFromId(sender.workspaceId)}'`;
  expect(
    await plan(
      `${workspace} AND external_id = 'x' AND hashtextextended(external_id, 0) = hashtextextended('x', 0)`,
    ),
  ).toMatch(/workspace_id_hashtextextended\w*_idx/);
  expect(await plan(`subs <> '{}' AND subs @> jsonb_build_object('sub1', 'x')`)).toMatch(/subs_idx/);
  expect(await plan(`ad_ids <> '{}' AND ad_ids @> jsonb_build_object('gclid', 'x')`)).toMatch(/ad_ids_idx/);
});

test('an event that cannot be released keeps nobody waiting who is claimed with it', async () => {
  await click({ externalId: 'ext-1' });
  await click({ externalId: 'ext-2' });
  const stuck = await accept({ senderEventId: 'D1', clickRef: 'ext-1', playerExternalId: 'P1' });
  const free = await accept({ senderEventId: 'D2', clickRef: 'ext-2', playerExternalId: 'P2' });
  await addRule();
  await db.raw(`
    CREATE FUNCTION refuse_release() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE EXCEPTION 'never released'; END $$;
    CREATE TRIGGER refuse_release BEFORE UPDATE OF released_at ON quarantine
      FOR EACH ROW WHEN (OLD.event_id = '${uuidFromId(stuck.id)}') EXECUTE FUNCTION refuse_release()`);
  try {
    await expect(applyRules(db, NOW)).rejects.toThrow('events could not be released by rules');
  } finally {
    await db.raw('DROP FUNCTION refuse_release() CASCADE');
  }
  expect((await place(stuck.id))?.released_at).toBeNull();
  expect((await place(free.id))?.released_at).not.toBeNull();
});
