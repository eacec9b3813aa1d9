import { inParallel } from '../in-parallel';
import type { Output } from '../output';
import { clickRead } from '../responses';
import type { Session } from '../session';
import { checkTemporal, type TemporalCheck } from '../temporal-check';
import { believesAddresses } from './believes-addresses';
import { type Played, playScenario } from './play-scenario';
import { playedLines, tableLines } from './programme';
import type { Scenario } from './scenario';
import { openTheatre } from './theatre';

export type PlayOptions = { output: Output; signal: AbortSignal; withinMs: number };

const AT_ONCE = 4;

/** Plays scenarios and prints each. Resolves with whether there is one that is as stated, and none that differs. */
export async function playAll(
  session: Session,
  scenarios: readonly Scenario[],
  { output, signal, withinMs }: PlayOptions,
): Promise<boolean> {
  const { apiUrl } = session.instance;
  output.line(
    `Playing ${scenarios.length === 1 ? 'one scenario' : `${scenarios.length} scenarios`} (run ${session.runId}) against ${apiUrl} …`,
  );
  output.line();
  const played = await playScenarios(session, scenarios, {
    ...{ signal, withinMs, onProgress: output.progress },
    onPlayed: (one) => {
      output.stepDone();
      for (const line of playedLines(one, apiUrl)) output.line(line);
    },
  });
  const temporal = await checkLink(session, played, signal);
  for (const line of tableLines(played, temporal)) output.line(line);
  const isAnyAsStated = played.some(({ result }) => result === 'as_stated');
  return isAnyAsStated && played.every(({ result }) => result !== 'differs') && temporal?.ok !== false;
}

/**
 * Plays those that change fraud rules one after the other, because the rules are the whole workspace's; the others
 * several at once. What came of them is in the order of the scenarios.
 */
export async function playScenarios(
  session: Session,
  scenarios: readonly Scenario[],
  options: {
    signal: AbortSignal;
    withinMs: number;
    onProgress(text: string): void;
    onPlayed(played: Played): void;
  },
): Promise<Played[]> {
  const { signal, withinMs, onProgress } = options;
  const theatre = await openTheatre(session, signal, onProgress);
  const hasAddresses = scenarios.some((one) => one.needsAddresses) && (await believesAddresses(session));
  const play = async (scenario: Scenario): Promise<Played> => {
    const played = await playScenario(theatre, scenario, { withinMs, hasAddresses });
    options.onPlayed(played);
    return played;
  };
  const changesRules = ({ rules }: Scenario): boolean => rules !== undefined;
  const played = [
    ...(await inParallel(scenarios.filter(changesRules), 1, play)),
    ...(await inParallel(
      scenarios.filter((one) => !changesRules(one)),
      AT_ONCE,
      play,
    )),
  ];
  const place = ({ scenario }: Played): number => scenarios.indexOf(scenario);
  return played.toSorted((a, b) => place(a) - place(b));
}

/** Whether the link to the workflow of the last visitor leads somewhere. */
async function checkLink(
  { api, instance }: Session,
  played: readonly Played[],
  signal: AbortSignal,
): Promise<TemporalCheck | null> {
  const clickId = played.findLast((one) => one.clickId !== null)?.clickId;
  if (!clickId) return null;
  const { journey } = await api.read(`/v1/clicks/${clickId}`, clickRead);
  return checkTemporal(instance, journey, signal);
}
