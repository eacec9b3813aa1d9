import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createDeliveryActivities, type DeliveryActivities } from '../activities/delivery';
import { createGuardedFetch, type GuardedFetch } from '../clients/guarded-fetch';
import type { Db } from '../db/knex';
import { type OpenedAttempt, openAttempt } from '../db/stores/delivery-store';
import { type DestinationId, type PostbackId, uuidFromId } from '../domain/ids';
import { insertDestination } from './builders/insert-postback';
import { openSettlementBench, type SettlementBench } from './settlement-bench';
import { type Sink, startSink } from './sink';

const PATH = '/pb?c={click_id}&e={event}&t={transaction_id}&p={payout}';

type Given = { url?: string; secret?: string; events?: readonly string[]; status?: 'active' | 'paused' };
type Run = {
  attempt?: number;
  elapsedMs?: number;
  client?: GuardedFetch;
  env?: MockActivityEnvironment;
  run?: number;
};
type Delivered = Awaited<ReturnType<DeliveryActivities['deliverPostback']>>;

/** First deposits that owe a destination their postbacks, and single attempts to deliver them to a loopback sink. */
export type DeliveryBench = {
  readonly bench: SettlementBench;
  readonly sink: Sink;
  /** Settles a first deposit that owes the destination, a new one unless named, its postbacks. */
  due(given?: Given): Promise<{ destinationId: DestinationId; postbackIds: PostbackId[] }>;
  dueOne(given?: Given): Promise<PostbackId>;
  /** Settles the first deposit of another player; gives what the workflow is given to deliver. */
  deposit(player: string): Promise<PostbackId[]>;
  /** One attempt, as the worker would run it. */
  deliver(postbackId: PostbackId, run?: Run): Promise<Delivered>;
  /** Parks it, as its workflow does after three days. */
  park(postbackId: PostbackId): Promise<void>;
  /** An attempt that is recorded, and of which nothing is heard. */
  opened(postbackId: PostbackId, nowMs?: number): Promise<OpenedAttempt>;
  row(postbackId: PostbackId): Promise<Record<string, unknown>>;
  attempts(postbackId: PostbackId): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
};

export async function openDeliveryBench(db: Db): Promise<DeliveryBench> {
  const bench = await openSettlementBench(db);
  const sink = await startSink();
  const http = createGuardedFetch({ allowedSink: sink.address, deadlineMs: 2_000 });
  const activities = (client: GuardedFetch = http) =>
    createDeliveryActivities({ db, clock: bench.clock, http: client, random01: () => 0.5 });
  const deposit = async (player: string) => {
    const clickId = await bench.click();
    await bench.registration({ player, key: `R-${player}`, click: clickId, atMin: 1 });
    const { id } = await bench.deposit({ player, key: player === 'P1' ? 'D1' : `D-${player}`, atMin: 2 });
    await bench.settleAll();
    return [...(await bench.settle(id)).postbackIds];
  };
  const due = async (given: Given = {}) => {
    const destinationId = await insertDestination(db, {
      ...bench.tenant,
      partnerId: bench.partnerId,
      url: given.secret === undefined ? `${sink.origin}${PATH}` : `${sink.origin}/hook`,
      ...given,
    });
    return { destinationId, postbackIds: await deposit('P1') };
  };
  return {
    bench,
    sink,
    due,
    deposit,
    dueOne: async (given) => {
      const [postbackId] = (await due(given)).postbackIds;
      if (postbackId === undefined) throw new Error('nothing is due');
      return postbackId;
    },
    deliver: (postbackId, run = {}) =>
      (run.env ?? activityOf(run)).run(activities(run.client).deliverPostback, { postbackId }),
    park: (postbackId) =>
      new MockActivityEnvironment().run(activities().parkPostback, {
        postbackId,
        reason: 'retries_exhausted',
      }),
    opened: async (postbackId, nowMs = Date.now()) => {
      const opening = await openAttempt(db, postbackId, nowMs);
      if (opening.kind !== 'opened') throw new Error(opening.kind);
      return opening.attempt;
    },
    row: (postbackId) => db('postbacks').where('postback_id', uuidFromId(postbackId)).first(),
    attempts: (postbackId) =>
      db('postback_attempts').where('postback_id', uuidFromId(postbackId)).orderBy('attempt_no'),
    close: async () => {
      await http.close();
      await sink.close();
    },
  };
}

function activityOf({ attempt = 1, elapsedMs = 0, run = 0 }: Run): MockActivityEnvironment {
  const scheduled = Date.now();
  return new MockActivityEnvironment({
    attempt,
    scheduledTimestampMs: scheduled,
    currentAttemptScheduledTimestampMs: scheduled + elapsedMs,
    workflowExecution: { workflowId: run === 0 ? 'click:wsp:clk' : `postback:wsp:pbk:${run}`, runId: 'run' },
  });
}

/** What an attempt failed with. */
export async function failureOf(attempt: Promise<unknown>): Promise<ApplicationFailure> {
  const failure = await attempt.then(
    (value) => value,
    (error: unknown) => error,
  );
  if (!(failure instanceof ApplicationFailure)) throw new Error(`no failure but ${String(failure)}`);
  return failure;
}
