import { latestMeantMs } from '../attribution/click-window';
import type { EventKind } from '../facts';
import { MINUTE_MS, SECOND_MS } from '../time';
import { type CountryRule, isCountryAllowed } from './country';
import { applyRules, defineRule, type Rule, type RuleSet, type Sighting } from './rule';
import { ALLOWED, extendVerdict, type Verdict } from './verdict';

/** What the rules may know of an event. */
export type EventEvidence = {
  readonly kind: EventKind;
  readonly occurredAtMs: number;
  /** As an upper-case ISO 3166 code; null when the sender gave none. */
  readonly country: string | null;
  /** When the store began to install the app, by the store's own clock: that of a device would prove nothing. */
  readonly installBeganAtMs: number | null;
  /** Whether another source had reported the same transaction before. */
  readonly isReportedElsewhere: boolean;
  /** The click that the event names, else the one by which its player is known; null without any. */
  readonly click: {
    readonly clickedAtMs: number;
    readonly verdict: Verdict | null;
    readonly countries: CountryRule | null;
  } | null;
};

/**
 * What earns money, and therefore is judged. Taking money back and protecting a player are never held up by doubt:
 * a refused chargeback would pay the very fraud that it reports.
 */
const JUDGED: ReadonlySet<EventKind> = new Set(['install', 'lead', 'registration', 'sale', 'deposit']);

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
      "The event's country is not one in which the campaign may convert. People travel and use relays, so it asks for review at most.",
    defaultMode: 'suspicious',
    defaultScore: 40,
    params: {},
    find: ({ country, click }) => {
      if (country === null || !click?.countries || isCountryAllowed(click.countries, country)) return null;
      return { detail: `The campaign may not convert in ${country}.` };
    },
  }),
];

/** Judges an event by every rule of the set. On a doubtful click it is as doubtful as its click, and for the same reasons. */
export function judgeEvent(event: EventEvidence, ruleSet: RuleSet): Verdict {
  if (!JUDGED.has(event.kind)) return ALLOWED;
  return extendVerdict(event.click?.verdict ?? ALLOWED, applyRules(EVENT_RULES, event, ruleSet));
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
