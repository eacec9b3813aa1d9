import type { LatencyReport } from './latency-report';
import type { Spread } from './spread';

/** The report for people, line by line. */
export function latencyLines(report: LatencyReport): string[] {
  const { counts, latency, steps, generator, surroundings, targets } = report;
  const { cores, processor, load, node, postgres, temporal } = surroundings;
  return [
    '',
    `First deposit to postback, open loop at ${report.ratePerSecond}/s for ${report.seconds} s` +
      ` after ${report.warmUpSeconds} s of warm-up`,
    `  ${cores} cores (${processor}), load ${load} before it; Node ${node}, Postgres ${postgres}, Temporal ${temporal}`,
    ...(load > cores / 2
      ? ['  The machine was busy with something else: these figures are worse than it can do.']
      : []),
    '',
    `  ${counts.sent} sent · ${counts.acknowledged} acknowledged · ${counts.received} received · ` +
      `${counts.missing} missing · ${counts.doubled} doubled`,
    '',
    header('in ms'),
    row('sent → acknowledged', latency.sentToAcknowledged),
    row('intended → acknowledged', latency.intendedToAcknowledged),
    row('acknowledged → received', latency.acknowledgedToReceived),
    row('intended → received', latency.intendedToReceived),
    ...(steps.receivedToAssessed === null
      ? []
      : [
          '',
          header('where the time goes'),
          row('receipt → assessed', steps.receivedToAssessed),
          row('assessed → settling', steps.assessedToSettled),
          row('settling → first attempt', steps.settledToAttempt),
          row('first attempt → sink', steps.attemptToSink),
        ]),
    '',
    `  The generator ${generator.keptSchedule ? 'kept' : 'did NOT keep'} its schedule: ` +
      `p99 ${generator.lag?.p99 ?? '–'} ms late, at worst ${generator.lag?.max ?? '–'} ms.`,
    '',
    ...Object.entries(NAMES).map(([name, text]) => {
      const { wanted, got, met } = targets[name as keyof typeof NAMES];
      return `  ${met ? 'PASS' : 'FAIL'}  ${text}: ${got ?? 'nothing measured'}, wanted at most ${wanted}`;
    }),
  ];
}

const NAMES = {
  acknowledgedToReceivedP50: 'acknowledged → received, p50 in ms',
  acknowledgedToReceivedP99: 'acknowledged → received, p99 in ms',
  missing: 'acknowledged and never received',
} as const satisfies Record<keyof LatencyReport['targets'], string>;

const LABEL_WIDTH = 26;
const NUMBER_WIDTH = 9;
const COLUMNS = ['p50', 'p90', 'p95', 'p99', 'max'] as const;

function header(title: string): string {
  return `  ${title.padEnd(LABEL_WIDTH)}${COLUMNS.map((name) => name.padStart(NUMBER_WIDTH)).join('')}`;
}

function row(label: string, spread: Spread | null): string {
  const shown = COLUMNS.map((name) =>
    (spread === null ? '–' : spread[name].toFixed(1)).padStart(NUMBER_WIDTH),
  );
  return `  ${label.padEnd(LABEL_WIDTH)}${shown.join('')}`;
}
