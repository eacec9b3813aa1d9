import type { DatabaseSnapshot, Evidence } from './evidence';
import { type Finding, finding } from './finding';
import { publicId } from './public-id';

const HEALTHY = new Set(['RUNNING', 'COMPLETED', 'CONTINUED_AS_NEW']);
/** A window's end reaches its journey through Temporal's timer, which a busy machine answers late. */
const CLOSES_WITHIN_MS = 60_000;

/** Nothing is stuck: what can be done is done, and what cannot is parked, each for a reason that the round gave. */
export function auditRest(evidence: Evidence): Finding[] {
  const { database, workflows } = evidence;
  return [
    ...database.outbox.map(({ kind, refId }) => finding('I8', `the outbox still holds ${kind} ${refId}`)),
    ...database.quarantine.map(({ eventId, reason }) =>
      finding('I8', `${eventId} waits in quarantine: ${reason}`),
    ),
    ...auditParked(evidence),
    ...workflows
      .filter(({ trouble }) => trouble !== null)
      .map(({ workflowId, trouble }) => finding('I8', `${workflowId} is stuck: ${trouble}`)),
    ...workflows
      .filter(({ status }) => !HEALTHY.has(status))
      .map(({ workflowId, status }) => finding('I8', `${workflowId} ended as ${status}`)),
    ...auditExpired(evidence),
  ];
}

function auditParked({ database, client }: Evidence): Finding[] {
  const excluded = new Set(
    client.events.filter(({ kind }) => kind === 'self_exclusion').map(({ playerId }) => playerId),
  );
  const givenUp = client.changes.flatMap((change) => {
    return change.what === 'destination_given_up' ? [change.destinationId] : [];
  });
  const isRightlyParked = ({ key, deadReason, player }: DatabaseSnapshot['postbacks'][number]): boolean =>
    // Whatever it was parked for before: nothing more goes out about a player who has excluded himself.
    (deadReason !== null && excluded.has(player)) ||
    (deadReason === 'destination_disabled' && givenUp.some((destinationId) => key.includes(destinationId)));
  return database.postbacks
    .filter((postback) => postback.status !== 'delivered')
    .filter((postback) => postback.status !== 'dead' || !isRightlyParked(postback))
    .map(({ key, status, deadReason }) => {
      return finding('I8', `postback ${key} is ${status}${deadReason === null ? '' : `: ${deadReason}`}`);
    });
}

/** A journey whose window is over has ended. */
function auditExpired({ database, workflows, workspaceId, readAtMs }: Evidence): Finding[] {
  const over = new Set(
    database.clicks
      .filter(({ expiresAtMs }) => expiresAtMs + CLOSES_WITHIN_MS < readAtMs)
      .map(({ clickId }) => `click:${workspaceId}:${publicId('clk', clickId)}`),
  );
  return workflows
    .filter(({ workflowId, status }) => status === 'RUNNING' && over.has(workflowId))
    .map(({ workflowId }) => finding('I8', `${workflowId} still runs after the end of its window`));
}

export function auditAnswers({ client }: Evidence): Finding[] {
  return [
    ...client.unexpected.map((answer) => finding('I9', `an answer outside the contract: ${answer}`)),
    ...client.refusals
      .filter(({ retryAfter }) => !/^\d+$/.test(retryAfter ?? ''))
      .map(({ what }) =>
        finding('I9', `a 503 to a${what === 'event' ? 'n event' : ' click'} named no Retry-After`),
      ),
  ];
}

/** Where something else is broken, or not any more, clicks and events are taken. */
export function auditServing({ client }: Evidence): Finding[] {
  return client.spans.flatMap(({ fault, expects, fromMs, toMs }) =>
    KINDS.flatMap((kind) => {
      const isWithin = (atMs: number): boolean => atMs >= fromMs && atMs <= toMs;
      const served = client.served.filter(({ what, atMs }) => what === kind && isWithin(atMs)).length;
      const refused = client.refusals.filter(
        ({ what, sentAtMs, tookMs }) => what === kind && isWithin(sentAtMs + tookMs),
      ).length;
      const shown = `${served} ${kind}s were taken and ${refused} refused in ${toMs - fromMs} ms`;
      const [isKept, when] = expects === 'comes_back' ? [served > 0, 'after'] : [served > refused, 'during'];
      return isKept ? [] : [finding('I9', `${when} ${fault} ${shown}`)];
    }),
  );
}

const KINDS = ['click', 'event'] as const;

export function auditGauges({ gauges }: Evidence): Finding[] {
  return gauges
    .filter(({ highest, cap }) => highest > cap)
    .map(({ name, highest, cap }) => finding('I9', `${name} reached ${highest}, at most ${cap} is allowed`));
}

/** Everything that changed says who or what changed it, and why. */
export function auditTrail({ database, client }: Evidence): Finding[] {
  const subjects = new Set(database.audit.map(({ subject }) => subject));
  return [
    ...database.audit
      .filter(({ actor, cause }) => actor.trim() === '' || cause.trim() === '')
      .map(({ action, subject }) => finding('I10', `${action} of ${subject} names no actor or no cause`)),
    ...client.changes
      .flatMap((change) => {
        if (change.what === 'destination_given_up') return [change.destinationId];
        return change.what === 'other' ? [change.subject] : [];
      })
      .filter((subject) => !subjects.has(subject))
      .map((subject) => finding('I10', `${subject} was changed, and the audit trail says nothing`)),
    ...database.journals
      .filter(({ isExplained }) => !isExplained)
      .map(({ journalId }) => finding('I10', `journal ${journalId} names no event or no reason`)),
    ...database.postbacks
      .filter(({ isEveryAttemptExplained }) => !isEveryAttemptExplained)
      .map(({ key }) => finding('I10', `an attempt of ${key} has no end or no reason`)),
  ];
}
