import { randomUUID } from 'node:crypto';
import { uuidFromId } from '../domain/ids';
import { CHECKS, type Guard, now, other, UNIQUE } from '../testing/broken-constraints';
import { insertApiKey } from '../testing/builders/insert-api-key';
import { insertChain } from '../testing/builders/insert-chain';
import { insertDeskRows } from '../testing/builders/insert-desk-rows';
import { insertEvent, insertQuarantine } from '../testing/builders/insert-event';
import { insertPartner } from '../testing/builders/insert-partner';
import { insertPayout } from '../testing/builders/insert-payout';
import { insertRollupRows } from '../testing/builders/insert-rollup-rows';
import { insertValueRows } from '../testing/builders/insert-value-rows';
import { insertWorkspace, type WorkspaceFixture } from '../testing/builders/insert-workspace';
import { createTestDb, type TestDb } from '../testing/test-db';
import type { Db } from './knex';
import { enqueue } from './stores/outbox-store';

let testDb: TestDb;
let db: Db;
let registrationId: string;
let tenant: WorkspaceFixture;

beforeAll(async () => {
  testDb = await createTestDb();
  db = testDb.db;
  tenant = await insertWorkspace(db);
  const chain = await insertChain(db, tenant, { clickedAtMs: Date.now() });
  await insertApiKey(db, tenant);
  await insertPayout(db, { ...tenant, ...chain });
  await insertQuarantine(db, { ...tenant, eventId: chain.depositEventId });
  await enqueue(db, 'event', [{ ...tenant, refUuid: other }], Date.now());
  await insertBesideTheChain(uuidFromId(tenant.workspaceId));
  await insertDecisions(uuidFromId(tenant.workspaceId));
  registrationId = (await db('conversions').where({ kind: 'registration' }).first()).conversion_id;
});
afterAll(() => testDb.drop());

/** A sound row in each table that the chain does not touch. */
async function insertBesideTheChain(workspaceId: string): Promise<void> {
  await insertValueRows(db, workspaceId);
  await insertDeskRows(db, workspaceId);
  await insertRollupRows(db, workspaceId);
  await db.raw(
    `INSERT INTO fraud_rule_sets (workspace_id, version, rules, created_by, created_at) VALUES (?, 2, '{}', 'test', ?)`,
    [workspaceId, now],
  );
  await db.raw(
    `INSERT INTO rate_grants (player_id, from_currency, to_currency, converted_at, rate, source, rated_at)
     SELECT player_id, 'USD', 'EUR', ?, '0.9', 'test', ? FROM players LIMIT 1`,
    [now, now],
  );
  await db.raw(
    `INSERT INTO housekeeping (part, failing_since, error_code, last_error) VALUES ('rollups', ?, '57014', 'late')`,
    [now],
  );
  await db.raw(
    `INSERT INTO velocity_hits (workspace_id, counter_key, minute_at, hit_at, subject_id) VALUES (?, 'key', ?, ?, ?)`,
    [workspaceId, now, now, other],
  );
  await db.raw(
    `INSERT INTO signed_messages (source_id, message_hash, path, used_at) VALUES (?, ?, '/postback', ?)`,
    [other, Buffer.alloc(32), now],
  );
  await db.raw(`INSERT INTO workspace_hosts (host, workspace_id, created_at) VALUES ('go.example', ?, ?)`, [
    workspaceId,
    now,
  ]);
  await db.raw(
    `INSERT INTO impressions (impression_id, workspace_id, campaign_id, campaign_version, offer_id, visitor_id, shown_at, subs)
     SELECT ?, workspace_id, campaign_id, campaign_version, offer_id, visitor_id, clicked_at, '{}' FROM clicks LIMIT 1`,
    [other],
  );
}

