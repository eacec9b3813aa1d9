import type { ClientLog } from './client-log';
import type { SetUp } from './set-up';
import type { SinkEntry } from './sink-log';

/** Everything that the auditor looks at: what was told to the senders, what is stored, and what arrived. */
export interface Evidence {
  readonly client: ClientLog;
  readonly partners: SetUp['campaigns'];
  readonly workspaceId: string;
  readonly database: DatabaseSnapshot;
  readonly workflows: WorkflowRun[];
  readonly sink: SinkEntry[];
}

/** Rows as Postgres shows them: uuids and amounts as text. */
export interface DatabaseSnapshot {
  readonly clicks: { clickId: string; visitor: string | null }[];
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
  readonly postbacks: { key: string; status: string }[];
  readonly outbox: { kind: string; refId: string }[];
  /** Events that still wait for a click or player. */
  readonly quarantine: { eventId: string; reason: string }[];
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
