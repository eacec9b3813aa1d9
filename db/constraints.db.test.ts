import { randomUUID } from 'node:crypto';
import { uuidFromId } from '../domain/ids';
import { insertApiKey } from '../testing/builders/insert-api-key';
import { insertChain } from '../testing/builders/insert-chain';
import { insertQuarantine } from '../testing/builders/insert-event';
import { insertWorkspace } from '../testing/builders/insert-workspace';
import { createTestDb, type TestDb } from '../testing/test-db';
import type { Db } from './knex';
import { enqueue } from './stores/outbox-store';

type Guard = readonly [
  constraint: string,
  table: string,
  /** What is written into a copy of a sound row. */
  changes: Readonly<Record<string, unknown>>,
  where?: string,
];

const other = randomUUID();
const now = '2026-11-21T00:00:00Z';
const registration = `kind = 'registration'`;
const deposit = `kind = 'deposit'`;

const CHECKS: readonly Guard[] = [
  ['api_keys_scopes_check', 'api_keys', { scopes: [] }],
  ['api_keys_scopes_check', 'api_keys', { scopes: ['read', 'root'] }],
  ['attribution_credits_touch_kind_check', 'attribution_credits', { touch_kind: 'view' }],
  ['attribution_credits_weight_check', 'attribution_credits', { weight_ppm: 0 }],
  ['attribution_credits_weight_check', 'attribution_credits', { weight_ppm: 1_000_001 }],
  ['campaign_versions_countries_check', 'campaign_versions', { country_mode: 'allow' }],
  ['campaign_versions_countries_check', 'campaign_versions', { country_mode: 'deny', countries: [] }],
  ['campaign_versions_country_mode_check', 'campaign_versions', { country_mode: 'like', countries: ['DE'] }],
  ['campaign_versions_model_check', 'campaign_versions', { attribution_model: 'guess' }],
  ['campaign_versions_on_outage_check', 'campaign_versions', { on_outage: 'crash' }],
  ['campaign_versions_status_check', 'campaign_versions', { status: 'gone' }],
  ['campaign_versions_window_check', 'campaign_versions', { click_window_days: 0 }],
  ['campaign_versions_window_check', 'campaign_versions', { click_window_days: 91 }],
  ['clicks_window_check', 'clicks', { expires_at: '2000-01-01T00:00:00Z' }],
  ['commission_lines_amount_check', 'commission_lines', { amount_minor: -1 }],
  ['commission_lines_kind_check', 'commission_lines', { kind: 'gift' }],
  ['conversions_first_deposit_check', 'conversions', { is_first_deposit: true }, registration],
  ['conversions_money_check', 'conversions', { currency: null }, deposit],
  ['conversions_money_check', 'conversions', { amount_minor: null }, deposit],
  ['conversions_reason_check', 'conversions', { status: 'rejected', reason: null }],
  ['conversions_status_check', 'conversions', { status: 'maybe', reason: 'x' }],
  ['customer_ltv_first_check', 'customer_ltv', { first_deposit_at: null }],
  ['customer_ltv_first_check', 'customer_ltv', { deposit_count: 0, last_deposit_at: null }],
  ['customer_ltv_last_check', 'customer_ltv', { last_deposit_at: null }],
  ['customer_ltv_total_check', 'customer_ltv', { deposit_total_minor: -1 }],
  ['customer_ltv_total_check', 'customer_ltv', { chargeback_total_minor: -1 }],
  ['customer_ltv_withdrawal_check', 'customer_ltv', { withdrawal_count: 1 }],
  ['customer_ltv_withdrawal_check', 'customer_ltv', { withdrawal_total_minor: 5 }],
  ['deals_cpa_check', 'deals', { cpa_minor: 0 }],
  ['deals_kind_check', 'deals', { kind: 'revshare' }],
  ['deals_min_deposit_check', 'deals', { min_deposit_minor: 100 }],
  ['deals_min_deposit_check', 'deals', { min_deposit_currency: 'EUR' }],
  ['deals_min_deposit_check', 'deals', { min_deposit_minor: 0, min_deposit_currency: 'EUR' }],
  ['destinations_disabled_check', 'destinations', { status: 'disabled' }],
  ['destinations_disabled_check', 'destinations', { disabled_at: now, disabled_reason: 'gone' }],
  ['destinations_disabled_check', 'destinations', { status: 'disabled', disabled_at: now }],
  ['destinations_events_check', 'destinations', { events: [] }],
  ['destinations_kind_check', 'destinations', { kind: 'pigeon' }],
  ['destinations_method_check', 'destinations', { method: 'PUT' }],
  ['destinations_secret_check', 'destinations', { kind: 'webhook' }],
  ['destinations_secret_check', 'destinations', { secret: 'whsec_x' }],
  ['destinations_status_check', 'destinations', { status: 'asleep' }],
  ['events_click_check', 'events', { click_id: other, click_ref: null }],
  ['events_excluded_until_check', 'events', { excluded_until: '2100-01-01T00:00:00Z' }, registration],
  ['events_kind_check', 'events', { kind: 'gift' }, registration],
  ['events_money_check', 'events', { amount_minor: null, currency: null }, deposit],
  ['events_money_check', 'events', { amount_minor: 0 }, deposit],
  ['events_money_check', 'events', { currency: null }, deposit],
  ['events_money_check', 'events', { amount_minor: 5 }, registration],
  ['events_money_check', 'events', { amount_minor: -5, currency: 'EUR' }, registration],
  ['events_occurred_at_source_check', 'events', { occurred_at_source: 'stars' }],
  ['events_player_check', 'events', { player_id: null }, deposit],
  ['events_public_names_no_player_check', 'events', { trust: 'public' }, registration],
  ['events_public_names_no_player_check', 'events', { trust: 'public' }, deposit],
  ['events_period_check', 'events', { period_from: now }, registration],
  ['events_period_check', 'events', { kind: 'ngr', status: null }, deposit],
  ['events_refers_to_check', 'events', { refers_to: 'D1' }, deposit],
  ['events_refers_to_check', 'events', { kind: 'chargeback', status: null }, deposit],
  ['events_status_check', 'events', { status: 'confirmed' }, registration],
  ['events_status_check', 'events', { status: null }, deposit],
  ['events_status_check', 'events', { status: 'settled' }, deposit],
  ['events_trust_check', 'events', { trust: 'blind' }, registration],
  ['fraud_rule_sets_rules_check', 'fraud_rule_sets', { rules: [] }],
  ['fraud_rule_sets_version_check', 'fraud_rule_sets', { version: 1 }],
  ['impressions_viewable_check', 'impressions', { viewable_at: '2000-01-01T00:00:00Z' }],
  ['ledger_entries_amount_check', 'ledger_entries', { amount_minor: 0 }],
  ['outbox_kind_check', 'outbox', { lane: 2 }],
  ['outbox_kind_check', 'outbox', { kind: 'mail' }],
  ['player_bindings_deal_check', 'player_bindings', { partner_id: null }],
  ['player_bindings_partner_check', 'player_bindings', { click_id: null }],
  ['postback_attempts_outcome_check', 'postback_attempts', { finished_at: null }],
  ['postback_attempts_outcome_check', 'postback_attempts', { outcome: null }],
  ['postback_attempts_outcome_check', 'postback_attempts', { outcome: 'lost' }],
  ['postbacks_correction_check', 'postbacks', { event_kind: 'correction' }],
  ['postbacks_correction_check', 'postbacks', { corrects: 'key' }],
  ['postbacks_correction_check', 'postbacks', { is_withdrawal: true }],
  ['postbacks_dead_check', 'postbacks', { status: 'dead', delivered_at: null }],
  ['postbacks_dead_check', 'postbacks', { status: 'dead', delivered_at: null, dead_at: now }],
  ['postbacks_dead_check', 'postbacks', { dead_at: now, dead_reason: 'gone' }],
  ['postbacks_delivered_check', 'postbacks', { delivered_at: null }],
  ['postbacks_delivered_check', 'postbacks', { status: 'pending' }],
  ['postbacks_status_check', 'postbacks', { status: 'lost', delivered_at: null }],
  ['postbacks_test_check', 'postbacks', { is_test: true }],
  ['postbacks_test_check', 'postbacks', { conversion_id: null }],
  ['quarantine_match_check', 'quarantine', { matched_click_id: other }],
  ['quarantine_reason_check', 'quarantine', { reason: 'mood' }],
  ['quarantine_released_check', 'quarantine', { released_at: now }],
  ['quarantine_released_check', 'quarantine', { released_by: 'sweep' }],
  ['sources_kind_check', 'sources', { kind: 'fax', secret: 'whsec_x' }],
  ['sources_secret_check', 'sources', { secret: 'whsec_x' }],
  ['sources_secret_check', 'sources', { kind: 'gaming' }],
  ['velocity_hits_minute_check', 'velocity_hits', { hit_at: '2026-11-21T00:01:00Z' }],
  ['velocity_hits_minute_check', 'velocity_hits', { hit_at: '2026-11-20T23:59:59Z' }],
  ['verdicts_outcome_check', 'verdicts', { outcome: 'shrug' }],
  ['verdicts_reasons_check', 'verdicts', { outcome: 'review', reasons: [] }],
  ['verdicts_score_check', 'verdicts', { score: 101 }],
  ['verdicts_subject_kind_check', 'verdicts', { subject_kind: 'visit' }],
];

