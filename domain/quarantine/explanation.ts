import { parseId, type QuarantineRuleId } from '../ids';
import { DAY_MS, MAX_CLOCK_LEAD_MS, MINUTE_MS, toIso } from '../time';
import { ruleNote } from './rule-match';
import { LOOKED_FOR_MS } from './waiting';

/** Why something waits: nobody knows its click, its player or both, its time lies ahead, or a word is not explained. */
export const QUARANTINE_REASONS = [
  'unknown_click',
  'unknown_player',
  'unknown_click_and_player',
  'clock_suspect',
  'unmapped_status',
] as const;
export type QuarantineReason = (typeof QUARANTINE_REASONS)[number];

/** What was looked for, and what is known now. */
export type WaitingFacts = {
  readonly reason: QuarantineReason;
  /** As the sender named it. */
  readonly clickRef: string | null;
  readonly clickIsKnown: boolean;
  readonly playerId: string | null;
  readonly playerIsLinked: boolean;
  readonly occurredAtMs: number;
  /** Whether it was looked for until its end: then only what comes by itself, or a person, lets it go. */
  readonly isExpired: boolean;
  /** How many clicks the rules found, and one is never among the answers; null when none were asked. */
  readonly rulesFound: number | null;
  /** The words that nobody has explained, and what else keeps a mapped report from being an event. */
  readonly words: readonly string[];
  readonly problem: string | null;
};

/** One readable text: what was looked for and what was found. */
export function explainWaiting(facts: WaitingFacts): string {
  const sentences = [whatIsMissing(facts)];
  if (facts.rulesFound === 0) sentences.push('Rules found no click for it.');
  else if (facts.rulesFound !== null) {
    sentences.push(`Rules could not tell which click is meant (${ruleNote(facts.rulesFound)}).`);
  }
  if (facts.isExpired) sentences.push(`It was looked for in vain for ${LOOKED_FOR_MS / DAY_MS} days.`);
  return sentences.join(' ');
}

function whatIsMissing(facts: WaitingFacts): string {
  switch (facts.reason) {
    case 'clock_suspect':
      return `It is dated ${toIso(facts.occurredAtMs)}, more than ${MAX_CLOCK_LEAD_MS / MINUTE_MS} minutes ahead of our clock when it came.`;
    case 'unmapped_status': {
      const words = facts.words.map((word) => `"${word}"`).join(' and ');
      return facts.problem === null
        ? `When it came, nobody had said what this source means by ${words}.`
        : `${words} is mapped, but the report does not fit: ${facts.problem}`;
    }
    case 'unknown_click':
    case 'unknown_player':
    case 'unknown_click_and_player':
      return `${aboutClick(facts)}, and ${aboutPlayer(facts)}.`;
  }
}

function aboutClick({ clickRef, clickIsKnown }: WaitingFacts): string {
  if (clickRef === null) return 'It names no click';
  if (clickIsKnown) return `It names the click "${clickRef}", which has appeared since`;
  if (parseId('clk', clickRef) === null)
    return `It names the click "${clickRef}", which is no click id of ours`;
  return `It names the click "${clickRef}", which is not in this workspace`;
}

function aboutPlayer({ playerId, playerIsLinked }: WaitingFacts): string {
  if (playerId === null) return 'it names no player';
  return playerIsLinked
    ? `player "${playerId}" has been tied to a click since`
    : `player "${playerId}" is not tied to any click yet`;
}

/** What would end the waiting. `at`: not before this time. */
export type WayOut =
  | { readonly by: 'click_appears'; readonly text: string }
  | { readonly by: 'player_linked'; readonly text: string }
  | { readonly by: 'time_comes'; readonly at: string; readonly text: string }
  | { readonly by: 'rule'; readonly ruleId: QuarantineRuleId; readonly text: string }
  | { readonly by: 'mapping'; readonly text: string }
  | { readonly by: 'hand'; readonly text: string };

/** Every way out of quarantine, the automatic ones first. */
export function waysOut(
  facts: WaitingFacts,
  rules: readonly { readonly ruleId: QuarantineRuleId; readonly name: string }[],
): WayOut[] {
  if (facts.reason === 'unmapped_status') {
    const words = facts.words.map((word) => `"${word}"`).join(' and ');
    return [{ by: 'mapping', text: `When ${words} is mapped to what this report can be.` }];
  }
  const ways: WayOut[] = [];
  if (facts.reason === 'clock_suspect' && !facts.isExpired) {
    const at = toIso(facts.occurredAtMs - MAX_CLOCK_LEAD_MS);
    ways.push({ by: 'time_comes', at, text: `From ${at} on it is looked up like any event.` });
  }
  if (facts.clickRef !== null && parseId('clk', facts.clickRef) !== null) {
    ways.push({ by: 'click_appears', text: `When the click ${facts.clickRef} is recorded.` });
  }
  if (facts.playerId !== null) {
    ways.push({
      by: 'player_linked',
      text: `When another event ties player "${facts.playerId}" to a click.`,
    });
  }
  for (const { ruleId, name } of facts.isExpired ? [] : rules) {
    ways.push({ by: 'rule', ruleId, text: `When the rule "${name}" finds exactly one click.` });
  }
  return [...ways, { by: 'hand', text: 'When somebody matches it to a click.' }];
}
