import { groupBy } from './group-by';
import type { PostbackRead } from './responses';
import type { SinkAttempt } from './sink';
import type { SentClick } from './traffic';

export type SinkFindings = {
  problems: string[];
  /** Postbacks whose first attempt was turned away as planned and whose later one was accepted. */
  retried: number;
  /** Postbacks that were accepted more than once: allowed after a crash, and harmless under the same key. */
  repeated: number;
};

/** Holds what really arrived at the loopback destinations against what the instance says of its postbacks. */
export function checkSink(
  attempts: readonly SinkAttempt[],
  clicks: readonly SentClick[],
  postbacks: readonly PostbackRead[],
  runId: string,
): SinkFindings {
  const byKey = groupBy(
    attempts.filter((attempt) => attempt.key !== null),
    (attempt) => `${attempt.destination} ${attempt.name} ${attempt.key}`,
  );
  const groups = [...byKey.values()];
  const retried = groups.filter((group) => group[0]?.status === 503 && group.some(accepted));
  return {
    problems: [
      ...judgeAttempts(attempts, runId),
      ...groups.flatMap(judgeSameness),
      ...judgeDelivered(attempts, postbacks),
      ...judgeRetries(retried, clicks),
    ],
    retried: retried.length,
    repeated: groups.filter((group) => group.filter(accepted).length > 1).length,
  };
}

function accepted(attempt: SinkAttempt): boolean {
  return attempt.status === 200;
}

function judgeAttempts(attempts: readonly SinkAttempt[], runId: string): string[] {
  return attempts.flatMap((attempt) => {
    const where = `postback of ${attempt.clickId ?? 'an unnamed click'} to ${attempt.destination} ${attempt.name}`;
    const { target, body } = attempt;
    return [
      ...(attempt.key === null ? [`${where} carried no Idempotency-Key`] : []),
      ...(attempt.signature === 'invalid' ? [`${where} was not signed with the destination's secret`] : []),
      ...(`${target}${body}`.includes(`${runId}-player-`) ? [`${where} shows the casino's player id`] : []),
    ];
  });
}

function judgeSameness(group: readonly SinkAttempt[]): string[] {
  const contents = new Set(
    group.map(({ method, target, messageId, body }) => [method, target, messageId, body].join('\n')),
  );
  if (contents.size === 1) return [];
  return [`postback ${group[0]?.key ?? ''} changed its content between attempts`];
}

function judgeDelivered(attempts: readonly SinkAttempt[], postbacks: readonly PostbackRead[]): string[] {
  const arrived = new Set(attempts.filter(accepted).map(({ key }) => key));
  return postbacks
    .filter(({ status, key }) => status === 'delivered' && !arrived.has(key))
    .map(
      ({ postbackId, key }) =>
        `postback ${postbackId} counts as delivered, but no destination accepted ${key}`,
    );
}

function judgeRetries(retried: readonly SinkAttempt[][], clicks: readonly SentClick[]): string[] {
  const done = new Set(retried.map((group) => group[0]?.clickId));
  return clicks
    .filter(
      ({ plan, clickId }) => plan.refusals.some((r) => r.treatment === 'fail_once') && !done.has(clickId),
    )
    .map(
      ({ clickId }) =>
        `click ${clickId}: a postback had to be turned away once and accepted later, but was not`,
    );
}
