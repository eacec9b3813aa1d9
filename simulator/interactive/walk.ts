import { PARTNERS } from '../cast';
import { fold, heading } from '../paragraph';
import { isReported } from '../session';
import { setUp } from '../setup';
import { readChoices } from './choices';
import { menuLines, readChoice, STEPS, titleOf, whyNot } from './menu';
import { CAST, type Scene, type WalkOptions } from './scene';
import { takeStep } from './steps';
import { newStory } from './story';

/**
 * Leads a person through one player's chain, step by step, until they quit or the input ends. What goes wrong in a
 * step is printed and the walk goes on, because stopping a server to see what happens is part of the purpose.
 */
export async function walk({ input, ...options }: WalkOptions): Promise<void> {
  const { session, output, signal } = options;
  const choices = readChoices(input, signal);
  try {
    output.line(heading('One player, step by step'));
    for (const line of introduction(session.instance.apiUrl, session.runId)) output.line(line);
    const scene: Scene = {
      ...options,
      setUp: await setUp(session.api, session.runId, session.sink),
      story: newStory(),
    };
    output.stepDone();
    while (await playRound(scene, choices.next)) output.stepDone();
    output.line();
    output.line('The walk ends here. Everything that was sent stays on the instance.');
  } finally {
    choices.close();
  }
}

/** Offers the menu, takes the chosen step; false when the walk is over. */
async function playRound(scene: Scene, next: () => Promise<string | null>): Promise<boolean> {
  const { output, story, signal } = scene;
  for (const line of menuLines(story)) output.line(line);
  const typed = await next();
  if (typed === null) return false;
  output.stepDone();
  const choice = readChoice(typed, story);
  if (choice === 'quit') return false;
  if (choice === null) {
    output.line(
      `"${typed.trim().slice(0, 40)}" is no step: type a number from 0 to ${STEPS.length}, or just Enter.`,
    );
    return true;
  }
  const refusal = whyNot(story, choice);
  if (refusal !== null) {
    output.line(refusal);
    return true;
  }
  output.line();
  output.line(heading(titleOf(choice)));
  story.taken.add(choice);
  // A look is worth another one after every other step.
  if (choice !== 'wait') story.taken.delete('wait');
  try {
    await takeStep(scene, choice);
  } catch (error) {
    signal.throwIfAborted();
    if (!isReported(error)) throw error;
    for (const line of fold(`${error.message} The step can be repeated.`, 98)) output.line(line);
  }
  return true;
}

function introduction(apiUrl: string, runId: string): string[] {
  const { name, cpa, currency, minDeposit } = PARTNERS[CAST];
  const text =
    `Run ${runId} against ${apiUrl}. ${name} is paid ${cpa} ${currency} for a player's first deposit of ` +
    `${minDeposit} ${currency} or more. Its URL and the campaign's webhook are played by this program.`;
  return fold(text, 98).map((line) => line.trim());
}
