import { latencyLines } from '../latency/latency-text';
import { measureLatency } from '../latency/measure-latency';
import { atMost } from '../output/target';
import type { Section } from '../section';

/** How long after a deposit its postback arrives. */
export const latencySection: Section = {
  name: 'latency',
  title: 'Deposit to postback',
  run: (context) =>
    context.withInstance({}, async ({ info, dataDir }) => {
      const { quick, output, signal } = context;
      const argv = quick
        ? { ratePerSecond: 5, seconds: 5, warmUpSeconds: 2 }
        : { ratePerSecond: 10, seconds: 60, warmUpSeconds: 10 };
      const { report, notes } = await measureLatency(info, argv, { dataDir, output, signal });
      const { acknowledgedToReceivedP50: p50, acknowledgedToReceivedP99: p99, missing } = report.targets;
      return {
        lines: [...latencyLines(report), ...notes],
        targets: [
          atMost('acknowledged → received, p50 in ms', p50.wanted, p50.got),
          atMost('acknowledged → received, p99 in ms', p99.wanted, p99.got),
          atMost('acknowledged and never received', missing.wanted, missing.got),
        ],
        figures: report,
      };
    }),
};
