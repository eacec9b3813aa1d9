import { latestMeantMs } from '../attribution/click-window';
import type { EventKind } from '../facts';
import { MINUTE_MS, SECOND_MS } from '../time';
import { isPlaceAllowed, placeName } from './country';
import { customRule } from './custom-rule';
import { JUDGED_KINDS } from './custom-rule-terms';
import type { EventEvidence } from './event-evidence';
import { REPORT_RULES } from './report-rules';
import { applyRules, defineRule, type Rule, type RuleSet, type Sighting } from './rule';
import { ALLOWED, extendVerdict, type Verdict } from './verdict';

/**
 * What earns money, and therefore is judged. Taking money back and protecting a player are never held up by doubt:
 * a refused chargeback would pay the very fraud that it reports.
 */
const JUDGED: ReadonlySet<EventKind> = new Set(JUDGED_KINDS);

/** In the order in which their reasons are given. */
export const EVENT_RULES: readonly Rule<EventEvidence>[] = [
  fastRule('fast_install', ['install'], 5, 40, 'An install so soon after the click cannot be its effect.'),
  fastRule(
    'fast_conversion',
    ['lead', 'registration', 'sale'],
    5,
    40,
    'Nobody reads and fills in a form so soon after the click.',
  ),
  fastRule('fast_deposit', ['deposit'], 15, 40, 'Nobody registers and pays so soon after the click.'),
  defineRule<EventEvidence, 'toleranceMs'>({
    code: 'click_after_install_begin',
    subject: 'event',
    family: 'timing',
    level: 'proof',
    description:
      'The click came when the store was installing the app already, so it cannot have led there: click injection.',
    defaultMode: 'suspicious',
    defaultScore: 100,
    params: {
      toleranceMs: {
        default: 2 * SECOND_MS,
        min: 0,
        max: 10 * MINUTE_MS,
        description: 'How far the two clocks may be apart, in milliseconds.',
      },
    },
    find: ({ kind, installBeganAtMs, click }, { toleranceMs }) => {
      if (kind !== 'install' || installBeganAtMs === null || click === null) return null;
      const afterMs = click.clickedAtMs - latestMeantMs(installBeganAtMs);
      return afterMs > toleranceMs
        ? { detail: `The click came ${afterMs} ms after the installation had begun.` }
        : null;
    },
  }),
  defineRule({
    code: 'duplicate_transaction',
    subject: 'event',
    family: 'duplicate',
    level: 'note',
    description: 'Another source had reported the same transaction. For information: it counts once anyway.',
    defaultMode: 'suspicious',
    defaultScore: 0,
    params: {},
    find: ({ isReportedElsewhere }) =>
      isReportedElsewhere ? { detail: 'Another source had reported this transaction before.' } : null,
  }),
  defineRule({
    code: 'country_not_allowed',
    subject: 'event',
    family: 'geo',
    level: 'review',
    description:
      "The event's country, or its region, is not one in which the campaign may convert. People travel and use relays, so it asks for review at most.",
    defaultMode: 'suspicious',
    defaultScore: 40,
    params: {},
    find: ({ country, region, click }) => {
      if (country === null || !click?.countries) return null;
      const place = { country, region };
      if (isPlaceAllowed(click.countries, place)) return null;
      return { detail: `The campaign may not convert in ${placeName(place)}.` };
    },
  }),
  ...REPORT_RULES,
];

/** Judges an event by every rule of the set, the workspace's own last. On a doubtful click it is as doubtful as its click, and for the same reasons. */
export function judgeEvent(event: EventEvidence, ruleSet: RuleSet): Verdict {
  if (!JUDGED.has(event.kind)) return ALLOWED;
  const rules = [...EVENT_RULES, ...ruleSet.custom.map(customRule)];
  return extendVerdict(event.click?.verdict ?? ALLOWED, applyRules(rules, event, ruleSet));
}

function fastRule(
  code: string,
  kinds: readonly EventKind[],
  seconds: number,
  defaultScore: number,
  description: string,
): Rule<EventEvidence> {
  return defineRule<EventEvidence, 'underMs'>({
    code,
    subject: 'event',
    family: 'timing',
    level: 'block',
    description,
    defaultMode: 'suspicious',
    defaultScore,
    params: {
      underMs: {
        default: seconds * SECOND_MS,
        min: 100,
        max: 10 * MINUTE_MS,
        description: 'Milliseconds after the click below which it speaks.',
      },
    },
    find: (event, { underMs }) => (kinds.includes(event.kind) ? tooFast(event, underMs) : null),
  });
}

/** A time in whole seconds may stand for the end of its second; an event before its click is no matter of haste. */
function tooFast({ kind, occurredAtMs, click }: EventEvidence, underMs: number): Sighting | null {
  if (click === null) return null;
  const afterMs = latestMeantMs(occurredAtMs) - click.clickedAtMs;
  if (afterMs < 0 || afterMs >= underMs) return null;
  return { detail: `The ${kind} came ${afterMs} ms after the click.` };
}
