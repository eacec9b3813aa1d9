import type { ExplainedBinding, ExplainedContest } from '../db/read-models/explain-binding';
import type { ExplainedLine } from '../db/read-models/explain-commission';
import type { ConversionExplanation } from '../db/read-models/explain-conversion';
import type { ExplainedDelivery } from '../db/read-models/explain-deliveries';
import type { ExplainedFact, RuledVerdict } from '../db/read-models/explain-facts';
import type { ExplainedJournal } from '../db/read-models/explain-ledger';
import type { ExplainedTouch } from '../db/read-models/explain-touches';
import type { Amount } from '../db/read-models/row-values';
import { explainReason } from '../domain/commission/explain-reason';
import type { Trust } from '../domain/facts';

/**
 * An explanation for people who pay and are paid: what happened, who says so, what was decided by which rule, and
 * what became of the money. A section without anything in it says so, or is left out when nobody would miss it.
 */
export function explanationText(explanation: ConversionExplanation): string {
  const { conversion, cut } = explanation;
  const sections: readonly (readonly [title: string, lines: readonly string[], ifEmpty?: string])[] = [
    ['What it rests on', explanation.facts.flatMap(factLines), 'Nothing that may be told.'],
    ['Rulings', explanation.rulings.map(rulingLine)],
    ['Binding', explanation.binding === null ? [] : bindingLines(explanation.binding), 'No player is bound.'],
    ['Deals in force at the binding', explanation.deals.map(dealLine)],
    [`Credit (${conversion.attribution.model})`, creditLines(explanation), 'Nobody is credited.'],
    ['Contests', (explanation.binding?.contests ?? []).map(contestLine)],
    ['Commission', explanation.commission.flatMap(commissionLines), 'It earns nobody a commission.'],
    ['Exchange rates', explanation.rates.map(rateLine)],
    ['Ledger', explanation.ledger.flatMap(journalLines), 'Nothing was booked.'],
    ['Deliveries', explanation.deliveries.flatMap(deliveryLines), 'Nobody was told.'],
    ['Audit', explanation.audit.map(auditLine)],
  ];
  const shown = sections.flatMap(([title, lines, ifEmpty]) => {
    const body = lines.length === 0 && ifEmpty !== undefined ? [ifEmpty] : lines;
    return body.length === 0 ? [] : [[title, ...body.map((line) => `  ${asLine(line)}`)].join('\n')];
  });
  const more = cut.length === 0 ? [] : [`Only the beginning is told of: ${cut.join(', ')}.`];
  return `${[headLines(explanation).map(asLine).join('\n'), ...shown, ...more].join('\n\n')}\n`;
}

function headLines({ conversion }: ConversionExplanation): string[] {
  const title = conversion.firstDeposit ? 'first deposit' : conversion.event;
  const why = conversion.reason === null ? '' : `: ${explainReason(conversion.reason)}`;
  const player = conversion.player === null ? 'nobody known' : `player ${conversion.player}`;
  return [
    `Conversion ${conversion.conversionId}, revision ${conversion.revision}`,
    `What: ${title} of ${player} at ${conversion.brand}, transaction ${conversion.transactionId}`,
    `Status: ${conversion.status}${why}`,
    `Value: ${conversion.value === null ? 'none' : amountText(conversion.value)}`,
    `Occurred: ${conversion.occurredAt}`,
    `Trust: ${TRUST_TEXTS[conversion.trust]}`,
  ];
}

const TRUST_TEXTS: Readonly<Record<Trust, string>> = {
  signed: 'signed, reported under the signature of its source',
  keyed: 'keyed, reported with a key',
  public: 'public, anybody may have made it up; it earns nothing and counts in no report',
};

const ROLES: Readonly<Record<ExplainedFact['role'], string>> = {
  standing: 'the event itself',
  same_transaction: 'another report of the same transaction',
  binding: 'the event that bound the player',
  chargeback: 'takes money back',
  self_exclusion: 'the player excluded himself',
};

function factLines(fact: ExplainedFact): string[] {
  const status = fact.status === null ? '' : ` ${fact.status}`;
  const value = fact.value === null ? '' : ` of ${amountText(fact.value)}`;
  const of = fact.refersTo === null ? '' : ` of ${fact.refersTo}`;
  const end = fact.role === 'self_exclusion' ? ` until ${fact.until ?? 'further notice'}` : '';
  const time = fact.occurredAtSource === 'sender' ? 'by the sender’s clock' : 'counted as of its receipt';
  const click = fact.clickId === null ? 'names no click' : `names click ${fact.clickId}`;
  return [
    `${fact.occurredAt} ${fact.event}${status}${value}${of}${end} (${ROLES[fact.role]})`,
    `  ${fact.eventId}, the sender’s ${fact.senderEventId}, transaction ${fact.transactionId}; ${click}`,
    `  from source ${fact.source.name} (${fact.trust}), ${time}, received ${fact.receivedAt}`,
    `  verdict: ${verdictText(fact.verdict)}`,
    ...(fact.clickVerdict === null ? [] : [`  its click’s verdict: ${verdictText(fact.clickVerdict)}`]),
  ];
}

function verdictText({ outcome, score, reasons, rulesVersion }: RuledVerdict): string {
  const why = reasons.map(({ code, detail, mode }) => {
    const weight = mode === 'suspicious' ? ', decides nothing' : '';
    return `${code} (${detail}${weight})`;
  });
  return [`${outcome}, score ${score}, rule set ${rulesVersion}`, ...why].join('; ');
}

