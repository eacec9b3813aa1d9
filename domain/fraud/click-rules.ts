import { DAY_MS, SECOND_MS } from '../time';
import { applyRules, defineRule, type Rule, type RuleSet, settingOf } from './rule';
import { isRobot, isSharedByMany } from './user-agent';
import { type MinuteCounts, slidingCount } from './velocity';
import { ALLOWED, extendVerdict, type Verdict } from './verdict';

/** What the rules may know of a click. */
export type ClickEvidence = {
  readonly userAgent: string | null;
  readonly clickedAtMs: number;
  /** When the same visitor last clicked the same campaign before this click; null when never. */
  readonly previousClickAtMs: number | null;
  /** Clicks of the workspace from the same address, this one included; null without an address of its own. */
  readonly perAddress: MinuteCounts | null;
  /** The same, from the same address with the same user agent. */
  readonly perAddressAndUserAgent: MinuteCounts | null;
};

/** Two clicks of one visitor on one campaign closer than this are a double tap or a script. */
const REPEAT_CLICK_MS = 2 * SECOND_MS;

const MAX_CLICKS_LIMIT = 1_000;

const clicks = (fallback: number, description: string) => ({
  maxClicks: { default: fallback, min: 1, max: MAX_CLICKS_LIMIT, description },
});

/** In the order in which their reasons are given. */
export const CLICK_RULES: readonly Rule<ClickEvidence>[] = [
  defineRule({
    code: 'empty_user_agent',
    subject: 'click',
    family: 'identity',
    level: 'review',
    description: 'The request named no browser. Some privacy tools do that too, so it proves nothing.',
    defaultMode: 'active',
    defaultScore: 40,
    params: {},
    find: ({ userAgent }) =>
      userAgent === null || userAgent.trim() === '' ? { detail: 'The request named no browser.' } : null,
  }),
  defineRule({
    code: 'bot_user_agent',
    subject: 'click',
    family: 'identity',
    level: 'block',
    description:
      'The user agent is that of a known robot or HTTP library. In-app browsers, and phones whose model is named like a robot, are not meant.',
    defaultMode: 'active',
    defaultScore: 50,
    params: {},
    find: ({ userAgent }) =>
      userAgent !== null && isRobot(userAgent)
        ? { detail: 'The user agent is that of a known robot or HTTP library.' }
        : null,
  }),
  defineRule<ClickEvidence, 'withinMs'>({
    code: 'repeat_click',
    subject: 'click',
    family: 'duplicate',
    level: 'review',
    description:
      'The same visitor clicked the same campaign a moment before: hardly two decisions of a person.',
    defaultMode: 'active',
    defaultScore: 30,
    params: {
      withinMs: {
        default: REPEAT_CLICK_MS,
        min: 100,
        max: 60 * SECOND_MS,
        description: 'Longest distance of the two clicks, in milliseconds.',
      },
    },
    find: (click, { withinMs }) => {
      const distanceMs = distanceOf(click);
      return distanceMs !== null && distanceMs <= withinMs
        ? { detail: `The same visitor clicked this campaign ${distanceMs} ms before.` }
        : null;
    },
  }),
  defineRule<ClickEvidence, 'withinMs'>({
    code: 'repeat_click_same_day',
    subject: 'click',
    family: 'duplicate',
    level: 'note',
    description: 'The same visitor clicked the same campaign earlier. For information: people come back.',
    defaultMode: 'suspicious',
    defaultScore: 0,
    params: {
      withinMs: {
        default: DAY_MS,
        min: SECOND_MS,
        max: 30 * DAY_MS,
        description: 'Longest distance of the two clicks, in milliseconds.',
      },
    },
    find: (click, { withinMs }) => {
      const distanceMs = distanceOf(click);
      return distanceMs !== null && distanceMs > REPEAT_CLICK_MS && distanceMs <= withinMs
        ? { detail: `The same visitor clicked this campaign ${inSeconds(distanceMs)} before.` }
        : null;
    },
  }),
  defineRule<ClickEvidence, 'maxClicks'>({
    code: 'clicks_per_ip',
    subject: 'click',
    family: 'velocity',
    level: 'review',
    description:
      'More clicks from one address within a minute. Carriers and relays put thousands behind one address, so it asks for review at most.',
    defaultMode: 'suspicious',
    defaultScore: 30,
    params: clicks(100, 'Clicks from one address in a minute that are still usual.'),
    find: ({ perAddress }, { maxClicks }) => overLimit(perAddress, maxClicks, 'from this address'),
  }),
  defineRule<ClickEvidence, 'maxClicks'>({
    code: 'clicks_per_ip_and_user_agent',
    subject: 'click',
    family: 'velocity',
    level: 'block',
    description:
      'More clicks from one address with one user agent within a minute. For phones, tablets and Safari, which share both, it asks for review at most.',
    defaultMode: 'suspicious',
    defaultScore: 40,
    params: clicks(10, 'Clicks from one address with one user agent in a minute that are still usual.'),
    find: ({ perAddressAndUserAgent, userAgent }, { maxClicks }) => {
      const sighting = overLimit(perAddressAndUserAgent, maxClicks, 'from this address with this user agent');
      const isShared = userAgent !== null && isSharedByMany(userAgent);
      return sighting !== null && isShared ? { ...sighting, level: 'review' } : sighting;
    },
  }),
];

/** Judges a click by every rule of the set. */
export function judgeClick(click: ClickEvidence, ruleSet: RuleSet): Verdict {
  return extendVerdict(ALLOWED, applyRules(CLICK_RULES, click, ruleSet));
}

/**
 * How many clicks of one minute need be counted for a set: four times its highest limit. More would be over every
 * limit until three quarters of the next minute have gone.
 */
export function countedClicks(ruleSet: RuleSet): number {
  return 4 * Math.max(...CLICK_RULES.map((rule) => settingOf(rule, ruleSet).params.maxClicks ?? 0));
}

function distanceOf({ clickedAtMs, previousClickAtMs }: ClickEvidence): number | null {
  return previousClickAtMs === null ? null : clickedAtMs - previousClickAtMs;
}

function inSeconds(ms: number): string {
  return `${Math.floor(ms / SECOND_MS)} s`;
}

function overLimit(counts: MinuteCounts | null, maxClicks: number, whence: string) {
  if (counts === null) return null;
  const rate = slidingCount(counts);
  return rate > maxClicks ? { detail: `About ${Math.ceil(rate)} clicks ${whence} within a minute.` } : null;
}
