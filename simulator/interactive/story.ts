import { type CookieJar, createCookieJar } from '../cookie-jar';
import type { EventRequest } from '../event-request';
import type { Books, Look } from '../look';
import type { ScriptedEvent } from '../script';

/** Something that the instance should show soon, and how to recognise it. */
export type Expected = { what: string; isShown(look: Look): boolean };

export type SentDeposit = { event: ScriptedEvent; takenBack: boolean };

/** One visitor who becomes a player, with everything that was sent about it. */
export type Player = {
  /** Unique in the walk; part of the casino's player id and of every event id. */
  label: string;
  jar: CookieJar;
  clickId: string;
  clickedAtMs: number;
  /** The own time of the latest event, counted from the click. */
  latestAfterMs: number;
  installed: boolean;
  registered: boolean;
  /** Confirmed deposits, oldest first. */
  deposits: SentDeposit[];
  /** Not shown yet when we last looked. */
  expected: Expected[];
  /** What was shown when we last looked. */
  seen: Look | null;
};

/** The walk so far. */
export type Story = {
  player: Player | null;
  /** Who waits, or has waited, for a person to decide on his deposit. */
  doubtful: Player | null;
  /** Whose journey was shown last: the player's, or the other one's who deposits too early. */
  watched: Player | null;
  players: number;
  /** The partner's account when we last looked; all players of a walk pay into the same one. */
  books: Books | null;
  lastEvent: { player: Player; request: EventRequest } | null;
  taken: Set<string>;
};

export function newStory(): Story {
  return {
    player: null,
    doubtful: null,
    watched: null,
    players: 0,
    books: null,
    lastEvent: null,
    taken: new Set(),
  };
}

export function newPlayer(story: Story): Omit<Player, 'clickId' | 'clickedAtMs'> {
  story.players += 1;
  return {
    label: `p${story.players}`,
    jar: createCookieJar(),
    latestAfterMs: 0,
    installed: false,
    registered: false,
    deposits: [],
    expected: [],
    seen: null,
  };
}

/**
 * The least time that a person needs from the click to an event. Whoever walks faster has the event dated ahead, by
 * less than a minute: money within seconds of a click is a mark of fraud, and would be judged as one.
 */
const LEAST_AFTER_MS: Readonly<Record<ScriptedEvent['kind'], number>> = {
  install: 12_000,
  registration: 25_000,
  deposit: 40_000,
  chargeback: 50_000,
};

/** When the player's next event of this kind happens, counted from the click; always after the one before. */
export function nextAfterMs(player: Player, kind: ScriptedEvent['kind'], nowMs: number): number {
  return Math.max(nowMs - player.clickedAtMs, LEAST_AFTER_MS[kind], player.latestAfterMs + 1_000);
}