/** A slot, a contest, a losing touch, a line per registration and a ruling, beside the chain's own. */
async function insertDecisions(workspaceId: string): Promise<void> {
  await db.raw(
    `INSERT INTO cap_counters (deal_id, period_key, granted) SELECT deal_id, 'total', 1 FROM deals LIMIT 1`,
  );
  await db.raw(
    `INSERT INTO cap_slots (deal_id, player_id, asked_for_at, decided_at)
     SELECT l.deal_id, l.player_id, now(), now() FROM commission_lines AS l LIMIT 1`,
  );
  const [challenger, protectedOne] = [await insertPartner(db, tenant), await insertPartner(db, tenant)];
  await db.raw(
    `INSERT INTO contested_touches (player_id, challenger_click_id, workspace_id, challenger_partner_id,
       protected_click_id, protected_partner_id, gap_ms, is_refused, reason)
     SELECT player_id, ?, ?, ?, ?, ?, 5, false, 'overwritten_before_registration' FROM players LIMIT 1`,
    [other, workspaceId, uuidFromId(challenger), other, uuidFromId(protectedOne)],
  );
  await db.raw(
    `INSERT INTO losing_touches (conversion_id, touch_kind, touch_id, reason)
     SELECT conversion_id, 'view', ?, 'click_beats_view' FROM conversions LIMIT 1`,
    [other],
  );
  await db.raw(
    `INSERT INTO commission_lines SELECT (jsonb_populate_record(l, ?::jsonb)).* FROM commission_lines AS l`,
    [JSON.stringify({ line_id: randomUUID(), kind: 'cpl' })],
  );
  const eventId = uuidFromId(await insertEvent(db, { ...tenant, kind: 'lead' }));
  await db.raw(
    `UPDATE events SET kind = 'ruling', decision = 'approve', ruled_revision = 1,
       ruled_conversion_id = (SELECT conversion_id FROM conversions LIMIT 1)
     WHERE event_id = ?`,
    [eventId],
  );
}

function titled(guard: Guard): [string, string, string, Guard] {
  return [guard[0], guard[1], JSON.stringify(guard[2]), guard];
}

/** Writes a copy of a sound row with the changes; gives the name of the rule that refused it. */
async function refusalOf([, table, changes, where]: Guard): Promise<unknown> {
  const text = JSON.stringify(changes).replace('$registration', registrationId);
  try {
    await db.raw(
      `INSERT INTO ?? OVERRIDING SYSTEM VALUE
       SELECT (jsonb_populate_record(sound, ?::jsonb)).* FROM ?? AS sound ${where ? `WHERE ${where}` : ''} LIMIT 1`,
      [table, text, table],
    );
    return 'accepted';
  } catch (error) {
    return (error as { constraint?: string }).constraint ?? error;
  }
}

describe('a row that breaks a rule is refused by that rule', () => {
  it.each(CHECKS.map(titled))('%s: %s with %s', async (constraint, _table, _changes, guard) => {
    expect(await refusalOf(guard)).toBe(constraint);
  });

  it.each(UNIQUE.map(titled))(
    '%s: a second row in %s with %s',
    async (constraint, _table, _changes, guard) => {
      expect(await refusalOf(guard)).toBe(constraint);
    },
  );

  it('and every rule of the schema is broken here once', async () => {
    const { rows } = await db.raw<{ rows: { name: string }[] }>(
      `SELECT c.conname AS name FROM pg_constraint AS c JOIN pg_class AS t ON t.oid = c.conrelid
       WHERE c.connamespace = 'public'::regnamespace AND c.contype IN ('c', 'u') AND NOT t.relispartition
       UNION SELECT x.relname FROM pg_index AS i
       JOIN pg_class AS x ON x.oid = i.indexrelid JOIN pg_class AS t ON t.oid = i.indrelid
       WHERE i.indisunique AND NOT i.indisprimary AND NOT t.relispartition
         AND x.relnamespace = 'public'::regnamespace`,
    );
    const tested = new Set([...CHECKS, ...UNIQUE].map(([constraint]) => constraint));
    expect(rows.map((row) => row.name).filter((name) => !tested.has(name))).toEqual([]);
  });
});
