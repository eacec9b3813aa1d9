import { parseMoney } from '../money';
import { isPlaceAllowed } from './country';
import type { CustomConditions, CustomRule } from './custom-rule-terms';
import type { EventEvidence } from './event-evidence';
import { defineRule, type Rule } from './rule';

/**
 * An operator's rule as one of ours. All of them are of one family: however many speak, none blocks without evidence
 * of another kind, so that a wish cannot refuse what nothing else finds wrong.
 */
export function customRule({ code, mode, level, score, reason, when }: CustomRule): Rule<EventEvidence> {
  return defineRule<EventEvidence>({
    code: `custom_${code}`,
    subject: 'event',
    family: 'custom',
    level,
    description: reason,
    defaultMode: mode,
    defaultScore: score,
    params: {},
    find: (event) => (holds(when, event) ? { detail: reason } : null),
  });
}

/** Whether all that is asked is known to be so. What the sender has not said fulfils no condition. */
function holds(when: CustomConditions, event: EventEvidence): boolean {
  const { kinds, places, currencies, products, sources, amountFrom, amountTo } = when;
  return (
    (kinds === undefined || kinds.some((kind) => kind === event.kind)) &&
    (places === undefined || isWithin(places, event)) &&
    (currencies === undefined || isAmong(currencies, event.money?.currency)) &&
    (products === undefined || isAmong(products, event.product)) &&
    (sources === undefined || sources.includes(event.source)) &&
    (amountFrom === undefined || isFrom(amountFrom, event)) &&
    (amountTo === undefined || isUpTo(amountTo, event))
  );
}

function isWithin(places: readonly string[], { country, region }: EventEvidence): boolean {
  return country !== null && !isPlaceAllowed({ mode: 'deny', list: places }, { country, region });
}

function isAmong(words: readonly string[], word: string | null | undefined): boolean {
  const sought = word?.trim().toLowerCase();
  return sought !== undefined && words.some((known) => known.trim().toLowerCase() === sought);
}

type Bound = NonNullable<CustomConditions['amountFrom']>;

function isFrom(bound: Bound, event: EventEvidence): boolean {
  const difference = differenceTo(bound, event);
  return difference !== null && difference >= 0n;
}

function isUpTo(bound: Bound, event: EventEvidence): boolean {
  const difference = differenceTo(bound, event);
  return difference !== null && difference <= 0n;
}

/** How far the amount lies above the bound; null when the two cannot be compared. */
function differenceTo({ amount, currency }: Bound, { money }: EventEvidence): bigint | null {
  const bound = parseMoney(amount, currency);
  if (!bound.ok || money === null || money.currency !== bound.money.currency) return null;
  return money.amountMinor - bound.money.amountMinor;
}
