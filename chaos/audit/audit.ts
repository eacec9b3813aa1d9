import { auditMoney } from './audit-money';
import { auditPostbacks } from './audit-postbacks';
import { auditAnswers, auditGauges, auditRest, auditServing, auditTrail } from './audit-rest';
import type { Evidence } from './evidence';
import { type Finding, finding } from './finding';
import { countBy, groupBy } from './grouping';
import { publicId } from './public-id';

/**
 * Holds what the senders were told against what is stored and what arrived. Shares no code with the product, so that
 * a mistake there is not made here, too. Expects that everything has come to rest.
 */
export function audit(evidence: Evidence): Finding[] {
  return [
    ...auditClicks(evidence),
    ...auditJourneys(evidence),
    ...auditEvents(evidence),
    ...auditMoney(evidence),
    ...auditPostbacks(evidence),
    ...auditRest(evidence),
    ...auditAnswers(evidence),
    ...auditServing(evidence),
    ...auditGauges(evidence),
    ...auditTrail(evidence),
  ];
}

function auditClicks({ client, database }: Evidence): Finding[] {
  const rows = countBy(database.clicks, ({ clickId }) => publicId('clk', clickId));
  const rowsOfVisitor = countBy(database.clicks, ({ visitor }) => visitor ?? 'nobody');
  const told = countBy(client.clicks, ({ clickId }) => clickId ?? 'none');
  return client.clicks.flatMap(({ visitor, clickId, tries }): Finding[] => {
    if (clickId === null) return [{ rule: 'I1', what: `${visitor} was never sent on` }];
    const stored = rows.get(clickId) ?? 0;
    const recorded = rowsOfVisitor.get(visitor) ?? 0;
    return [
      ...(stored === 1 ? [] : [finding('I1', `${clickId} was acknowledged and has ${stored} rows`)]),
      ...(told.get(clickId) === 1 ? [] : [finding('I1', `${clickId} was given to several visitors`)]),
      // A click that was recorded and not acknowledged is allowed; one that nobody made is not.
      ...(recorded <= tries
        ? []
        : [finding('I1', `${visitor} clicked ${tries} times and has ${recorded} rows`)]),
    ];
  });
}

function auditJourneys({ database, workflows, workspaceId, temporalWasLost, readAtMs }: Evidence): Finding[] {
  const journeys = groupBy(
    workflows.filter(({ type }) => type === 'clickJourney'),
    ({ workflowId }) => workflowId,
  );
  const deserved = new Map(
    database.clicks.map((click) => [`click:${workspaceId}:${publicId('clk', click.clickId)}`, click]),
  );
  return [
    ...[...deserved].flatMap(([workflowId, { isClosed, expiresAtMs }]): Finding[] => {
      const runs = journeys.get(workflowId) ?? [];
      if (runs.length === 1) return [];
      const [hasConverted, isExpired] = [isClosed, expiresAtMs < readAtMs];
      // What was over before Temporal was lost has left no history. And a click that converted by a late report after
      // its window, before its journey was begun, needs none any more.
      const needsNone = temporalWasLost ? hasConverted || isExpired : hasConverted && isExpired;
      if (needsNone && runs.length === 0) return [];
      const shown = runs.map(({ runId, status }) => `${runId} ${status}`).join(', ') || 'none';
      return [finding('I2', `${workflowId} must have one run: ${shown}`)];
    }),
    ...[...journeys.keys()]
      .filter((workflowId) => !deserved.has(workflowId))
      .map((workflowId) => finding('I2', `${workflowId} belongs to no click`)),
  ];
}

function auditEvents({ client, database }: Evidence): Finding[] {
  const rows = groupBy(database.inbox, ({ senderEventId }) => senderEventId ?? '(receipt without a fact)');
  const known = new Set(client.events.map(({ eventId }) => eventId));
  const strangers = [...rows.keys()].filter((eventId) => !known.has(eventId));
  return [
    ...strangers.map((eventId) => finding('I3', `${eventId} is recorded and was never sent`)),
    ...client.events.flatMap(({ eventId, answers }): Finding[] => {
      const receipts = rows.get(eventId) ?? [];
      const [receipt] = receipts;
      if (answers.length === 0) return [{ rule: 'I3', what: `${eventId} was never acknowledged` }];
      if (receipt === undefined || receipts.length > 1) {
        return [{ rule: 'I3', what: `${eventId} was acknowledged and has ${receipts.length} receipts` }];
      }
      const id = publicId('evt', receipt.eventId);
      const firsts = answers.filter(({ status }) => status !== 'duplicate');
      return [
        ...(receipt.isHandled === true ? [] : [finding('I3', `${eventId} is not handled`)]),
        ...(answers.every((answer) => answer.id === id)
          ? []
          : [finding('I3', `${eventId} was given other ids than ${id}`)]),
        ...(firsts.length <= 1 ? [] : [finding('I3', `${eventId} counted as new ${firsts.length} times`)]),
      ];
    }),
  ];
}
