import type { Knex } from 'knex';
import { buildIndex, type NewIndex } from './build-index';
import type { TellStep } from './migration';

/** The code lives without them: lists and reports cost more until they are there. */
export const config = { background: true } as const;

const INDEXES: readonly NewIndex[] = [
  // By the time and not by the id, which says the same in twice the bytes: the log of a click has a bound.
  {
    name: 'clicks_workspace_idx',
    table: 'clicks',
    on: '(workspace_id, clicked_at)',
    serves: 'GET /v1/clicks, and the clicks that a report of one workspace follows',
  },
  {
    name: 'impressions_workspace_idx',
    table: 'impressions',
    on: '(workspace_id, shown_at)',
    serves: 'The overview: impressions of one workspace that are not counted yet',
  },
  {
    name: 'ledger_entries_workspace_idx',
    table: 'ledger_entries',
    on: '(workspace_id, entry_id)',
    serves: 'GET /v1/ledger/entries: those of a workspace, page by page',
  },
  {
    name: 'audit_workspace_idx',
    table: 'audit',
    on: '(workspace_id, audit_id)',
    serves: 'GET /v1/audit: the changes of a workspace, page by page',
  },
  {
    name: 'quarantine_workspace_idx',
    table: 'quarantine',
    on: '(workspace_id, event_id)',
    serves: 'GET /v1/quarantine: what waited in a workspace, too, page by page',
  },
  {
    name: 'unmapped_reports_workspace_idx',
    table: 'unmapped_reports',
    on: '(workspace_id, report_id)',
    serves: 'GET /v1/quarantine: reports of a workspace that are explained by now, too, page by page',
  },
  {
    name: 'events_chargeback_idx',
    table: 'events',
    on: `(player_id) WHERE kind = 'chargeback'`,
    serves: 'Reports: what was taken back of a deposit, however many events its player has',
  },
  {
    name: 'events_deposit_idx',
    table: 'events',
    on: `(player_id, sender_event_id) WHERE kind = 'deposit'`,
    serves: 'Reports: the deposit that a chargeback names',
  },
  {
    name: 'conversions_origin_idx',
    table: 'conversions',
    on: `(player_id) WHERE is_first_deposit OR kind = 'registration'`,
    serves: 'Reports: whose credit the NGR of a player follows',
  },
];

export async function up(db: Knex, tell: TellStep): Promise<void> {
  for (const index of INDEXES) await buildIndex(db, index, tell);
}
