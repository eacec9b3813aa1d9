import { formatMinor } from '../domain/money';
import { PARTNER_KEYS, PARTNERS } from './cast';
import { groupBy } from './group-by';
import type { Instance } from './instance';
import type { SetUp } from './setup';
import type { TemporalCheck } from './temporal-check';
import type { SentClick, Traffic } from './traffic';
import type { Verification } from './verify';
import { expectedCommission } from './verify-books';
import type { JourneyReads } from './verify-journey';
import { commissionOf } from './verify-journey';

export type SummaryInput = {
  instance: Instance;
  instanceFile: string;
  runId: string;
  seed: number;
  setUp: SetUp;
  traffic: Traffic;
  waits: { asked: number; unreachable: number };
  verification: Verification;
  example: { sent: SentClick; reads: JourneyReads } | null;
  temporal: TemporalCheck | null;
  problems: readonly string[];
  tookMs: number;
};

const MAX_PROBLEMS_SHOWN = 20;

/** The lines that a run ends with: what happened, whether it was right, and where to look. */
export function summarize(input: SummaryInput): string[] {
  return [
    '',
    `Simulated run ${input.runId} (seed ${input.seed})`,
    '',
    ...aligned([
      ['Clicks', clickLine(input)],
      [
        'Verdicts',
        count(input.verification.journeys.map(({ reads }) => reads.click.verdict?.outcome ?? 'none')),
      ],
      ['Events', eventLine(input.traffic)],
      ...outageLine(input.waits),
      ...commissionLines(input),
      ['Ledger', balanceLine(input.verification)],
      ['Postbacks', postbackLine(input.verification)],
      ...gaugeLine(input.verification),
      ['Time', timeLine(input)],
    ]),
    '',
    'Where to look',
    ...aligned(links(input)),
    '',
    ...verdict(input.problems),
  ];
}

/** One journey worth looking at: converted, with several deposits if possible, and nothing refused. */
export function chooseExample(journeys: Verification['journeys']): SummaryInput['example'] {
  const plain = journeys.filter(
    ({ sent }) => sent.plan.expected.stage === 'converted' && sent.plan.refusals.length === 0,
  );
  const rich = plain.find(({ sent }) => sent.plan.shape === 'converted_again');
  return rich ?? plain[0] ?? journeys[0] ?? null;
}

function clickLine({ verification }: SummaryInput): string {
  const { journeys } = verification;
  return `${journeys.length}: ${count(journeys.map(({ reads }) => reads.click.journey.stage))}`;
}

function eventLine({ events }: Traffic): string {
  const parts = [
    `${events.accepted} accepted`,
    `${events.duplicate} recognised as duplicates`,
    `${events.quarantined} quarantined on arrival`,
    `${events.contradicted} contradictions refused`,
  ];
  return parts.join(' · ');
}

function outageLine({ asked, unreachable }: SummaryInput['waits']): [string, string][] {
  if (asked + unreachable === 0) return [];
  return [
    [
      'Outages',
      `${asked} requests were asked to come again, ${unreachable} found nobody; all were sent again`,
    ],
  ];
}

function commissionLines({ verification, setUp, traffic }: SummaryInput): [string, string][] {
  const conversions = verification.journeys.flatMap(({ reads }) => reads.conversions);
  return PARTNER_KEYS.map((key) => {
    const { partnerId } = setUp.partners[key];
    const due = expectedCommission(traffic.clicks, key);
    const booked = commissionOf(conversions, partnerId, due.currency) ?? 0n;
    const expected = formatMinor(due.amountMinor, due.currency);
    const note = booked === due.amountMinor ? 'as planned' : `planned: ${expected}`;
    const amount = `${formatMinor(booked, due.currency)} ${due.currency}`;
    return ['Commission', `${amount} to ${PARTNERS[key].name} (${partnerId}), ${note}`];
  });
}

function balanceLine({ balance }: Verification): string {
  if (balance === null) return 'trial balance could not be read';
  if (balance.currencies.length === 0) return 'trial balance without entries';
  return `trial balance ${balance.currencies.map(({ currency, total }) => `${total} ${currency}`).join(', ')}`;
}

function postbackLine({ journeys, sink }: Verification): string {
  const statuses = journeys.flatMap(({ reads }) => reads.postbacks.map(({ status }) => status));
  const of = (wanted: string): number => statuses.filter((status) => status === wanted).length;
  const planned = journeys.flatMap(({ sent }) =>
    sent.plan.refusals.filter((r) => r.treatment === 'refuse'),
  ).length;
  return [
    `${of('delivered')} delivered, ${sink.retried} of them at a later attempt`,
    `${of('dead')} dead, ${planned} refusals planned`,
    ...(of('pending') > 0 ? [`${of('pending')} pending`] : []),
    ...(sink.repeated > 0 ? [`${sink.repeated} delivered more than once under the same key`] : []),
  ].join(' · ');
}

function gaugeLine({ missingGauges }: Verification): [string, string][] {
  return missingGauges.length === 0
    ? []
    : [['Metrics', `not exposed, so not checked: ${missingGauges.join(', ')}`]];
}

function timeLine({ traffic, verification, tookMs }: SummaryInput): string {
  return `traffic ${seconds(traffic.tookMs)}, settled after another ${seconds(verification.tookMs)}, ${seconds(tookMs)} in all`;
}

function links({ instance, instanceFile, example, temporal }: SummaryInput): [string, string][] {
  const lines: [string, string][] = [];
  if (example !== null) {
    lines.push([
      'a journey',
      `${instance.apiUrl}/v1/clicks/${example.sent.clickId} (Bearer adminKey of ${instanceFile})`,
    ]);
    const { temporalUrl, workflowId } = example.reads.click.journey;
    lines.push([
      'its workflow',
      `${temporalUrl ?? workflowId}${temporal === null ? '' : ` (${temporal.said})`}`,
    ]);
  }
  if (instance.temporalUiUrl !== null)
    lines.push([
      'all workflows',
      `${instance.temporalUiUrl}/namespaces/${instance.temporalNamespace}/workflows`,
    ]);
  lines.push(['API', instance.docsUrl]);
  return lines;
}

function verdict(problems: readonly string[]): string[] {
  if (problems.length === 0)
    return ['Everything is as planned: nothing pending, nothing lost, nothing doubled.'];
  const more = problems.length - MAX_PROBLEMS_SHOWN;
  return [
    `${problems.length} ${problems.length === 1 ? 'thing differs' : 'things differ'} from the plan:`,
    ...problems.slice(0, MAX_PROBLEMS_SHOWN).map((problem) => `  - ${problem}`),
    ...(more > 0 ? [`  … and ${more} more`] : []),
  ];
}

/** "92 waiting · 51 registered", most frequent first. */
function count(values: readonly string[]): string {
  const groups = [...groupBy(values, (value) => value)].map(([value, all]) => ({
    value,
    times: all.length,
  }));
  const ordered = groups.toSorted((a, b) => b.times - a.times);
  return ordered.map(({ value, times }) => `${times} ${value}`).join(' · ');
}

function aligned(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([label]) => label.length)) + 2;
  return rows.map(([label, text], position) => {
    const shown = label === rows[position - 1]?.[0] ? '' : label;
    return `  ${shown.padEnd(width)}${text}`;
  });
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
