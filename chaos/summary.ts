import { hashOfLedger } from './audit/audit-money';
import type { RoundResult } from './round';

const MAX_FINDINGS_SHOWN = 30;

/** What a round has come to, for people. */
export function summaryLines(result: RoundResult, seconds: number): string[] {
  const { evidence, findings, logs, notPlayed } = result;
  const { client, database, sink, gauges } = evidence;
  const repeated = client.events.reduce((sum, { answers }) => sum + Math.max(0, answers.length - 1), 0);
  const attempts = database.postbacks.reduce((sum, postback) => sum + postback.attempts, 0);
  const unacknowledged =
    database.clicks.length - client.clicks.filter(({ clickId }) => clickId !== null).length;
  const figures = [
    `${client.clicks.length} clicks acknowledged, ${unacknowledged} recorded without`,
    `${client.events.length} events, ${repeated} of them repeated`,
    `${client.refusals.length} refused and ${client.unreachable.length} unanswered requests came again`,
    `${database.lines.length} commission lines, ledger ${hashOfLedger(evidence).slice(0, 12)}`,
    `${database.postbacks.length} postbacks in ${attempts} attempts, ${sink.length} requests at the destinations`,
    gauges.map(({ name, highest }) => `${name} ${highest}`).join(', '),
  ];
  const verdict =
    findings.length === 0
      ? [`  I1–I10 hold after ${Math.round(seconds)} s.`]
      : [
          `  ${findings.length} findings:`,
          ...findings.slice(0, MAX_FINDINGS_SHOWN).map(({ rule, what }) => `    ${rule}  ${what}`),
          logs,
        ];
  const missing = notPlayed.map((fault) => `  Not played: ${fault}.`);
  return [...figures.map((figure) => `  ${figure}`), ...missing, ...verdict];
}
