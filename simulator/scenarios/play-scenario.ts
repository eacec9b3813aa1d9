import { isReported } from '../session';
import { HOW_TO_BELIEVE } from './believes-addresses';
import { withFraudRules } from './fraud-rules';
import { NotAsStated } from './not-as-stated';
import type { Scenario } from './scenario';
import type { Observation } from './seen';
import { type Stage, setStage } from './stage';
import type { Theatre } from './theatre';

/** What came of a scenario. `not_shown`: the instance is not set up for it. */
export type Played = {
  scenario: Scenario;
  result: 'as_stated' | 'differs' | 'not_shown';
  steps: readonly string[];
  /** What was seen at the end; null when it was not reached. */
  seen: Observation | null;
  /** Why it is not as stated, one sentence each. */
  problems: readonly string[];
  clickId: string | null;
  tookMs: number;
};

/** Plays one scenario and holds what is seen against what is stated. What goes wrong is told, not thrown. */
export async function playScenario(
  theatre: Theatre,
  scenario: Scenario,
  { withinMs, hasAddresses }: { withinMs: number; hasAddresses: boolean },
): Promise<Played> {
  const startedMs = performance.now();
  let stage: Stage | null = null;
  const ended = (
    result: Played['result'],
    { seen = null, problems = [] }: { seen?: Observation | null; problems?: readonly string[] },
  ): Played => ({
    scenario,
    result,
    steps: stage?.steps ?? [],
    seen,
    problems,
    clickId: stage?.players[0]?.clickIds[0] ?? null,
    tookMs: performance.now() - startedMs,
  });
  if (scenario.needsAddresses && !hasAddresses) return ended('not_shown', { problems: HOW_TO_BELIEVE });
  const play = async (): Promise<Observation> => {
    stage = await setStage(theatre, scenario, withinMs);
    await scenario.play(stage);
    return stage.reach(scenario.expected);
  };
  try {
    const { rules } = scenario;
    const seen = await (rules === undefined ? play() : withFraudRules(theatre.session, rules, play));
    return ended('as_stated', { seen });
  } catch (error) {
    theatre.signal.throwIfAborted();
    if (error instanceof NotAsStated) return ended('differs', { problems: error.differences });
    if (isReported(error)) return ended('differs', { problems: [error.message] });
    throw error;
  }
}
