import { surroundingsLines } from '../machine/surroundings';
import { spreadHeader, spreadRow } from '../output/table';
import type { LatencyReport } from './latency-report';

/** The report for people, line by line. */
export function latencyLines(report: LatencyReport): string[] {
  const { counts, latency, steps, generator, surroundings, targets } = report;
  return [
    '',
    `First deposit to postback, open loop at ${report.ratePerSecond}/s for ${report.seconds} s` +
      ` after ${report.warmUpSeconds} s of warm-up`,
    ...surroundingsLines(surroundings),
    '',
    `  ${counts.sent} sent · ${counts.acknowledged} acknowledged · ${counts.received} received · ` +
      `${counts.missing} missing · ${counts.doubled} doubled`,
    '',
    spreadHeader('in ms'),
    spreadRow('sent → acknowledged', latency.sentToAcknowledged),
    spreadRow('intended → acknowledged', latency.intendedToAcknowledged),
    spreadRow('acknowledged → received', latency.acknowledgedToReceived),
    spreadRow('intended → received', latency.intendedToReceived),
    ...(steps.receivedToAssessed === null
      ? []
      : [
          '',
          spreadHeader('where the time goes'),
          spreadRow('receipt → assessed', steps.receivedToAssessed),
          spreadRow('assessed → settling', steps.assessedToSettled),
          spreadRow('settling → first attempt', steps.settledToAttempt),
          spreadRow('first attempt → sink', steps.attemptToSink),
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
