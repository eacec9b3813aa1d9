import {
  Connection,
  Client as TemporalClient,
  type WorkflowExecutionInfo,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { Client } from 'pg';
import { until } from '../../testing/until';
import type { DatabaseSnapshot, Evidence, WorkflowRun } from './evidence';
import { publicId } from './public-id';

type Collected = Pick<Evidence, 'workspaceId' | 'database' | 'workflows' | 'readAtMs' | 'temporalWasLost'>;

/** Where the instance keeps what it knows. */
export interface Whereabouts {
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly temporalNamespace: string;
  readonly workspaceId: string;
}

const DESCRIBE_AT_ONCE = 16;
const LISTED_WITHIN_MS = 30_000;

/** Reads rows and workflows through connections of its own. */
export async function collectEvidence(
  info: Whereabouts,
  temporalWasLost: boolean,
  listedWithinMs = LISTED_WITHIN_MS,
): Promise<Collected> {
  const database = await withPostgres(info.databaseUrl, readDatabase);
  return {
    workspaceId: info.workspaceId,
    database,
    workflows: await readWorkflows(info, journeysToFind(info, database, temporalWasLost), listedWithinMs),
    readAtMs: Date.now(),
    temporalWasLost,
  };
}

/** Journeys that Temporal must know: all that are not over, and those that only converted or only expired, unless its database was lost. */
function journeysToFind(
  { workspaceId }: Whereabouts,
  { clicks }: DatabaseSnapshot,
  temporalWasLost: boolean,
): string[] {
  return clicks
    .filter(({ isClosed, expiresAtMs }) => {
      const isExpired = expiresAtMs <= Date.now();
      return temporalWasLost ? !isClosed && !isExpired : !isClosed || !isExpired;
    })
    .map(({ clickId }) => `click:${workspaceId}:${publicId('clk', clickId)}`);
}

export interface Unfinished {
  readonly events: number;
  readonly postbacks: number;
  readonly outbox: number;
  readonly quarantine: number;
  /** Dead letters that somebody may send again. */
  readonly parked: number;
  /** Journeys that run although their window is over. */
  readonly overdue: number;
}

/** How much is still on its way. */
export async function countUnfinished(info: Whereabouts): Promise<Unfinished> {
  const { open, ...counts } = await withPostgres(info.databaseUrl, async (client) => {
    const { rows } = await client.query<Omit<Unfinished, 'overdue'> & { open: number }>(`
      SELECT (SELECT count(*)::int FROM events WHERE handled_at IS NULL) AS events,
             (SELECT count(*)::int FROM postbacks WHERE status = 'pending') AS postbacks,
             (SELECT count(*)::int FROM outbox) AS outbox,
             (SELECT count(*)::int FROM quarantine WHERE released_at IS NULL) AS quarantine,
             (SELECT count(*)::int FROM postbacks AS p JOIN destinations AS d USING (destination_id)
               WHERE p.status = 'dead' AND d.status <> 'disabled'
                 AND NOT EXISTS (SELECT FROM players AS y
                   WHERE y.player_id = p.player_id AND y.excluded_during @> now())) AS parked,
             (SELECT count(*)::int FROM clicks WHERE expires_at > now()) AS open`);
    const [row] = rows;
    if (row === undefined) throw new Error('a SELECT without FROM gave no row');
    return row;
  });
  const running = await withTemporal(info, ({ workflow }) => workflow.count(RUNNING_JOURNEYS));
  return { ...counts, overdue: Math.max(0, running.count - open) };
}

const RUNNING_JOURNEYS = `WorkflowType = 'clickJourney' AND ExecutionStatus = 'Running'`;

/** How many accepted events are not settled yet. */
export async function countUnsettled(databaseUrl: string): Promise<number> {
  return withPostgres(databaseUrl, async (client) => {
    const { rows } = await client.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM events WHERE handled_at IS NULL',
    );
    return rows[0]?.count ?? 0;
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

export async function withPostgres<Result>(
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
    clicks: await read(`
      SELECT click_id::text AS "clickId", subs->>'sub1' AS visitor, closed_at IS NOT NULL AS "isClosed",
             (extract(epoch FROM expires_at) * 1000)::float8 AS "expiresAtMs"
      FROM clicks`),
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
    postbacks: await read(`
      SELECT p.key, p.status, p.dead_reason AS "deadReason", y.external_id AS player, count(a)::int AS attempts,
             coalesce(bool_and(a.finished_at IS NOT NULL AND (a.outcome = 'delivered' OR a.reason <> ''))
               FILTER (WHERE a.postback_id IS NOT NULL), true) AS "isEveryAttemptExplained"
      FROM postbacks AS p LEFT JOIN players AS y ON y.player_id = p.player_id
      LEFT JOIN postback_attempts AS a ON a.postback_id = p.postback_id
      GROUP BY p.postback_id, y.player_id`),
    outbox: await read('SELECT kind, ref_id::text AS "refId" FROM outbox'),
    quarantine: await read(
      'SELECT event_id::text AS "eventId", reason FROM quarantine WHERE released_at IS NULL',
    ),
    journals: await read(`
      SELECT journal_id::text AS "journalId",
             (caused_by_event_id IS NOT NULL OR payout_id IS NOT NULL) AND reason <> '' AS "isExplained"
      FROM ledger_journals`),
    audit: await read('SELECT action, subject, actor, cause FROM audit'),
  };
}

/** Temporal's list follows its histories at a small distance, so it is read until it shows what there must be. */
async function readWorkflows(
  info: Whereabouts,
  expected: readonly string[],
  listedWithinMs: number,
): Promise<WorkflowRun[]> {
  return withTemporal(info, async (client) => {
    let listed: Listed[] = [];
    const isComplete = async (): Promise<boolean> => {
      const met: Listed[] = [];
      for await (const run of client.workflow.list()) met.push(run);
      // A run that closes while the pages are read moves to another page, and may be met twice.
      listed = [...new Map(met.map((run) => [run.runId, run])).values()];
      const known = new Set(listed.map(({ workflowId }) => workflowId));
      return expected.every((workflowId) => known.has(workflowId));
    };
    // What is missing in the end is for the auditor to say.
    await until('Temporal to list every journey', isComplete, listedWithinMs).catch(() => undefined);
    listed.push(...(await unlisted(client, expected, listed)));
    const runs: WorkflowRun[] = [];
    while (listed.length > 0) {
      const described = listed
        .splice(0, DESCRIBE_AT_ONCE)
        .map(async ({ workflowId, runId, type, status }) => {
          const trouble = status.name === 'RUNNING' ? await troubleOf(client, workflowId, runId) : null;
          return { workflowId, runId, type, status: status.name, trouble };
        });
      runs.push(...(await Promise.all(described)));
    }
    return runs;
  });
}

type Listed = Pick<WorkflowExecutionInfo, 'workflowId' | 'runId' | 'type' | 'status'>;

/** Journeys that the list does not show. It is an index beside the histories, and a history alone says what there is. */
async function unlisted(
  client: TemporalClient,
  expected: readonly string[],
  listed: readonly Listed[],
): Promise<Listed[]> {
  const known = new Set(listed.map(({ workflowId }) => workflowId));
  const found: Listed[] = [];
  for (const workflowId of expected.filter((id) => !known.has(id))) {
    try {
      found.push(await client.workflow.getHandle(workflowId).describe());
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
  }
  return found;
}

async function withTemporal<Result>(
  info: Whereabouts,
  work: (client: TemporalClient) => Promise<Result>,
): Promise<Result> {
  const connection = await Connection.connect({ address: info.temporalAddress });
  try {
    return await work(new TemporalClient({ connection, namespace: info.temporalNamespace }));
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