/** What other rules leave nothing of: a deposit needs a player, and a public event names none. It says what is meant. */
const IMPLIED = ['events_public_never_pays_check'];

const UNIQUE: readonly Guard[] = [
  ['api_keys_key_hash_key', 'api_keys', { key_id: other }],
  ['brands_name_key', 'brands', { brand_id: other, is_default: false }],
  ['brands_one_default_idx', 'brands', { brand_id: other, name: 'second' }],
  ['campaigns_slug_key', 'campaigns', { campaign_id: other }],
  ['commission_lines_transaction_key', 'commission_lines', { line_id: other, amount_minor: 0 }],
  ['commission_lines_one_cpa_key', 'commission_lines', { line_id: other, conversion_id: '$registration' }],
  ['conversions_transaction_key', 'conversions', { conversion_id: other }, registration],
  ['conversions_first_deposit_key', 'conversions', { conversion_id: other, transaction_key: 'D2' }, deposit],
  ['deals_version_key', 'deals', { deal_id: other }],
  ['inbox_event_key_key', 'inbox', { event_id: other }],
  ['ledger_entries_account_key', 'ledger_entries', { entry_id: 999_999 }],
  ['ledger_journals_line_revision_key', 'ledger_journals', { journal_id: other }],
  ['outbox_ref_key', 'outbox', { outbox_id: 999_999 }],
  ['partners_code_key', 'partners', { partner_id: other }],
  ['players_external_id_key', 'players', { player_id: other }],
  ['postbacks_key_key', 'postbacks', { postback_id: other }],
  ['sources_one_builtin_idx', 'sources', { source_id: other }],
  ['workspaces_name_key', 'workspaces', { workspace_id: other }],
];

