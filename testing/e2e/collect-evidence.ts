import { Connection, Client as TemporalClient, type WorkflowExecutionInfo } from '@temporalio/client';
import { Client } from 'pg';
import type { InstanceInfo } from '../../embedded/instance-file';
import { inParallel } from '../../simulator/in-parallel';
import { until } from '../until';
import type { DatabaseSnapshot, Evidence, WorkflowRun } from './evidence';

type Collected = Pick<Evidence, 'workspaceId' | 'database' | 'workflows'>;

const DESCRIBE_AT_ONCE = 16;

/** Reads rows and workflows through connections of its own. */
export async function collectEvidence(info: InstanceInfo): Promise<Collected> {
  const database = await withPostgres(info.databaseUrl, readDatabase);
  return {
    workspaceId: info.workspaceId,
    database,
    workflows: await readWorkflows(info, database.clicks.length),
  };
}

export interface Unfinished {
  readonly events: number;
  readonly postbacks: number;
  readonly outbox: number;
  readonly quarantine: number;
}

/** How much is still on its way. */
export function countUnfinished(databaseUrl: string): Promise<Unfinished> {
  return withPostgres(databaseUrl, async (client) => {
    const { rows } = await client.query<Unfinished>(`
      SELECT (SELECT count(*)::int FROM events WHERE handled_at IS NULL) AS events,
             (SELECT count(*)::int FROM postbacks WHERE status = 'pending') AS postbacks,
             (SELECT count(*)::int FROM outbox) AS outbox,
             (SELECT count(*)::int FROM quarantine WHERE released_at IS NULL) AS quarantine`);
    const [row] = rows;
    if (row === undefined) throw new Error('a SELECT without FROM gave no row');
    return row;
  });
}

/** True once an event that was received after `sinceMs` has been handled, and a postback delivered. */
export function chainWorkedSince(databaseUrl: string, sinceMs: number): Promise<boolean> {
  return withPostgres(databaseUrl, async (client) => {
    const { rows } = await client.query<{ works: boolean }>(
      `SELECT EXISTS (SELECT 1 FROM events WHERE received_at > $1 AND handled_at IS NOT NULL)
          AND EXISTS (SELECT 1 FROM postbacks WHERE created_at > $1 AND status = 'delivered') AS works`,
      [new Date(sinceMs)],
    );
    return rows[0]?.works === true;
  });
}

async function withPostgres<Result>(
  databaseUrl: string,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const client = new Client({ connectionString: databaseUrl, connectionTimeoutMillis: 2_000 });
  // A server that is killed between two statements says so outside of any of them.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function readDatabase(client: Client): Promise<DatabaseSnapshot> {
  const read = async <Row extends object>(sql: string): Promise<Row[]> => (await client.query<Row>(sql)).rows;
  return {
    clicks: await read(`SELECT click_id::text AS "clickId", subs->>'sub1' AS visitor FROM clicks`),
    inbox: await read(`
      SELECT i.event_id::text AS "eventId", e.sender_event_id AS "senderEventId",
             e.handled_at IS NOT NULL AS "isHandled"
      FROM inbox AS i LEFT JOIN events AS e ON e.event_id = i.event_id`),
    lines: await read(`
      SELECT l.line_id::text AS "lineId", p.external_id AS player, l.partner_id::text AS "partnerId",
             l.amount_minor::text AS "amountMinor", l.currency
      FROM commission_lines AS l JOIN players AS p ON p.player_id = l.player_id`),
    entries: await read(`
      SELECT e.journal_id::text AS "journalId", j.line_id::text AS "lineId", e.account,
             e.amount_minor::text AS "amountMinor", e.currency
      FROM ledger_entries AS e JOIN ledger_journals AS j ON j.journal_id = e.journal_id`),
    postbacks: await read('SELECT key, status FROM postbacks'),
    outbox: await read('SELECT kind, ref_id::text AS "refId" FROM outbox'),
    quarantine: await read(
      'SELECT event_id::text AS "eventId", reason FROM quarantine WHERE released_at IS NULL',
    ),
  };
}

/** Temporal's list follows its histories at a small distance, so it is read until it shows enough journeys. */
async function readWorkflows(info: InstanceInfo, journeys: number): Promise<WorkflowRun[]> {
  const connection = await Connection.connect({ address: info.temporalAddress });
  try {
    const client = new TemporalClient({ connection, namespace: info.temporalNamespace });
    const listed = await until('Temporal to list every journey', async () => {
      const runs: WorkflowExecutionInfo[] = [];
      for await (const run of client.workflow.list()) runs.push(run);
      // A run that closes while the pages are read moves to another page, and may be met twice.
      const met = [...new Map(runs.map((run) => [run.runId, run])).values()];
      return met.filter(({ type }) => type === 'clickJourney').length >= journeys ? met : null;
    });
    const runs: WorkflowRun[] = [];
    await inParallel(listed, DESCRIBE_AT_ONCE, async ({ workflowId, runId, type, status }) => {
      const trouble = status.name === 'RUNNING' ? await troubleOf(client, workflowId, runId) : null;
      runs.push({ workflowId, runId, type, status: status.name, trouble });
    });
    return runs;
  } finally {
    await connection.close();
  }
}

async function troubleOf(client: TemporalClient, workflowId: string, runId: string): Promise<string | null> {
  const { raw } = await client.workflow.getHandle(workflowId, runId).describe();
  const attempt = raw.pendingWorkflowTask?.attempt ?? 0;
  if (attempt > 1) return `its workflow task is at attempt ${attempt}`;
  const [activity] = raw.pendingActivities ?? [];
  if (activity === undefined) return null;
  return `${activity.activityType?.name} is at attempt ${activity.attempt}: ${activity.lastFailure?.message ?? 'running'}`;
}
