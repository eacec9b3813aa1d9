import type { Readable } from 'node:stream';
import { PARTNERS } from '../cast';
import { type Look, lookAt, readBooks } from '../look';
import type { Output } from '../output';
import { paragraph } from '../paragraph';
import type { Session } from '../session';
import { settle } from '../settle';
import type { SetUp } from '../setup';
import { effectLines } from './effect';
import type { Expected, Player, Story } from './story';

export type WalkOptions = {
  session: Session;
  output: Output;
  /** The person's choices, one per line. */
  input: Readable;
  signal: AbortSignal;
  /** How long a step's effects are waited for, in ms. */
  settleWithinMs: number;
};

/** A walk under way: the story, and everything that a step needs to go on with it. */
export type Scene = Omit<WalkOptions, 'input'> & { setUp: SetUp; story: Story };

/** Every player of a walk comes through this partner's campaign. */
export const CAST = 'alpha';

/** Waits until the player's chain is at rest, then prints what has changed since it was shown last. */
export async function showEffect(scene: Scene, player: Player): Promise<void> {
  const { session, setUp, output, signal, story } = scene;
  const { api, runId, sink } = session;
  const { partnerId } = setUp.partners[CAST];
  const { name, currency } = PARTNERS[CAST];
  const settled = await settle({
    look: () => lookAt(api, { clickId: player.clickId, label: player.label, runId }),
    missing: (look) => [...notShown(player.expected, look), ...underWay(look)],
    signal,
    withinMs: scene.settleWithinMs,
    onProgress: output.progress,
  });
  const before = { look: player.seen, books: story.books };
  const after = { look: settled.look, books: await readBooks(api, partnerId, currency) };
  output.stepDone();
  const partner = { partnerId, name, currency };
  const destinationName = (id: string): string => nameOf(setUp, id);
  for (const line of effectLines({ before, after, sink, partner, destinationName })) {
    output.line(line);
  }
  if (settled.missing.length > 0) {
    const seconds = Math.round(settled.tookMs / 1_000);
    const what = settled.missing.join('; ');
    const text = `not there after ${seconds} s: ${what}. 9 (wait and look) looks again.`;
    for (const line of paragraph('PENDING', [text])) output.line(line);
  }
  player.expected = player.expected.filter((one) => !one.isShown(settled.look));
  player.seen = after.look;
  story.books = after.books;
  story.watched = player;
}

function notShown(expected: readonly Expected[], look: Look): string[] {
  return expected.filter((one) => !one.isShown(look)).map(({ what }) => what);
}

function underWay({ postbacks }: Look): string[] {
  return postbacks
    .filter(({ status }) => status === 'pending')
    .map(({ event, postbackId }) => `the ${event} postback ${postbackId}`);
}

function nameOf({ partners, campaigns }: SetUp, destinationId: string): string {
  if (destinationId === partners[CAST].destinationId) return `${PARTNERS[CAST].name}'s URL`;
  if (destinationId === campaigns[CAST].destinationId) return 'the campaign’s webhook';
  return destinationId;
}