let testDb: TestDb;
let db: Db;
let registrationId: string;

beforeAll(async () => {
  testDb = await createTestDb();
  db = testDb.db;
  const tenant = await insertWorkspace(db);
  const chain = await insertChain(db, tenant, { clickedAtMs: Date.now() });
  await insertApiKey(db, tenant);
  await insertQuarantine(db, { ...tenant, eventId: chain.depositEventId });
  await enqueue(db, 'event', [{ ...tenant, refUuid: other }], Date.now());
  await insertBesideTheChain(uuidFromId(tenant.workspaceId));
  registrationId = (await db('conversions').where({ kind: 'registration' }).first()).conversion_id;
});
afterAll(() => testDb.drop());

/** A sound row in each table that the chain does not touch. */
async function insertBesideTheChain(workspaceId: string): Promise<void> {
  await db.raw(
    `INSERT INTO fraud_rule_sets (workspace_id, version, rules, created_by, created_at) VALUES (?, 2, '{}', 'test', ?)`,
    [workspaceId, now],
  );
  await db.raw(
    `INSERT INTO velocity_hits (workspace_id, counter_key, minute_at, hit_at, subject_id) VALUES (?, 'key', ?, ?, ?)`,
    [workspaceId, now, now, other],
  );
  await db.raw(
    `INSERT INTO impressions (impression_id, workspace_id, campaign_id, campaign_version, offer_id, visitor_id, shown_at, subs)
     SELECT ?, workspace_id, campaign_id, campaign_version, offer_id, visitor_id, clicked_at, '{}' FROM clicks LIMIT 1`,
    [other],
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
    const tested = new Set([...IMPLIED, ...[...CHECKS, ...UNIQUE].map(([constraint]) => constraint)]);
    expect(rows.map((row) => row.name).filter((name) => !tested.has(name))).toEqual([]);
  });
});
