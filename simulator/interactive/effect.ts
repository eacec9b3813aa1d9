import { type Books, conversionName, type Look, type TimelineEntry, type WatchedConversion } from '../look';
import { paragraph } from '../paragraph';
import type { Sink, SinkAttempt } from '../sink';

export type EffectOptions = {
  before: { look: Look | null; books: Books | null };
  after: { look: Look; books: Books };
  sink: Pick<Sink, 'attempts'>;
  partner: { partnerId: string; name: string; currency: string };
  /** How a destination is called in front of a person. */
  destinationName(destinationId: string): string;
};

/** What has changed between two moments, ready to print; what has not is summed up in the last line but one. */
export function effectLines(options: EffectOptions): string[] {
  const { before, after, partner } = options;
  const parts = [
    { label: 'stage', texts: stageTexts(before.look, after.look) },
    { label: 'timeline', texts: timelineTexts(before.look, after.look) },
    { label: 'conversions', texts: conversionTexts(options) },
    { label: 'ledger', texts: ledgerTexts(before.books, after.books, partner) },
    { label: 'postbacks', texts: postbackTexts(options) },
  ];
  const same = parts.filter(({ texts }) => texts.length === 0).map(({ label }) => label);
  const { temporalUrl, workflowId } = after.look.click.journey;
  return [
    ...parts.flatMap(({ label, texts }) => paragraph(label, texts)),
    ...(same.length === 0 ? [] : paragraph('as before', [same.join(', ')])),
    ...paragraph('workflow', [temporalUrl ?? workflowId]),
  ];
}

function stageTexts(before: Look | null, after: Look): string[] {
  const [from, to] = [before?.click.journey.stage, after.click.journey.stage];
  if (from === to) return [];
  return [from === undefined ? to : `${from} → ${to}`];
}

/** Kinds that are reports from outside; the rest are what the instance made of them. */
const REPORTED = new Set(['click', 'install', 'lead', 'registration', 'sale', 'deposit', 'chargeback']);

function timelineTexts(before: Look | null, after: Look): string[] {
  const known = new Set(before?.click.timeline.map((entry) => JSON.stringify(entry)));
  const fresh = after.click.timeline.filter((entry) => !known.has(JSON.stringify(entry)));
  // A report may be dated ahead of what followed from it; a person reads the cause first.
  const cause = fresh.filter(({ kind }) => REPORTED.has(kind));
  return [...cause, ...fresh.filter((entry) => !cause.includes(entry))].map(entryText);
}

function entryText({ at, kind, reason, detail }: TimelineEntry): string {
  const because = [reason, detail].filter((part) => part !== undefined).join(', ');
  return `${at.slice(11, 23)} ${kind}${because === '' ? '' : `: ${because}`}`;
}

function conversionTexts({ before, after, partner }: EffectOptions): string[] {
  const known = new Set(before.look?.conversions.map((one) => conversionText(one, partner)));
  return after.look.conversions.map((one) => conversionText(one, partner)).filter((text) => !known.has(text));
}

function conversionText(conversion: WatchedConversion, partner: EffectOptions['partner']): string {
  const { status, reason, value, commission, revision } = conversion;
  const lines = commission.map(({ partnerId, amount, currency }) => {
    const who = partnerId === partner.partnerId ? partner.name : partnerId;
    return `commission ${amount} ${currency ?? partner.currency} to ${who}`;
  });
  return [
    `${conversionName(conversion)}: ${status}${reason ? ` (${reason})` : ''}`,
    value ? `value ${value.amount} ${value.currency}` : 'no value',
    ...(lines.length === 0 ? ['no commission'] : lines),
    `revision ${revision}`,
  ].join(', ');
}

function ledgerTexts(
  before: Books | null,
  after: Books,
  { name, currency }: EffectOptions['partner'],
): string[] {
  const from = before?.payable ?? '0.00';
  if (from === after.payable) return [];
  return [
    `account of ${name}: ${from} → ${after.payable} ${currency} (minus is what we owe)`,
    `all accounts together: ${after.total} ${currency}`,
  ];
}

function postbackTexts({ before, after, sink, destinationName }: EffectOptions): string[] {
  const known = new Map(before.look?.postbacks.map(({ postbackId, status }) => [postbackId, status]));
  return after.look.postbacks
    .filter(({ postbackId, status }) => known.get(postbackId) !== status)
    .map(({ event, destinationId, status, key }) => {
      const attempts = sink.attempts.filter((attempt) => attempt.key === key);
      return `${event} to ${destinationName(destinationId)}: ${status}, ${arrivals(attempts)}`;
    });
}

function arrivals(attempts: readonly SinkAttempt[]): string {
  if (attempts.length === 0) return 'nothing received yet';
  const answers = attempts.map(({ method, status }) => `${method} ${status}`).join(', ');
  return `received ${attempts.length === 1 ? 'once' : `${attempts.length} times`} (${answers})`;
}
