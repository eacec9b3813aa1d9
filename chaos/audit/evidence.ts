import type { CampaignKey, ClientLog } from './client-log';

/** Everything that the auditor looks at: what was told to the senders, what is stored, and what arrived. */
export interface Evidence {
  readonly client: ClientLog;
  readonly partners: Readonly<Record<CampaignKey, { readonly partnerId: string }>>;
  readonly workspaceId: string;
  readonly database: DatabaseSnapshot;
  readonly workflows: WorkflowRun[];
  readonly sink: SinkEntry[];
  /** When all of this was read. */
  readonly readAtMs: number;
  /** Temporal's database was deleted in between: journeys that had closed before are in Postgres only. */
  readonly temporalWasLost: boolean;
  /** What was measured of the processes and the database while the traffic ran. */
  readonly gauges: Gauge[];
}

/** Rows as Postgres shows them: uuids and amounts as text. */
export interface DatabaseSnapshot {
  readonly clicks: { clickId: string; visitor: string | null; expiresAtMs: number; isClosed: boolean }[];
  /** Receipts, each with its fact; an orphaned receipt has null fields. */
  readonly inbox: { eventId: string; senderEventId: string | null; isHandled: boolean | null }[];
  readonly lines: {
    lineId: string;
    player: string;
    partnerId: string;
    amountMinor: string;
    currency: string;
  }[];
  readonly entries: {
    journalId: string;
    lineId: string;
    account: string;
    amountMinor: string;
    currency: string;
  }[];
  readonly postbacks: {
    key: string;
    status: string;
    deadReason: string | null;
    player: string | null;
    attempts: number;
    isEveryAttemptExplained: boolean;
  }[];
  readonly outbox: { kind: string; refId: string }[];
  /** Events that still wait for a click or player. */
  readonly quarantine: { eventId: string; reason: string }[];
  readonly journals: { journalId: string; isExplained: boolean }[];
  readonly audit: { action: string; subject: string; actor: string; cause: string }[];
}

export interface WorkflowRun {
  readonly workflowId: string;
  readonly runId: string;
  readonly type: string;
  /** As Temporal names it: RUNNING, COMPLETED, FAILED … */
  readonly status: string;
  /** What keeps an open run from going on: a failing workflow task, a pending activity. */
  readonly trouble: string | null;
}

/** One request that reached the destinations, and what they answered. */
export interface SinkEntry {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly key: string | null;
  /** Of a signed webhook. */
  readonly messageId: string | null;
  readonly body: string;
  /** The status that was sent; 0 when there was none. */
  readonly status: number;
}

/** The highest value that was seen of something that has to stay bounded. */
export interface Gauge {
  readonly name: string;
  readonly highest: number;
  readonly cap: number;
}
