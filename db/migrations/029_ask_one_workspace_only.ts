import type { Knex } from 'knex';

/** Built beside the traffic, for minutes on large tables; each step can be repeated. */
export const config = { transaction: false } as const;

type Index = { readonly name: string; readonly table: string; readonly on: string; readonly serves: string };

/** By the time and not by the id, which says the same in twice the bytes: the log of a click has a bound. */
const OF_PARTITIONS: readonly Index[] = [
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
];

const PLAIN: readonly Index[] = [
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

export async function up(db: Knex): Promise<void> {
  for (const index of OF_PARTITIONS) {
    // The index of the whole takes over those of its parts, and locks the table for no longer than that takes.
    for (const part of await partitionsOf(db, index.table)) {
      await createBesideTraffic(db, { ...index, table: part, name: `${part}_workspace_idx` });
    }
    await db.raw(`CREATE INDEX IF NOT EXISTS ${index.name} ON ${index.table} ${index.on}`);
    await tellWhatItServes(db, index);
  }
  for (const index of PLAIN) {
    await createBesideTraffic(db, index);
    await tellWhatItServes(db, index);
  }
}

/** What an interrupted attempt has left behind is no index, but keeps the name. */
async function createBesideTraffic(db: Knex, { name, table, on }: Index): Promise<void> {
  const { rows } = await db.raw<{ rows: object[] }>(
    'SELECT FROM pg_index WHERE indexrelid = to_regclass(?) AND NOT indisvalid',
    [name],
  );
  if (rows.length > 0) await db.raw('DROP INDEX CONCURRENTLY ??', [name]);
  await db.raw(`CREATE INDEX CONCURRENTLY IF NOT EXISTS ${name} ON ${table} ${on}`);
}

async function tellWhatItServes(db: Knex, { name, serves }: Index): Promise<void> {
  await db.raw(`COMMENT ON INDEX ${name} IS '${serves}'`);
}

async function partitionsOf(db: Knex, table: string): Promise<string[]> {
  const { rows } = await db.raw<{ rows: { name: string }[] }>(
    `SELECT c.relname AS name FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
     WHERE i.inhparent = CAST(? AS regclass) ORDER BY 1`,
    [table],
  );
  return rows.map(({ name }) => name);
}
