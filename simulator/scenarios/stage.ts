import { createHash } from 'node:crypto';
import { settle } from '../settle';
import { ASPECTS, type Expected } from './aspects';
import { differences } from './differences';
import { NotAsStated } from './not-as-stated';
import { createPlayer, type Player, type Visit } from './player';
import { type Observation, observe } from './seen';
import { createStagehand, type Stagehand } from './stagehand';
import { type Cast, type Props, setProps, type Theatre } from './theatre';

/** What a scenario plays on. Everything that happens here is written down. */
export type Stage = Stagehand & {
  readonly steps: readonly string[];
  readonly players: readonly Player[];
  /** Somebody who has not clicked yet. */
  newcomer(): Player;
  /** Somebody new who follows the link. */
  visitor(visit?: Visit): Promise<Player>;
  /** A public address that no other run and scenario uses. */
  address(number: number): string;
  /** Waits until all of this is seen; the scenario fails when it is not in time. */
  reach(expected: Expected): Promise<Observation>;
};

/** Sets up what the scenario needs on the instance. `withinMs` is how long each of its ends may take to come. */
export async function setStage(theatre: Theatre, scenario: Cast, withinMs: number): Promise<Stage> {
  const props = await setProps(theatre, scenario);
  const steps: string[] = [];
  const answers: string[] = [];
  const players: Player[] = [];
  const protocol = {
    step: (text: string) => void steps.push(text),
    answer: (text: string) => void answers.push(text),
  };
  const newcomer = (): Player => {
    const player = createPlayer(theatre, props, `${scenario.name}-${players.length + 1}`, protocol);
    players.push(player);
    return player;
  };
  const hash = createHash('sha256').update(`${theatre.session.runId} ${scenario.name}`).digest();
  return {
    ...createStagehand(theatre, props, { name: scenario.name, protocol, withinMs }),
    steps,
    players,
    newcomer,
    visitor: async (visit) => {
      const player = newcomer();
      await player.visit(visit);
      return player;
    },
    address: (number) => `85.${hash[0] ?? 0}.${hash[1] ?? 0}.${number}`,
    reach: (expected) => reach(theatre, { props, players, answers }, { scenario, expected, withinMs }),
  };
}

async function reach(
  theatre: Theatre,
  stage: { props: Props; players: readonly Player[]; answers: readonly string[] },
  { scenario, expected, withinMs }: { scenario: Cast; expected: Expected; withinMs: number },
): Promise<Observation> {
  const aspects = ASPECTS.filter((aspect) => expected[aspect] !== undefined);
  const { look, missing } = await settle({
    look: () => observe(theatre, { ...stage, answers: [...stage.answers] }, aspects),
    missing: ({ seen, wrong }) => [...differences(expected, seen), ...wrong],
    signal: theatre.signal,
    withinMs,
    onProgress: () => theatre.onProgress(`waiting for what ${scenario.name} states`),
  });
  if (missing.length > 0) throw new NotAsStated(missing);
  return look;
}