function rulingLine({ ruledAt, actor, decision, revision, reason, settledAt }: Ruling): string {
  const open = settledAt === null ? '; not settled yet' : '';
  return `${ruledAt} ${actor} decided "${decision}" on revision ${revision}: ${reason}${open}`;
}
type Ruling = ConversionExplanation['rulings'][number];

function bindingLines(binding: ExplainedBinding): string[] {
  const { event, senderEventId, boundAt, reason, clickId, partnerId } = binding;
  const to = clickId === null ? 'to no click' : `to click ${clickId} of ${partnerId ?? 'no partner'}`;
  return [
    `${boundAt} bound ${to} by the ${event} ${senderEventId} (${reason})`,
    ...(binding.provisional ? ['provisional: a registration that arrives later decides anew'] : []),
  ];
}

function dealLine({ partnerId, version, terms }: ConversionExplanation['deals'][number]): string {
  return `${partnerId}, version ${version}: ${terms}`;
}

function creditLines({ touches }: ConversionExplanation): string[] {
  return touches.map((touch) => {
    const who = `${touch.at ?? 'at an unknown time'} ${touch.touchKind} ${touch.touchId} of ${touch.partnerId ?? 'no partner'}`;
    return `${who}: ${touch.losingReason === null ? shareText(touch) : `not credited, ${touch.losingReason}`}`;
  });
}

function shareText({ weight, amount }: ExplainedTouch): string {
  const share = `${percentOf(weight ?? 0)} % of the credit`;
  return amount === null ? share : `${share}, ${amountText(amount)} of the value`;
}

/** Weights are parts per million; no digit is made up by division. */
function percentOf(weight: number): string {
  return String(Math.round(weight * 1_000_000) / 10_000);
}

function contestLine(contest: ExplainedContest): string {
  const { challengerClickId, challengerPartnerId, protectedClickId, protectedPartnerId } = contest;
  const verdict = contest.refused ? 'refused the credit' : 'recorded, and not refused';
  return (
    `click ${challengerClickId} of ${challengerPartnerId} came ${contest.gapMs / 1_000} s before the binding event, ` +
    `after click ${protectedClickId} of ${protectedPartnerId}: ${verdict} (${contest.reason})`
  );
}

function commissionLines(line: ExplainedLine): string[] {
  const held = line.stage === 'qualified' ? 'on hold' : 'approved';
  const hold = line.holdUntil === null ? 'the deal holds nothing' : `held until ${line.holdUntil}`;
  return [
    `${line.partnerId}, ${line.kind}: ${line.explanation ?? `${amountText(line.amount)}: ${explainReason(line.reason)}.`}`,
    `  deal version ${line.deal.version}: ${line.deal.terms}`,
    ...qualificationLines(line),
    ...(line.slot === null ? [] : [`  ${slotText(line.slot)}`]),
    `  ${held}; ${hold}`,
    ...line.payments.map(
      ({ amount, paidAt, payoutId, reference }) =>
        `  paid ${amountText(amount)} on ${paidAt} by ${payoutId}, reference ${reference}`,
    ),
  ];
}

function qualificationLines({ qualification }: ExplainedLine): string[] {
  if (qualification === null) return [];
  const { minDeposit, until, outcome } = qualification;
  const needed = [
    minDeposit === null ? null : `at least ${amountText(minDeposit)}`,
    until === null ? null : `by ${until}`,
  ].filter((condition) => condition !== null);
  const what = needed.length === 0 ? 'any first deposit' : `a first deposit of ${needed.join(', ')}`;
  return [`  qualifies: ${what}; outcome: ${explainReason(outcome)}`];
}

function slotText({ granted, refusedBy, askedForAt, decidedAt }: NonNullable<ExplainedLine['slot']>): string {
  const decision = granted ? 'a slot was granted' : `no slot: the cap by ${refusedBy} was full`;
  return `capped deal: ${decision} (asked for ${askedForAt}, decided ${decidedAt})`;
}

function rateLine({ from, to, rate, source, ratedAt }: ConversionExplanation['rates'][number]): string {
  return `1 ${from} = ${rate} ${to}, ${source}, ${ratedAt}`;
}

function journalLines({ at, reason, revision, cause, entries }: ExplainedJournal): string[] {
  return [
    `${at} ${reason}, revision ${revision} of the line, caused by the ${cause.event} ${cause.senderEventId}`,
    ...entries.map(({ account, amount, currency }) => `  ${account} ${amount} ${currency}`),
  ];
}

function deliveryLines(delivery: ExplainedDelivery): string[] {
  const { destination, status, attemptCount, deliveredAt, deadAt, deadReason } = delivery;
  const correction = delivery.withdrawal ? ' that withdraws the report' : '';
  const of = delivery.corrects === null ? '' : `${correction} of ${delivery.corrects}`;
  const end = deliveredAt ?? (deadAt === null ? null : `${deadAt}, ${deadReason}`);
  const tries = attemptCount === 1 ? '1 attempt' : `${attemptCount} attempts`;
  return [
    `${delivery.createdAt} ${delivery.event}${of} to ${destination.name}: ${status}${end === null ? '' : ` ${end}`}, ${tries}`,
    ...delivery.attempts.map(({ at, outcome, status: http, reason }) =>
      [
        '  ',
        at,
        ' ',
        outcome ?? 'under way',
        http === null ? '' : ` HTTP ${http}`,
        reason === null ? '' : ` ${reason}`,
      ].join(''),
    ),
  ];
}

function auditLine({ at, actor, action, cause }: ConversionExplanation['audit'][number]): string {
  return `${at} ${action} by ${actor}, because of ${cause}`;
}

function amountText({ amount, currency }: Amount): string {
  return `${amount} ${currency}`;
}

/** What senders and people typed must not look like a line of ours. */
function asLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
}
